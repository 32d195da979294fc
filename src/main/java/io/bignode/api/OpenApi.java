package io.bignode.api;

import io.bignode.http.Answer;
import io.bignode.http.Reply;
import io.bignode.http.Request;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;

/** The API's description, a resource written by hand and held to the server by a test. */
public final class OpenApi {
    private static final Answer DOCUMENT = new Answer(200, "application/yaml", Map.of(), load());

    private OpenApi() {}

    static void serve(Request request, Reply reply) throws IOException {
        reply.send(DOCUMENT);
    }

    /** The document as it stands; not to be changed. */
    static byte[] document() {
        return DOCUMENT.body();
    }

    private static byte[] load() {
        try (InputStream in = OpenApi.class.getResourceAsStream("/openapi.yaml")) {
            if (in == null) throw new IllegalStateException("openapi.yaml is missing from this build");
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
