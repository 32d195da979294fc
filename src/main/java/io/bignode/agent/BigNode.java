package io.bignode.agent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/** A big node as a client sees it: outbound, with a bearer token. Thread safe. */
public final class BigNode implements AutoCloseable {
    /** How long one may be silent while an answer is due, besides what a poll waits. */
    private static final Duration ANSWER_TIME = Duration.ofSeconds(5);

    private static final Duration CONNECT_TIME = Duration.ofSeconds(3);
    private static final int MAX_ANSWER = 16 << 20;
    private static final int MAX_DETAIL = 500;
    private static final JsonMapper JSON = new JsonMapper();

    /** What became of a call. */
    public sealed interface Answer {
        /** The document that was asked for. */
        record Ok(JsonNode document) implements Answer {}

        /**
         * The big node refuses, and would do so again.
         *
         * @param status the HTTP status, below 500 and not 429
         */
        record Refused(int status, String reason) implements Answer {}

        /** The big node is there and cannot do it now. */
        record Later(String reason) implements Answer {}

        /**
         * No answer of a big node came.
         *
         * @param arrived whether the call may have arrived there all the same
         */
        record Away(String reason, boolean arrived) implements Answer {}
    }

    private final URI url;
    private final String token;
    private final HttpClient client;

    /**
     * A client of one big node.
     *
     * @param url    scheme, host and port
     * @param token  what it is shown
     * @param client reaches it, with the trust that it needs; closed with this
     */
    public BigNode(URI url, String token, HttpClient client) {
        this.url = url;
        this.token = token;
        this.client = client;
    }

    /** A client to build upon: it follows no redirects, as a token would go with them. */
    public static HttpClient.Builder client() {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT_TIME).followRedirects(HttpClient.Redirect.NEVER);
    }

    /** Where it is. */
    public URI url() {
        return url;
    }

    /** What it is shown, for those who pass calls on to it. */
    String token() {
        return token;
    }

    /** Starts a session, or finds the one that runs the order. */
    Answer start(ObjectNode order) throws InterruptedException {
        return post("start?queue=true", order);
    }

    /** Finds the newest session of an order, running or ended, and starts none. */
    Answer existing(ObjectNode order) throws InterruptedException {
        return post("start?existing=true", order);
    }

    /**
     * Asks for what one device answers as a whole.
     *
     * @param id the same for the same request
     */
    Answer request(String id, ObjectNode request) throws InterruptedException {
        return post("request?order_id=" + URLEncoder.encode(id, StandardCharsets.UTF_8), request);
    }

    /** Acknowledges everything up to a cursor, and asks for what follows. */
    Answer found(String session, long after, Duration wait) throws InterruptedException {
        return send(call("found/" + session + "?after=" + after + "&wait=" + wait.toSeconds()).GET(), wait.plus(ANSWER_TIME));
    }

    /** Stops a session. */
    Answer stop(String session) throws InterruptedException {
        return send(call("session/" + session).DELETE(), ANSWER_TIME);
    }

    /** What it is: its version, its time, its devices. */
    public Answer node() throws InterruptedException {
        return send(call("node").GET(), ANSWER_TIME);
    }

    private Answer post(String path, ObjectNode document) throws InterruptedException {
        return send(call(path).header("Content-Type", "application/json").POST(BodyPublishers.ofString(document.toString())), ANSWER_TIME);
    }

    private HttpRequest.Builder call(String path) {
        return HttpRequest.newBuilder(URI.create(url + "/api/v1/delegation/" + path)).header("Authorization", "Bearer " + token);
    }

    /** The client's own limit of time ends with the head of an answer, and a line may be cut without a word in its middle. */
    private Answer send(HttpRequest.Builder request, Duration limit) throws InterruptedException {
        CompletableFuture<HttpResponse<byte[]>> answer = client.sendAsync(
                request.build(), HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofByteArray(), MAX_ANSWER));
        try {
            return read(answer.get(limit.toNanos(), TimeUnit.NANOSECONDS));
        } catch (TimeoutException silent) {
            return new Answer.Away("it does not answer in time", true);
        } catch (ExecutionException failed) {
            return away(failed);
        } finally {
            answer.cancel(true);
        }
    }

    private static Answer away(ExecutionException failed) {
        return switch (failed.getCause()) {
            case ConnectException refused -> new Answer.Away("it cannot be reached" + because(refused.getMessage()), false);
            case HttpConnectTimeoutException late -> new Answer.Away("it cannot be reached" + because(late.getMessage()), false);
            case SSLHandshakeException untrusted -> new Answer.Away("its certificate is not trusted" + because(untrusted.getMessage()), false);
            case IOException cut -> new Answer.Away("the line to it was cut" + because(cut.getMessage()), true);
            case null, default -> throw new IllegalStateException("a call failed", failed);
        };
    }

    private static Answer read(HttpResponse<byte[]> response) {
        int status = response.statusCode();
        Optional<JsonNode> document = document(response.body());
        if (status == 200) return document.<Answer>map(Answer.Ok::new).orElse(new Answer.Away("what answers is no big node", false));
        String detail = document.map(one -> one.path("detail")).filter(JsonNode::isTextual).map(one -> shown(one.textValue())).orElse("HTTP status " + status);
        // A proxy that stands between got no answer; what it passed on may have arrived.
        if (status == 502 || status == 504) return new Answer.Away("a proxy before it got no answer: " + detail, true);
        return status < 500 && status != 429 ? new Answer.Refused(status, detail) : new Answer.Later(detail);
    }

    private static String because(@Nullable String reason) {
        return reason == null || reason.isBlank() ? "" : ": " + shown(reason);
    }

    /** What an unknown server sent moves no cursor and fills no screen. */
    private static String shown(String text) {
        String line = text.replaceAll("[\\p{Cntrl}\\p{Cf}\\p{Zl}\\p{Zp}]", "?");
        return line.length() <= MAX_DETAIL ? line : line.substring(0, MAX_DETAIL) + "…";
    }

    private static Optional<JsonNode> document(byte[] body) {
        try {
            JsonNode document = JSON.readTree(body);
            return document.isObject() ? Optional.of(document) : Optional.empty();
        } catch (IOException none) {
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
