package io.bignode.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.bignode.config.Token;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import javax.net.ssl.SSLContext;

/** Speaks the documented dialect to a big node. */
final class BigNodeClient {
    private static final Duration ANSWER_TIME = Duration.ofSeconds(20);

    /** Keeps every digit of a distance as the node wrote it. */
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    /** What came back. */
    sealed interface Answer {
        /** What was asked for. */
        record Ok(JsonNode document) implements Answer {}

        /**
         * The node said no, and would say so again.
         *
         * @param status the HTTP status, below 500 and not 429
         */
        record Refused(int status, String detail) implements Answer {}

        /**
         * The node says to try again.
         *
         * @param pause how long to wait before that, as the node said; zero where it did not
         */
        record Later(String reason, Duration pause) implements Answer {}

        /** No answer came, or none of a big node. */
        record Unreachable(String reason) implements Answer {}
    }

    private final URI base;
    private final Token token;
    private final HttpClient http;

    /**
     * A client of one node.
     *
     * @param base the node's address without a path
     * @param tls  whom it trusts where the address is https
     */
    BigNodeClient(URI base, Token token, SSLContext tls) {
        this.base = base;
        this.token = token;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(10))
                .sslContext(tls)
                .build();
    }

    /** Which node. */
    URI base() {
        return base;
    }

    /** Starts a session or finds the one that runs the order. */
    Answer start(JsonNode order) throws InterruptedException {
        return send(request("start", ANSWER_TIME)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(order.toString())));
    }

    /** Acknowledges all up to a cursor and asks for what follows. */
    Answer poll(String session, long after, Duration wait) throws InterruptedException {
        String path = "batch/" + session + "?after=" + after + "&wait=" + wait.toMillis() / 1000.0;
        return send(request(path, wait.plus(ANSWER_TIME)).GET());
    }

    /** Stops a session. */
    Answer stop(String session) throws InterruptedException {
        return send(request("session/" + session, ANSWER_TIME).DELETE());
    }

    private HttpRequest.Builder request(String path, Duration timeout) {
        return HttpRequest.newBuilder(URI.create(base + "/api/v1/delegation/" + path))
                .timeout(timeout)
                .header("Authorization", "Bearer " + token.secret());
    }

    private Answer send(HttpRequest.Builder request) throws InterruptedException {
        try {
            HttpResponse<byte[]> response = http.send(request.build(), BodyHandlers.ofByteArray());
            int status = response.statusCode();
            if (status == 200) return new Answer.Ok(JSON.readTree(response.body()));
            String detail = detail(response.body(), status);
            if (status < 500 && status != 429) return new Answer.Refused(status, detail);
            return new Answer.Later(
                    detail,
                    Duration.ofSeconds(
                            response.headers().firstValueAsLong("Retry-After").orElse(0)));
        } catch (JsonProcessingException e) {
            return new Answer.Unreachable("the answer is no JSON");
        } catch (IOException e) {
            return new Answer.Unreachable(e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
        }
    }

    private static String detail(byte[] body, int status) {
        try {
            JsonNode detail = JSON.readTree(body).get("detail");
            if (detail != null && detail.isTextual()) return detail.textValue();
        } catch (IOException e) {
            // some other server's error page
        }
        return "HTTP status " + status;
    }
}
