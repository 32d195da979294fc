package io.bignode.field;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Keeps the rules of the small node that is deployed in the field, and writes down what it gets.
 *
 * <p>It starts once, with a time-out of 30 s: whatever goes wrong then ends delegation for good. From there on it polls once a second (older ones: every
 * 5 s). An answer that is not 200, does not come within 30 s or is not of the expected shape is an error; ten in a row end it, as does
 * {@code session_active: false}: its container goes down then. It sends {@code stop} only when the chain ends a session that is still alive here.
 * Each request has a connection of its own and is never repeated.
 */
public final class FieldClient implements AutoCloseable {
    /** How many errors in a row end it. */
    public static final int PATIENCE = 10;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration TIME_OUT = Duration.ofSeconds(30);
    private static final Set<String> STATUSES = Set.of("initializing", "generating", "stopped", "expired", "error");

    /** How it ended; while it polls it is {@link #POLLING}. */
    public enum End {
        /** It has not ended. */
        POLLING,
        /** The start failed: it never delegates again. */
        START_FAILED,
        /** {@code session_active} was false before the chain's stop: its container goes down. */
        SESSION_ENDED,
        /** Ten errors in a row: its container goes down. */
        TOO_MANY_ERRORS,
        /** The chain ended the sprint while the session was alive: as it should be. */
        STOPPED_BY_THE_CHAIN
    }

    /** An answer that counts as an error. */
    private static final class Wrong extends Exception {
        private static final long serialVersionUID = 1L;

        Wrong(String what) {
            super(what);
        }
    }

    private final URI base;
    private final String token;
    private final Duration interval;
    private final Thread poller = Thread.ofVirtual().unstarted(this::pollUntilTheEnd);
    private final Map<Long, Double> nonces = new TreeMap<>();
    private final List<String> errors = new ArrayList<>();
    private String session = "";
    private String message = "";
    private String status = "";
    private End end = End.POLLING;
    private boolean running;
    private boolean stopAccepted;
    private int errorsInARow;
    private int mostErrorsInARow;
    private int goodPolls;
    private int emptyPolls;
    private int repeated;

    /** A client that polls once a second, as those of today do. */
    public FieldClient(URI base, String token) {
        this(base, token, Duration.ofSeconds(1));
    }

    /**
     * A client of another pace.
     *
     * @param base     the big node's address, or its proxy's
     * @param interval from an answer to the next poll
     */
    public FieldClient(URI base, String token, Duration interval) {
        this.base = base;
        this.token = token;
        this.interval = interval;
    }

    /**
     * The chain begins a sprint: tries to start, once.
     *
     * @param order without a token
     * @return this, which polls from now on or has ended
     */
    public FieldClient start(ObjectNode order) throws InterruptedException {
        ObjectNode body = order.deepCopy().put("auth_token", token).putNull("callback_url");
        try {
            JsonNode answer = send(request("start", body));
            require(answer, "session_id", JsonNode::isTextual);
            require(answer, "message", JsonNode::isTextual);
            require(answer, "gpu_count", JsonNode::isInt);
            begin(answer.get("session_id").textValue(), requireStatus(answer), answer.get("message").textValue());
            poller.start();
        } catch (IOException | Wrong e) {
            fail(e);
            finish(End.START_FAILED);
        }
        return this;
    }

    private void pollUntilTheEnd() {
        try {
            while (isRunning()) {
                try {
                    if (!poll()) finish(End.SESSION_ENDED);
                } catch (IOException | Wrong e) {
                    if (fail(e) >= PATIENCE) finish(End.TOO_MANY_ERRORS);
                }
                if (isRunning()) Thread.sleep(interval);
            }
        } catch (InterruptedException e) {
            // the test is over
        }
    }

    private boolean poll() throws IOException, Wrong, InterruptedException {
        String query = "?auth_token=" + URLEncoder.encode(token, StandardCharsets.UTF_8);
        JsonNode answer = send(HttpRequest.newBuilder(uri("batches/" + session() + query)).GET());
        require(answer, "session_id", JsonNode::isTextual);
        require(answer, "batches", JsonNode::isArray);
        require(answer, "session_active", JsonNode::isBoolean);
        require(answer, "total_batches_generated", JsonNode::isIntegralNumber);
        String now = requireStatus(answer);
        for (JsonNode batch : answer.get("batches")) {
            require(batch, "public_key", JsonNode::isTextual);
            require(batch, "block_hash", JsonNode::isTextual);
            require(batch, "block_height", JsonNode::isIntegralNumber);
            require(batch, "nonces", JsonNode::isArray);
            require(batch, "dist", JsonNode::isArray);
            require(batch, "node_id", JsonNode::isIntegralNumber);
        }
        return take(answer, now);
    }

