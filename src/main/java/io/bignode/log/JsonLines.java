package io.bignode.log;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/** Lines for machines: an object an event, with the ids of what it is about as fields of their own. */
final class JsonLines extends Formatter {
    private static final List<String> KINDS = List.of("session", "lease", "device", "worker");
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
            json.writeStringField("message", secrets.blotted(event.message()));
            // A record is written by the thread that made it.
            json.writeStringField("thread", Thread.currentThread().getName());
            for (String kind : KINDS) {
                String id = event.about().get(kind);
                if (id != null) json.writeStringField(kind, secrets.blotted(id));
            }
            Optional<Throwable> thrown = event.thrown();
            if (thrown.isPresent()) json.writeStringField("error", secrets.blotted(Event.trace(thrown.get())));
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("memory does not fail to be written to", e);
        }
        return line.append('\n').toString();
    }
}
