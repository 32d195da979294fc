package io.bignode.log;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/** Lines for machines: an object an event, with what it is about and its figures as fields of their own. */
final class JsonLines extends Formatter {
    private static final Set<String> OWN = Set.of("time", "level", "logger", "message", "thread", "error");
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
    private static final JsonFactory JSON = JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private final Secrets secrets;

    JsonLines(Secrets secrets) {
        this.secrets = secrets;
    }

    @Override
    public String format(LogRecord entry) {
        Event event = Event.of(entry);
        StringWriter line = new StringWriter(256);
        try (JsonGenerator json = JSON.createGenerator(line)) {
            json.writeStartObject();
            json.writeStringField("time", TIME.format(event.time()));
            json.writeStringField("level", event.level());
            json.writeStringField("logger", event.logger());
            json.writeStringField("message", secrets.redacted(event.message()));
            // A record is written by the thread that made it.
            json.writeStringField("thread", Thread.currentThread().getName());
            for (Map.Entry<String, Object> field : event.fields().entrySet()) {
                if (!OWN.contains(field.getKey())) write(json, field.getKey(), field.getValue());
            }
            Optional<Throwable> thrown = event.thrown();
            if (thrown.isPresent()) json.writeStringField("error", secrets.redacted(Event.trace(thrown.get())));
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("memory does not fail to be written to", e);
        }
        return line.append('\n').toString();
    }

    private void write(JsonGenerator json, String name, Object value) throws IOException {
        json.writeFieldName(name);
        switch (value) {
            case Long number -> json.writeNumber(number);
            case Integer number -> json.writeNumber(number);
            case Number number when Double.isFinite(number.doubleValue()) -> json.writeNumber(rounded(number.doubleValue()));
            case Boolean truth -> json.writeBoolean(truth);
            default -> json.writeString(secrets.redacted(value.toString()));
        }
    }

    /** Rounds to a millionth: further digits say nothing about a time or a share. */
    private static double rounded(double number) {
        return Math.rint(number * 1e6) / 1e6;
    }
}