    /** The chain ends the sprint: stops the session, unless this client had ended before. */
    public void chainStops() throws InterruptedException {
        if (!stopRunning()) return;
        try {
            if (!Thread.currentThread().equals(poller)) poller.join(Duration.ofSeconds(10));
            JsonNode answer = send(request("stop", JSON.createObjectNode().put("session_id", session()).put("auth_token", token)));
            require(answer, "session_id", JsonNode::isTextual);
            require(answer, "message", JsonNode::isTextual);
            require(answer, "total_batches_generated", JsonNode::isIntegralNumber);
            requireStatus(answer);
            synchronized (this) {
                stopAccepted = true;
            }
        } catch (IOException | Wrong e) {
            synchronized (this) {
                errors.add("stop: " + e.getMessage());
            }
        }
    }

    private HttpRequest.Builder request(String path, ObjectNode body) {
        return HttpRequest.newBuilder(uri(path)).header("Content-Type", "application/json").POST(BodyPublishers.ofString(body.toString()));
    }

    private URI uri(String path) {
        return URI.create(base + "/api/v1/delegation/" + path);
    }

    private static JsonNode send(HttpRequest.Builder request) throws IOException, Wrong, InterruptedException {
        try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(TIME_OUT).build()) {
            HttpResponse<byte[]> response = client.send(request.timeout(TIME_OUT).build(), BodyHandlers.ofByteArray());
            if (response.statusCode() != 200) throw new Wrong(response.statusCode() + " " + detail(response.body()));
            return JSON.readTree(response.body());
        }
    }

    private static String detail(byte[] body) {
        try {
            return JSON.readTree(body).path("detail").asText("without a detail");
        } catch (IOException e) {
            return "without JSON";
        }
    }

    private static void require(JsonNode answer, String field, Predicate<JsonNode> kind) throws Wrong {
        if (!answer.has(field) || !kind.test(answer.get(field))) throw new Wrong("no usable " + field);
    }

    private static String requireStatus(JsonNode answer) throws Wrong {
        String status = answer.path("status").asText();
        if (!STATUSES.contains(status)) throw new Wrong("unknown status " + status);
        return status;
    }

    private synchronized void begin(String id, String first, String text) {
        session = id;
        status = first;
        message = text;
        running = true;
        notifyAll();
    }

    private synchronized boolean take(JsonNode answer, String now) {
        status = now;
        for (JsonNode batch : answer.get("batches")) {
            for (int i = 0; i < batch.get("nonces").size(); i++) {
                if (nonces.put(batch.get("nonces").get(i).asLong(), batch.get("dist").get(i).asDouble()) != null) repeated++;
            }
        }
        goodPolls++;
        emptyPolls = answer.get("batches").isEmpty() ? emptyPolls + 1 : 0;
        boolean active = answer.get("session_active").asBoolean();
        if (active) errorsInARow = 0;
        notifyAll();
        return active;
    }

    private synchronized int fail(Exception e) {
        errors.add(e instanceof Wrong ? String.valueOf(e.getMessage()) : e.toString());
        mostErrorsInARow = Math.max(mostErrorsInARow, ++errorsInARow);
        notifyAll();
        return errorsInARow;
    }

    private synchronized void finish(End how) {
        if (end == End.POLLING) end = how;
        running = false;
        notifyAll();
    }

    private synchronized boolean stopRunning() {
        if (!running) return false;
        finish(End.STOPPED_BY_THE_CHAIN);
        return true;
    }

    private synchronized boolean isRunning() {
        return running;
    }

    private synchronized String session() {
        return session;
    }

    /** Waits until something is true of this client; a client that ends before that fails the test with what it went through. */
    public synchronized void await(String what, Duration max, Predicate<FieldClient> wanted) throws InterruptedException {
        long deadline = System.nanoTime() + max.toNanos();
        while (!wanted.test(this)) {
            long left = deadline - System.nanoTime();
            if (left <= 0 || end != End.POLLING) throw new AssertionError(what + " did not come: " + this);
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
    }

    /** How it ended, if it did. */
    public synchronized End end() {
        return end;
    }

    /** The status the node told last. */
    public synchronized String status() {
        return status;
    }

    /** What the node said at the start. */
    public synchronized String message() {
        return message;
    }

    /** All it got: distances by nonce. */
    public synchronized Map<Long, Double> nonces() {
        return new TreeMap<>(nonces);
    }

    /** How many polls were answered well. */
    public synchronized int goodPolls() {
        return goodPolls;
    }

    /** How many of the last polls in a row brought no batch. */
    public synchronized int emptyPolls() {
        return emptyPolls;
    }

    /** How many nonces came again. */
    public synchronized int repeated() {
        return repeated;
    }

    /** Every error, the oldest first. */
    public synchronized List<String> errors() {
        return List.copyOf(errors);
    }

    /** The longest row of errors so far. */
    public synchronized int mostErrorsInARow() {
        return mostErrorsInARow;
    }

    /** Whether the node answered the chain's stop well. */
    public synchronized boolean stopAccepted() {
        return stopAccepted;
    }

    @Override
    public synchronized String toString() {
        return end + ", " + status + " (" + message + "), " + goodPolls + " good polls, " + nonces.size() + " nonces, " + mostErrorsInARow
                + " errors in a row, "
                + errors.stream().skip(Math.max(0, errors.size() - 12)).toList();
    }

    @Override
    public void close() {
        stopRunning();
        poller.interrupt();
    }
}
