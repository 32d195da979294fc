package io.bignode.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

/**
 * A whole answer, ready to be written.
 *
 * @param status      the HTTP status
 * @param contentType of the body
 * @param headers     further headers
 * @param body        written as it is; not copied, never changed
 */
public record Answer(int status, String contentType, Map<String, String> headers, byte[] body) {
    private static final JsonFactory JSON = new JsonFactory();

    /** Writes the fields of a JSON object. */
    @FunctionalInterface
    public interface Fields {
        void write(JsonGenerator json) throws IOException;
    }

    /** A JSON object with status 200. */
    public static Answer ok(Fields fields) {
        return new Answer(200, "application/json", Map.of(), object(fields));
    }

    /** A JSON object as bytes. */
    public static byte[] object(Fields fields) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            fields.write(json);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("memory does not fail to be written to", e);
        }
        return bytes.toByteArray();
    }
}
