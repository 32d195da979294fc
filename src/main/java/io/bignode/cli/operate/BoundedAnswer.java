package io.bignode.cli.operate;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.cli.terminal.Documents;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.Optional;

/** Answers of a server that may be any: they are read up to a size, and may be no JSON. */
public final class BoundedAnswer {
    /** The largest answer that is read, which is far more than a node sends. */
    private static final int MAX_BYTES = 64 << 20;

    private static final int MAX_DETAIL = 2000;

    private BoundedAnswer() {}

    /** Reads an answer whole; one that is too long fails. */
    public static HttpResponse.BodyHandler<byte[]> handler() {
        return HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofByteArray(), MAX_BYTES);
    }

    /** A big node's reason for a refusal, on one line; empty where there is none, as in some other server's page. */
    public static Optional<String> detail(byte[] body) {
        try {
            JsonNode detail = Documents.json().readTree(body).path("detail");
            return detail.isTextual() ? Optional.of(shown(detail.textValue())) : Optional.empty();
        } catch (IOException none) {
            return Optional.empty();
        }
    }

    /** What an unknown server sent moves no cursor and fills no screen. */
    private static String shown(String text) {
        String line = text.replaceAll("[\\p{Cntrl}\\p{Cf}\\p{Zl}\\p{Zp}]", "?");
        return line.length() <= MAX_DETAIL ? line : line.substring(0, MAX_DETAIL) + "…";
    }
}
