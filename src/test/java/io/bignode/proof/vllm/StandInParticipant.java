package io.bignode.proof.vllm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;

/**
 * A participant's node as the field's builds behave: it drives an ML node with their calls, in their order, and takes its callbacks. It is strict: a post that is
 * not JSON, is too large, names an unknown node or holds one bad artifact is refused as a whole; outside of its phase it answers 503. A nonce that it has is
 * skipped, as the real one does, and counted, so that a test can tell.
 */
final class StandInParticipant implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_POST = 1 << 20;
    private static final String OTHER_STAGE = "other stage";

    /** What the network's node narrows nonces to. */
    private static final long MAX_NONCE = Integer.MAX_VALUE;

    /** The phases of an epoch in which it takes callbacks, and that in which it takes none. */
    enum Phase { GENERATE, VALIDATE, INFERENCE }

    private HttpServer server;
    private final HttpClient client = HttpClient.newHttpClient();
    private final String mlNode;
    private final String publicKey;
    private final int nodeId;
    private final int nodeCount;
    private final Map<String, TreeMap<Long, String>> stored = new ConcurrentHashMap<>();
    private final Set<Long> poisoned = ConcurrentHashMap.newKeySet();
    private final List<String> refusals = new ArrayList<>();
    private final List<JsonNode> verdicts = new ArrayList<>();
    private final int port;
    private volatile Phase phase = Phase.GENERATE;
    private volatile String stage = "";
    private int again;
    private int posts;
    private int late;

    /**
     * A participant that drives an ML node.
     *
     * @param mlNode where the ML node is: everything before the calls' own paths
     */
    StandInParticipant(String mlNode, String publicKey, int nodeId, int nodeCount) throws IOException {
        this.mlNode = mlNode;
        this.publicKey = publicKey;
        this.nodeId = nodeId;
        this.nodeCount = nodeCount;
        server = listen(0);
        port = server.getAddress().getPort();
    }

    private HttpServer listen(int at) throws IOException {
        HttpServer listening = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), at), 64);
        listening.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        listening.createContext("/", this::take);
        listening.start();
        return listening;
    }

    /** Its node is away: connections to it are refused. */
    void leave() {
        server.stop(0);
    }

    /** Its node is back, with all that it had. */
    void comeBack() throws IOException {
        server = listen(port);
    }

    /** Where it takes callbacks for a model: the model's id is escaped twice, as the field does it. */
    String url() {
        return "http://127.0.0.1:" + port + "/v2/poc-batches/org%252Fmodel-of-tests";
    }

    int port() {
        return port;
    }

    void phase(Phase next) {
        phase = next;
    }

    /** Refuses every post with this nonce. */
    void poison(long nonce) {
        poisoned.add(nonce);
    }

    /** Its artifacts of a block: the vector of each nonce. */
    TreeMap<Long, String> stored(String block) {
        return stored.computeIfAbsent(block, _ -> new TreeMap<>());
    }

    synchronized int again() {
        return again;
    }

    /** The posts that came for another stage than that of the newest block. */
    synchronized int late() {
        return late;
    }

    synchronized int posts() {
        return posts;
    }

    synchronized List<String> refusals() {
        return List.copyOf(refusals);
    }

    synchronized List<JsonNode> verdicts() {
        return List.copyOf(verdicts);
    }

    private void take(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        String refusal;
        int status;
        synchronized (this) {
            posts++;
            String path = exchange.getRequestURI().getRawPath();
            String expected = URI.create(url()).getRawPath();
            status = 400;
            if (!exchange.getRequestMethod().equals("POST")) refusal = exchange.getRequestMethod();
            else if (!"application/json".equals(exchange.getRequestHeaders().getFirst("Content-Type"))) refusal = "content type";
            else if (body.length > MAX_POST) refusal = "a body of " + body.length + " bytes";
            else if (path.equals(expected + "/generated")) refusal = phase == Phase.GENERATE ? generated(JSON.readTree(body)) : "phase";
            else if (path.equals(expected + "/validated")) refusal = phase == Phase.VALIDATE ? validated(JSON.readTree(body)) : "phase";
            else refusal = "path " + path;
            if (refusal.equals("phase")) status = 503;
            else if (refusal.equals(OTHER_STAGE)) late++;
            else if (refusal.isEmpty()) status = 200;
            else refusals.add(refusal);
        }
        exchange.sendResponseHeaders(status, -1);
        exchange.close();
    }

    /** Why a post is refused; empty when it is stored. */
    private String generated(JsonNode post) {
        for (String field : List.of("public_key", "block_hash", "block_height", "node_id", "artifacts", "encoding")) {
            if (!post.has(field)) return "no " + field;
        }
        if (!post.get("block_hash").asText().equals(stage)) return OTHER_STAGE;
        if (!post.get("public_key").asText().equals(publicKey) || post.get("node_id").asInt() != nodeId) return "unknown node";
        for (JsonNode artifact : post.get("artifacts")) {
            long nonce = artifact.path("nonce").asLong(-1);
            if (nonce < 0 || nonce > MAX_NONCE || nonce % nodeCount != nodeId % nodeCount) return "nonce " + nonce;
            if (poisoned.contains(nonce)) return "bad artifact";
            try {
                if (Base64.getDecoder().decode(artifact.path("vector_b64").asText()).length == 0) return "empty vector";
            } catch (IllegalArgumentException e) {
                return "vector that is not base64";
            }
        }
        TreeMap<Long, String> block = stored(post.get("block_hash").asText());
        for (JsonNode artifact : post.get("artifacts")) {
            String vector = artifact.get("vector_b64").asText();
            String before = block.putIfAbsent(artifact.get("nonce").asLong(), vector);
            if (before != null) again++;
            if (before != null && !before.equals(vector)) return "another vector of nonce " + artifact.get("nonce");
        }
        return "";
    }

    private String validated(JsonNode post) {
        for (String field : List.of("request_id", "public_key", "block_hash", "block_height", "node_id", "n_total", "n_mismatch", "mismatch_nonces", "p_value",
                "fraud_detected")) {
            if (!post.has(field)) return "no " + field;
        }
        verdicts.add(post);
        return "";
    }

    /** A call as the field makes it: JSON without a Content-Type, and no token but what stands in the path. */
    HttpResponse<String> call(String method, String path, String body) throws IOException, InterruptedException {
        HttpRequest.BodyPublisher publisher = body.isEmpty() ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body);
        return client.send(HttpRequest.newBuilder(URI.create(mlNode + path)).method(method, publisher).build(), HttpResponse.BodyHandlers.ofString());
    }

    private JsonNode answer(String method, String path, String body) throws IOException, InterruptedException {
        HttpResponse<String> response = call(method, path, body);
        if (response.statusCode() != 200) throw new IOException(path + " answers " + response.statusCode() + ": " + response.body());
        return JSON.readTree(response.body());
    }

    String status() throws IOException, InterruptedException {
        return answer("GET", "/api/v1/inference/pow/status", "").get("status").asText();
    }

    String state() throws IOException, InterruptedException {
        return answer("GET", "/api/v1/state", "").get("state").asText();
    }

    /**
     * Starts the stage of a block. As the real one it skips the start while the ML node says that it generates.
     *
     * @return whether it asked for it
     */
    boolean start(String block, long height, String model, int seqLen) throws IOException, InterruptedException {
        state();
        if (status().equals("GENERATING")) return false;
        init(block, height, model, seqLen);
        return true;
    }

    /** Asks for a block, whatever the status is. */
    JsonNode init(String block, long height, String model, int seqLen) throws IOException, InterruptedException {
        stage = block;
        ObjectNode order = JSON.createObjectNode().put("block_hash", block).put("block_height", height).put("public_key", publicKey).put("node_id", nodeId)
                .put("node_count", nodeCount).put("url", url());
        order.putObject("params").put("model", model).put("seq_len", seqLen);
        JsonNode answer = answer("POST", "/api/v1/inference/pow/init/generate", order.toString());
        if (!answer.path("status").asText().equals("OK") || !answer.path("results").isArray()) throw new IOException("started with " + answer);
        return answer;
    }

    /** Has artifacts of another validated; returns the request's id. */
    String validate(String block, long height, String model, int seqLen, String otherKey, Map<Long, String> vectors) throws IOException, InterruptedException {
        ObjectNode request = JSON.createObjectNode().put("block_hash", block).put("block_height", height).put("public_key", otherKey).put("node_id", nodeId)
                .put("node_count", nodeCount).put("url", url()).put("wait", false).put("batch_size", 32);
        request.putObject("params").put("model", model).put("seq_len", seqLen);
        ArrayNode nonces = request.putArray("nonces");
        ArrayNode artifacts = request.putObject("validation").putArray("artifacts");
        vectors.forEach((nonce, vector) -> {
            nonces.add(nonce);
            artifacts.addObject().put("nonce", nonce).put("vector_b64", vector);
        });
        request.putObject("stat_test").put("dist_threshold", 0.4).put("p_mismatch", 0.1).put("fraud_threshold", 0.01).put("p_value_threshold", 0.05);
        JsonNode answer = answer("POST", "/api/v1/inference/pow/generate", request.toString());
        if (!answer.path("status").asText().equals("queued")) throw new IOException("queued with " + answer);
        return answer.get("request_id").asText();
    }

    /** What became of a request. */
    JsonNode look(String requestId) throws IOException, InterruptedException {
        return answer("GET", "/api/v1/inference/pow/generate/" + requestId, "");
    }

    void stop() throws IOException, InterruptedException {
        answer("POST", "/api/v1/inference/pow/stop", "{}");
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
