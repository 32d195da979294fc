package io.bignode.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;

/** Plays one small node: starts a session, polls it through whatever happens to the head, and writes down what it gets. */
final class Recorder implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String API = "/api/v1/delegation/";

    /** One for all: a hundred small nodes are a hundred hosts in the field, but share this process's threads here. */
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(5)).build();

    private final int port;
    private final String token;
    private final String key;
    private final boolean deployedDialect;
    private final ConcurrentSkipListMap<Long, Double> found = new ConcurrentSkipListMap<>();
    private final List<String> wrongs = new ArrayList<>();
    private final List<Long> pollNanos = new ArrayList<>();
    private final Thread thread;
    private volatile boolean done;
    private volatile String session = "";
    private volatile String status = "";
    private volatile int refusedPolls;
    private int repeated;

    Recorder(int port, String token, String key, boolean deployedDialect) {
        this.port = port;
        this.token = token;
        this.key = key;
        this.deployedDialect = deployedDialect;
        this.thread = Thread.ofVirtual().start(this::run);
    }

    /** One that does nothing by itself. */
    private Recorder(int port, String key) {
        this.port = port;
        this.token = Farm.TOKEN;
        this.key = key;
        this.deployedDialect = false;
        this.thread = Thread.ofVirtual().unstarted(() -> {});
    }

    private ObjectNode order() {
        return order(key);
    }

    /** What a small node with this key asks for. */
    static ObjectNode order(String key) {
        ObjectNode order = JSON.createObjectNode()
                .put("node_id", 1).put("node_count", 2).put("block_hash", "b10c").put("block_height", 7).put("public_key", key)
                .put("batch_size", 100).put("r_target", SimulatedProof.R_TARGET).put("fraud_threshold", 1e-7);
        order.putObject("params").put("dim", 64).put("n_layers", 1).put("n_heads", 2).put("n_kv_heads", 2).put("vocab_size", 64).put("multiple_of", 8)
                .put("seq_len", 2);
        return order;
    }

    /** How long starting a session of its own takes, and that alone; it is stopped then. */
    static long startNanos(int port, String key) throws Exception {
        Recorder recorder = started(port, key);
        long took = recorder.pollNanos.getFirst();
        recorder.send(recorder.request(API + "session/" + recorder.session).DELETE(), "stop");
        if (!recorder.wrongs().isEmpty()) throw new AssertionError(recorder.wrongs());
        return took;
    }

    /** One that started a session, and does nothing else; how long that took counts as its first poll. */
    static Recorder started(int port, String key) throws InterruptedException {
        Recorder recorder = new Recorder(port, key);
        long began = System.nanoTime();
        recorder.start();
        recorder.note(System.nanoTime() - began);
        return recorder;
    }

    /** How many nonces devices computed for its session. */
    long computed() throws Exception {
        JsonNode answer = null;
        while (answer == null) answer = send(request(API + "session/" + session).GET(), "session");
        return answer.get("total_computed").asLong();
    }

    /** Stops its session after the poll in progress, and asks for nothing from then on. */
    void stop() throws Exception {
        done = true;
        thread.join();
        if (!session.isEmpty()) send(request(API + "session/" + session).DELETE(), "stop");
    }

    private void run() {
        try {
            while (!done && session.isEmpty()) start();
            long cursor = 0;
            while (!done) cursor = poll(cursor);
        } catch (InterruptedException e) {
            // closed
        }
    }

    private void start() throws InterruptedException {
        try {
            JsonNode answer = send(request(API + "start").POST(HttpRequest.BodyPublishers.ofString(order().toString())), "start");
            if (answer == null) return;
            session = answer.get("session_id").asText();
        } catch (IOException e) {
            pause();
        }
    }

    private long poll(long cursor) throws InterruptedException {
        long began = System.nanoTime();
        try {
            String path = deployedDialect ? "batches/" + session + "?auth_token=" + token : "batch/" + session + "?after=" + cursor;
            JsonNode answer = send(request(API + path).GET(), "poll");
            if (answer == null) return cursor;
            note(System.nanoTime() - began);
            status = answer.get("status").asText();
            for (JsonNode batch : answer.get("batches")) take(batch);
            if (!answer.get("session_active").asBoolean()) wrong("the session ended: " + answer.get("status"));
            Thread.sleep(200);
            return answer.get("cursor").asLong();
        } catch (IOException e) {
            refusedPolls++;
            pause();
            return cursor;
        }
    }

    private void take(JsonNode batch) {
        for (int i = 0; i < batch.get("nonces").size(); i++) {
            long nonce = batch.get("nonces").get(i).asLong();
            double distance = batch.get("dist").get(i).asDouble();
            if (!SimulatedProof.counts(nonce) || Math.abs(distance - SimulatedProof.distance(nonce)) > 1e-5) wrong("nonce " + nonce + " at " + distance
                    + " is forged");
            if (found.put(nonce, distance) == null) continue;
            // Who acknowledges by cursors gets nothing twice; the other dialect may, when the head dies before it noted that an answer was taken.
            repeated++;
            if (!deployedDialect) wrong("nonce " + nonce + " came twice");
        }
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).timeout(Duration.ofSeconds(30));
        return path.contains("?auth_token=") ? request : request.header("Authorization", "Bearer " + token);
    }

    private JsonNode send(HttpRequest.Builder request, String what) throws IOException, InterruptedException {
        HttpResponse<String> response = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() == 200) return JSON.readTree(response.body());
        // A head that starts has no devices yet, and a poll that cannot be served now says so.
        if (response.statusCode() != 503 && response.statusCode() != 429) wrong(what + ": " + response.statusCode() + " " + response.body());
        pause();
        return null;
    }

    private static void pause() throws InterruptedException {
        Thread.sleep(100);
    }

    private synchronized void wrong(String what) {
        if (wrongs.size() < 20) wrongs.add(key + ": " + what);
    }

    private synchronized void note(long nanos) {
        pollNanos.add(nanos);
    }

    synchronized List<String> wrongs() {
        return List.copyOf(wrongs);
    }

    /** How long its polls took since it was asked before. */
    synchronized List<Long> takePollNanos() {
        List<Long> taken = List.copyOf(pollNanos);
        pollNanos.clear();
        return taken;
    }

    int repeated() {
        return repeated;
    }

    int refusedPolls() {
        return refusedPolls;
    }

    String session() {
        return session;
    }

    String status() {
        return status;
    }

    Map<Long, Double> found() {
        return Map.copyOf(found);
    }

    int count() {
        return found.size();
    }

    long highest() {
        return found.isEmpty() ? 0 : found.lastKey();
    }

    /** The nonces up to here that count and did not come. */
    SortedSet<Long> missing(long upTo) {
        SortedSet<Long> missing = new TreeSet<>();
        for (long nonce = 1; nonce <= upTo; nonce += 2) if (SimulatedProof.counts(nonce) && !found.containsKey(nonce)) missing.add(nonce);
        return missing;
    }

    @Override
    public void close() {
        done = true;
        thread.interrupt();
    }
}
