package io.bignode.cli.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.bignode.cli.operate.BoundedAnswer;
import io.bignode.cli.operate.ConnectionFault;
import io.bignode.cli.operate.NodeConnection;
import io.bignode.config.Token;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;

/** Speaks the documented dialect to a big node. */
final class BigNodeClient {
    private static final Duration ANSWER_TIME = Duration.ofSeconds(20);
    private static final String NO_BIG_NODE = ": the server there is not a big node; name another with --url";

    /** Keeps every digit of a distance as the node wrote it. */
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    /** The outcome of a request. */
    sealed interface Answer {
        /** The document that was asked for. */
        record Ok(JsonNode document) implements Answer {}

        /**
         * The node refused the request, and would refuse it again.
         *
         * @param status the HTTP status, below 500 and not 429
         */
        record Refused(int status, String detail) implements Answer {}

        /**
         * The node asks to try again later.
         *
         * @param pause how long to wait before that, as the node said; zero where it did not
         */
        record Later(String reason, Duration pause) implements Answer {}

        /**
         * No answer came, or none of a big node.
         *
         * @param reason why, and what to do about it
         */
        record Unreachable(String reason) implements Answer {}
    }

    private final URI base;
    private final Token token;
    private final HttpClient http;

    /**
     * A client of one node.
     *
     * @param base the node's address without a path
     * @param http reaches it
     */
    BigNodeClient(URI base, Token token, HttpClient http) {
        this.base = base;
        this.token = token;
        this.http = http;
    }

    /** The node's address. */
    URI base() {
        return base;
    }

    /** Starts a session or finds the one that runs the order. */
    Answer start(JsonNode order) throws InterruptedException {
        HttpRequest.Builder request = request("start", ANSWER_TIME)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(order.toString()));
        return send(request, List.of("session_id", "status"));
    }

    /** Acknowledges everything up to a cursor and asks for what follows. */
    Answer poll(String session, long after, Duration wait) throws InterruptedException {
        String path = "batch/" + session + "?after=" + after + "&wait=" + wait.toMillis() / 1000.0;
        return send(request(path, wait.plus(ANSWER_TIME)).GET(), List.of("batches", "session_active", "status", "cursor"));
    }

    /** Stops a session. */
    Answer stop(String session) throws InterruptedException {
        return send(request("session/" + session, ANSWER_TIME).DELETE(), List.of("status"));
    }

    private HttpRequest.Builder request(String path, Duration timeout) {
        return NodeConnection.request(base, "/delegation/" + path, token, timeout);
    }

    private Answer send(HttpRequest.Builder request, List<String> fields) throws InterruptedException {
        try {
            HttpResponse<byte[]> response = http.send(request.build(), BoundedAnswer.handler());
            int status = response.statusCode();
            if (status == 200) return ok(JSON.readTree(response.body()), fields);
            String detail = BoundedAnswer.detail(response.body()).orElse("HTTP status " + status);
            if (status < 500 && status != 429) return new Answer.Refused(status, detail);
            return new Answer.Later(detail, response.headers().firstValue("Retry-After").map(BigNodeClient::seconds).orElse(Duration.ZERO));
        } catch (JsonProcessingException e) {
            return new Answer.Unreachable("the answer is not JSON" + NO_BIG_NODE);
        } catch (IOException e) {
            return new Answer.Unreachable(ConnectionFault.describe(base, e));
        }
    }

    /** Something else may answer 200 to anything. */
    private static Answer ok(JsonNode document, List<String> fields) {
        List<String> missing = fields.stream().filter(field -> !document.has(field)).toList();
        if (missing.isEmpty()) return new Answer.Ok(document);
        return new Answer.Unreachable("the answer has no " + String.join(", ", missing) + NO_BIG_NODE);
    }

    /** Zero for what is no number of seconds: a proxy may send a date. */
    private static Duration seconds(String retryAfter) {
        return retryAfter.matches("[0-9]{1,9}") ? Duration.ofSeconds(Long.parseLong(retryAfter)) : Duration.ZERO;
    }
}
