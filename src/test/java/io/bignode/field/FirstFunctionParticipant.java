package io.bignode.field;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executors;

/**
 * A participant's node of a chain that pays for the first function, as the field's builds behave: it asks for the state and the status before each command, stops
 * what runs, and takes proof batches and verdicts. It is strict: what is not exactly what an ML node of the field posts is refused.
 */
public final class FirstFunctionParticipant implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> BATCH = List.of("block_hash", "block_height", "dist", "node_id", "nonces", "public_key");
    private static final List<String> VERDICT = List.of(
            "block_hash", "block_height", "dist", "fraud_detected", "fraud_threshold", "n_invalid", "node_id", "nonces", "probability_honest", "public_key",
            "r_target", "received_dist");

    private final HttpServer server;
    private final HttpClient client = HttpClient.newHttpClient();
    private final String mlNode;
    private final ObjectNode order;
    private final TreeMap<Long, Double> stored = new TreeMap<>();
    private final List<JsonNode> verdicts = new ArrayList<>();
    private final List<String> refusals = new ArrayList<>();
    private int again;
    private int posts;
    private boolean takes = true;

    /**
     * One that registered an ML node.
     *
     * @param mlNode its URL
     * @param order  what each start asks for, but for the URL that is called back
     */
    public FirstFunctionParticipant(String mlNode, ObjectNode order) throws IOException {
        this.mlNode = mlNode;
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
        this.order = order.deepCopy().put("url", "http://127.0.0.1:" + server.getAddress().getPort() + "/v1/poc-batches");
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/v1/poc-batches/generated", exchange -> take(exchange, this::generated));
        server.createContext("/v1/poc-batches/validated", exchange -> take(exchange, this::validated));
        server.start();
    }

    private interface Taker {
        /** Why a post is refused; empty when it is taken. */
        String take(JsonNode post);
    }

    private void take(HttpExchange exchange, Taker taker) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        int status;
        synchronized (this) {
            posts++;
            if (!takes) {
                status = 503;
            } else {
                boolean json = "application/json".equals(exchange.getRequestHeaders().getFirst("Content-Type"));
                String refusal = json ? taker.take(JSON.readTree(body)) : "content type";
                status = refusal.isEmpty() ? 200 : 400;
                if (!refusal.isEmpty()) refusals.add(refusal);
            }
        }
        exchange.sendResponseHeaders(status, -1);
        exchange.close();
    }

    private static List<String> fields(JsonNode post) {
        return List.copyOf(new TreeSet<>(JSON.convertValue(post, new TypeReference<TreeMap<String, Object>>() {}).keySet()));
    }

    private String generated(JsonNode post) {
        if (!fields(post).equals(BATCH)) return "fields " + fields(post);
        for (String same : List.of("block_hash", "block_height", "public_key", "node_id")) {
            if (!post.get(same).asText().equals(order.get(same).asText())) return "another " + same;
        }
        if (post.get("nonces").isEmpty() || post.get("nonces").size() != post.get("dist").size()) return "a batch of " + post.get("nonces").size();
        for (int i = 0; i < post.get("nonces").size(); i++) {
            double distance = post.get("dist").get(i).doubleValue();
            if (!(distance < order.get("r_target").doubleValue())) return "distance " + distance;
            if (stored.put(post.get("nonces").get(i).longValue(), distance) != null) again++;
        }
        return "";
    }

    private String validated(JsonNode post) {
        if (!fields(post).equals(VERDICT)) return "fields " + fields(post);
        verdicts.add(post);
        return "";
    }

    /** Whether it takes callbacks; otherwise it answers 503, as outside of its phases. */
    public synchronized void takes(boolean on) {
        takes = on;
    }

    public synchronized TreeMap<Long, Double> stored() {
        return new TreeMap<>(stored);
    }

    public synchronized List<JsonNode> verdicts() {
        return List.copyOf(verdicts);
    }

    public synchronized List<String> refusals() {
        return List.copyOf(refusals);
    }

    public synchronized int again() {
        return again;
    }

    public synchronized int posts() {
        return posts;
    }

    public ObjectNode order() {
        return order.deepCopy();
    }

    /** A call as the field makes it: JSON without a Content-Type, and no token but what stands in the path. */
    public HttpResponse<String> call(String method, String path, String body) throws IOException, InterruptedException {
        HttpRequest.BodyPublisher publisher = body.isEmpty() ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body);
        return client.send(HttpRequest.newBuilder(URI.create(mlNode + path)).method(method, publisher).build(), HttpResponse.BodyHandlers.ofString());
    }

    public JsonNode answer(String method, String path, String body) throws IOException, InterruptedException {
        HttpResponse<String> response = call(method, path, body);
        if (response.statusCode() != 200) throw new IOException(path + " answers " + response.statusCode() + ": " + response.body());
        return JSON.readTree(response.body());
    }

    public String state() throws IOException, InterruptedException {
        return answer("GET", "/api/v1/state", "").get("state").asText();
    }

    public JsonNode status() throws IOException, InterruptedException {
        return answer("GET", "/api/v1/pow/status", "");
    }

    /**
     * Has the ML node generate or validate, in the field's order of calls.
     *
     * @param phase {@code generate} or {@code validate}
     * @param word  the status that says that it does so already
     * @return the answer to the start; empty where it did so already
     */
    public JsonNode begin(String phase, String word) throws IOException, InterruptedException {
        String state = state();
        if (state.equals("POW") && status().get("status").asText().equals(word)) return JSON.createObjectNode();
        if (!state.equals("STOPPED")) answer("POST", "/api/v1/stop", "");
        return answer("POST", "/api/v1/pow/init/" + phase, order.toString());
    }

    /** A batch of another participant, as the field has it validated. */
    public JsonNode validate(JsonNode batch) throws IOException, InterruptedException {
        return answer("POST", "/api/v1/pow/validate", batch.toString());
    }

    @Override
    public void close() {
        server.stop(0);
        client.close();
    }
}
