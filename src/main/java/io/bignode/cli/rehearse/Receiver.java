package io.bignode.cli.rehearse;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.bignode.cli.rehearse.KeyArtifacts.Arrival;
import io.bignode.cli.rehearse.Observed.PostFault;
import io.bignode.cli.terminal.Documents;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;

/**
 * Takes a node's callbacks as the network's node does, and notes what is wrong with them. It is strict: one bad artifact has the whole post refused, and a
 * verdict before its phase is answered with 503. Safe for use by several threads.
 */
final class Receiver implements AutoCloseable {
    /** What the network's node narrows nonces to. */
    private static final long MAX_NONCE = Integer.MAX_VALUE;

    private static final int MAX_POST = 1 << 20;
    private static final List<String> SUBJECT = List.of("public_key", "block_hash", "block_height", "node_id");

    /** What is taken. */
    enum Phase { GENERATE, VALIDATE }

    /** A key that artifacts come for. */
    private static final class Key {
        private final RehearsedKey order;
        private final Map<Long, Arrival> arrivals = new LinkedHashMap<>();
        private Optional<JsonNode> verdict = Optional.empty();

        Key(RehearsedKey order) {
            this.order = order;
        }
    }

    private final HttpServer server;
    private final Map<String, Key> keys = new LinkedHashMap<>();
    private final Map<List<String>, Integer> faults = new LinkedHashMap<>();
    private Phase phase = Phase.GENERATE;
    private long beganNanos = System.nanoTime();
    private long lastNanos = beganNanos;

    /**
     * Listens; nothing is expected yet.
     *
     * @param at where it listens
     * @throws IOException when that is not possible
     */
    Receiver(InetSocketAddress at) throws IOException {
        server = HttpServer.create(at, 128);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::take);
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** The stage begins. */
    synchronized void begin(List<RehearsedKey> all) {
        for (RehearsedKey order : all) keys.put(order.path(), new Key(order));
        beganNanos = System.nanoTime();
        lastNanos = beganNanos;
    }

    /** Verdicts are taken from now on, and no artifacts. */
    synchronized void validate() {
        phase = Phase.VALIDATE;
    }

    /** Seconds since an artifact came, or since the start. */
    synchronized double silence() {
        return (System.nanoTime() - lastNanos) / 1e9;
    }

    /** What came, one a key. */
    synchronized List<KeyArtifacts> artifacts() {
        return keys.values().stream()
                .map(key -> new KeyArtifacts(key.order.publicKey(), key.order.nodeId(), key.order.nodeCount(), new ArrayList<>(key.arrivals.values()))).toList();
    }

    /** The verdict that was posted for a key. */
    synchronized Optional<JsonNode> verdict(RehearsedKey order) {
        return Optional.ofNullable(keys.get(order.path())).flatMap(key -> key.verdict);
    }

    synchronized List<PostFault> faults() {
        return faults.entrySet().stream().map(fault -> new PostFault(fault.getKey().getFirst(), fault.getKey().getLast(), fault.getValue())).toList();
    }

    private void take(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readNBytes(MAX_POST + 1);
        int status;
        synchronized (this) {
            status = answer(exchange, body);
        }
        exchange.sendResponseHeaders(status, -1);
        exchange.close();
    }

    private int answer(HttpExchange exchange, byte[] body) {
        String path = exchange.getRequestURI().getRawPath();
        String type = exchange.getRequestHeaders().getFirst("Content-Type");
        Key key = keys.get(path.replaceFirst("/(generated|validated)$", ""));
        if (key == null) return strange(path);
        if (!exchange.getRequestMethod().equals("POST")) return fault("callback", "a callback is a " + exchange.getRequestMethod());
        if (type == null || !type.startsWith("application/json")) return fault("callback", "a post has no Content-Type application/json");
        if (body.length > MAX_POST) return fault("callback", "a post has more than 1 MiB");
        JsonNode post;
        try {
            post = Documents.json().readTree(body);
        } catch (IOException malformed) {
            return fault("callback", "a post is not JSON");
        }
        for (String field : SUBJECT) {
            if (!post.has(field)) return fault("callback", "a post has no " + field);
            if (!post.get(field).asText().equals(key.order.subject().get(field).asText())) return fault("node-ids", "a post to one key's address has another " + field);
        }
        if (path.endsWith("/validated")) return phase == Phase.VALIDATE ? validated(key, post) : 503;
        // What comes when all is over is of use to nobody: it is taken, so that the node does not keep trying.
        return phase == Phase.GENERATE ? generated(key, post) : 200;
    }

