package io.bignode.api;

import io.bignode.http.Answer;
import io.bignode.http.Reply;
import io.bignode.http.Request;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;

/** Serves {@code openapi.yaml}, the description of the API. It is written by hand, a test holds it against the server, and it says nothing of this node. */
public final class OpenApi {
    private static final Answer DOCUMENT = new Answer(200, "application/yaml", Map.of(), load());

    private OpenApi() {}

    static void serve(Request request, Reply reply) throws IOException {
        reply.send(DOCUMENT);
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