    /** Something else may look at any port; what names a rehearsal's callback was to arrive. */
    private int strange(String path) {
        if (keys.keySet().stream().anyMatch(known -> path.startsWith(known.substring(0, known.lastIndexOf('/'))))) {
            fault("callback", "a callback came with the end of its address changed, where the network's node has the model's name, escaped twice");
        }
        return 404;
    }

    private int fault(String check, String text) {
        faults.merge(List.of(check, text), 1, Integer::sum);
        return 400;
    }

    private int validated(Key key, JsonNode post) {
        for (String field : List.of("request_id", "n_total", "n_mismatch", "mismatch_nonces", "p_value", "fraud_detected")) {
            if (!post.has(field)) return fault("verdict", "a verdict has no " + field);
        }
        key.verdict = Optional.of(post);
        return 200;
    }

    private int generated(Key key, JsonNode post) {
        if (!post.path("artifacts").isArray() || !post.has("encoding")) return fault("callback", "a post has no artifacts or no encoding");
        boolean halves = post.path("encoding").path("dtype").asText().equals("f16");
        for (JsonNode artifact : post.get("artifacts")) {
            Optional<List<String>> fault = fault(key.order, artifact, halves);
            if (fault.isPresent()) return fault(fault.get().getFirst(), fault.get().getLast());
        }
        long now = System.nanoTime();
        lastNanos = now;
        for (JsonNode artifact : post.get("artifacts")) {
            Arrival arrival = new Arrival(artifact.get("nonce").longValue(), artifact.get("vector_b64").textValue(), (now - beganNanos) / 1e9);
            Arrival before = key.arrivals.putIfAbsent(arrival.nonce(), arrival);
            if (before != null) fault("node-ids", before.vector().equals(arrival.vector()) ? "a nonce came twice" : "a nonce came twice, with another vector");
        }
        return 200;
    }

    /** The check that an artifact fails, and how. */
    private static Optional<List<String>> fault(RehearsedKey order, JsonNode artifact, boolean halves) {
        JsonNode number = artifact.path("nonce");
        if (!number.isIntegralNumber() || !number.canConvertToLong() || number.longValue() < 0) return Optional.of(List.of("nonces", "an artifact has no nonce"));
        long nonce = number.longValue();
        if (nonce > MAX_NONCE) return Optional.of(List.of("nonces", "nonces are above 2147483647, where the network's node narrows them to others"));
        if (nonce % order.nodeCount() != order.nodeId() % order.nodeCount()) {
            return Optional.of(List.of("node-ids", "nonces came that belong to another node id"));
        }
        try {
            byte[] vector = Base64.getDecoder().decode(artifact.path("vector_b64").asText());
            if (vector.length == 0) return Optional.of(List.of("vectors", "a vector is empty"));
            return halves && !isFinite(vector) ? Optional.of(List.of("vectors", "a vector has values that are not finite")) : Optional.empty();
        } catch (IllegalArgumentException none) {
            return Optional.of(List.of("vectors", "a vector is not base64"));
        }
    }

    private static boolean isFinite(byte[] vector) {
        ByteBuffer values = ByteBuffer.wrap(vector).order(ByteOrder.LITTLE_ENDIAN);
        while (values.remaining() >= Short.BYTES) if (!Float.isFinite(Float.float16ToFloat(values.getShort()))) return false;
        return true;
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
