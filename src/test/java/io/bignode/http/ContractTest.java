package io.bignode.http;

import static io.bignode.http.TestNode.JSON;
import static io.bignode.http.TestNode.OPERATOR_TOKEN;
import static io.bignode.http.TestNode.TOKEN;
import static io.bignode.http.TestNode.startBody;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import io.bignode.api.Api;
import io.bignode.api.mlnode.InferenceServers;
import io.bignode.api.operator.WorkerActions;
import io.bignode.protocol.Found;
import io.bignode.protocol.NonceRange;
import io.bignode.session.MemoryStore;
import io.bignode.session.Session;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Holds {@code openapi.yaml} and the server against each other, both ways: every call and every status that is documented is had from a running
 * server, and every answer must be as documented, with no field, status or call beside.
 *
 * <p>Who adds a path gives it a line in {@link #calls}, and below what its own statuses need. 401, 429 and 503 come by themselves.
 */
class ContractTest {
    private static final String API = TestNode.API;
    private static final String WORKER = "host-7";

    private static final String ML_NODE = "/mlnode/{token}";
    private static final String REQUEST = "{request_id}";
    private static final String CALL = "{call}";
    private static final String MODEL = "org/model";
    private static final String BROKEN = "broken";

    /** How a call is made that succeeds. The path may name {@code {session_id}}, {@code {name}}, {@code {request_id}} and {@code {token}}; the token is empty where none is needed. */
    private record Way(String token, String body) {
        static Way by(String token) {
            return new Way(token, "");
        }
    }

    /** One worker with one device, which can be drained and admitted. */
    private static final class OneWorker implements WorkerActions {
        @Override
        public boolean isOperator(String token) {
            return token.equals(OPERATOR_TOKEN);
        }

        @Override
        public List<Map<String, Object>> list() {
            Map<String, Object> device = Map.of("id", "host-7/cuda:0", "name", "a GPU", "memory_bytes", 1L << 36);
            return List.of(Map.of("name", WORKER, "state", "working", "leases", 2, "devices", List.of(device)));
        }

        @Override
        public boolean drain(String name) {
            return name.equals(WORKER);
        }

        @Override
        public boolean admit(String name) {
            return name.equals(WORKER);
        }
    }

    private static Map<String, Way> calls() {
        Map<String, Way> calls = new LinkedHashMap<>();
        calls.put("POST " + API + "/start", new Way(TOKEN, startBody().toString()));
        calls.put("GET " + API + "/batch/{session_id}", Way.by(TOKEN));
        calls.put("GET " + API + "/batches/{session_id}", Way.by(TOKEN));
        calls.put("GET " + API + "/sessions", Way.by(TOKEN));
        calls.put("GET " + API + "/status", Way.by(TOKEN));
        calls.put("GET " + API + "/session/{session_id}", Way.by(TOKEN));
        calls.put("DELETE " + API + "/session/{session_id}", Way.by(TOKEN));
        calls.put("POST " + API + "/stop", new Way(TOKEN, "{\"session_id\": \"{session_id}\"}"));
        calls.put("POST " + API + "/request", new Way(TOKEN, startBody().toString()));
        calls.put("GET " + API + "/found/{session_id}", Way.by(TOKEN));
        calls.put("GET " + API + "/node", Way.by(TOKEN));
        calls.put("GET /health", Way.by(""));
        calls.put("GET /health/live", Way.by(""));
        calls.put("GET /health/ready", Way.by(""));
        calls.put("GET /openapi", Way.by(""));
        calls.put("GET /docs", Way.by(""));
        calls.put("GET /metrics", Way.by(TOKEN));
        calls.put("GET /api/v1/overview", Way.by(TOKEN));
        calls.put("GET /api/v1/history", Way.by(TOKEN));
        calls.put("GET /api/v1/admin/workers", Way.by(OPERATOR_TOKEN));
        calls.put("POST /api/v1/admin/workers/{name}/drain", Way.by(OPERATOR_TOKEN));
        calls.put("POST /api/v1/admin/workers/{name}/admit", Way.by(OPERATOR_TOKEN));
        for (String path : List.of("/api/v1/state", "/api/v1/inference/pow/status", "/api/v1/inference/pow/generate/" + REQUEST, "/api/v1/gpu/devices",
                "/api/v1/gpu/driver", "/api/v1/models/status", "/api/v1/models/list", "/api/v1/versions", "/v1/models", "/v1/" + CALL, "/health", "/livez",
                "/readyz")) {
            calls.put("GET " + ML_NODE + path, Way.by(TOKEN));
        }
        for (String path : List.of("/api/v1/stop", "/api/v1/inference/pow/stop", "/v1/" + CALL)) calls.put("POST " + ML_NODE + path, Way.by(TOKEN));
        calls.put("POST " + ML_NODE + "/api/v1/inference/up", new Way(TOKEN, "{\"model\": \"" + MODEL + "\"}"));
        calls.put("POST " + ML_NODE + "/api/v1/inference/pow/init/generate", new Way(TOKEN, vectors().toString()));
        calls.put("POST " + ML_NODE + "/api/v1/inference/pow/generate", new Way(TOKEN, validation().toString()));
        calls.put("GET " + ML_NODE + "/api/v1/pow/status", Way.by(TOKEN));
        for (String path : List.of("/api/v1/pow/init/generate", "/api/v1/pow/init/validate")) {
            calls.put("POST " + ML_NODE + path, new Way(TOKEN, distances().toString()));
        }
        calls.put("POST " + ML_NODE + "/api/v1/pow/validate", new Way(TOKEN, batch().toString()));
        for (String path : List.of("/api/v1/pow/phase/generate", "/api/v1/pow/phase/validate", "/api/v1/pow/stop")) {
            calls.put("POST " + ML_NODE + path, Way.by(TOKEN));
        }
        return calls;
    }

    private static ObjectNode distances() {
        return startBody().put("url", "http://callback.example:8080/v1/poc-batches");
    }

    private static ObjectNode batch() {
        ObjectNode batch = startBody();
        batch.putArray("nonces").add(1);
        batch.putArray("dist").add(1.3);
        return batch;
    }

    private static ObjectNode vectors() {
        ObjectNode order = JSON.createObjectNode().put("block_hash", "ab").put("block_height", 7).put("public_key", "key").put("node_id", 1).put("node_count", 3)
                .put("url", "http://callback.example:8080/org%252Fmodel");
        order.putObject("params").put("model", "org/model").put("seq_len", 8);
        return order;
    }

    private static ObjectNode validation() {
        ObjectNode request = vectors();
        request.putArray("nonces").add(1);
        request.putObject("validation").putArray("artifacts").addObject().put("nonce", 1).put("vector_b64", "AAAA");
        return request;
    }

    @Test
    void everyRouteIsDocumentedAndEveryDocumentedCallIsARoute() {
        Set<String> routes = TestNode.routes().stream()
                .map(route -> TestNode.documented(route))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(new ApiContract().calls()).isEqualTo(routes).isEqualTo(new TreeSet<>(calls().keySet()));
    }

    @Test
    void everyDocumentedAnswerComesAsDocumentedAndNoOther() throws Exception {
        ApiContract contract = new ApiContract();
        com.sun.net.httpserver.HttpServer model = com.sun.net.httpserver.HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        model.createContext("/", ContractTest::answerAsAModel);
        model.start();
        try {
            successes(contract, model);
        } finally {
            model.stop(0);
        }
        refusals(contract);
        unauthorized(contract);
        wrongTokens(contract);
        standby(contract);
        assertThat(contract.seen()).isEqualTo(contract.answers());
    }

    private static void successes(ApiContract contract, com.sun.net.httpserver.HttpServer model) {
        try (TestNode node = new TestNode(new MemoryStore(), new OneWorker())) {
            node.inference.add(new InferenceServers.Server(URI.create("http://127.0.0.1:" + model.getAddress().getPort()), MODEL));
            // In every state a session can be in, as its fields differ.
            List<Consumer<Session>> states = List.of(
                    _ -> {}, session -> node.compute(session, 3), session -> session.fail("the device gave up"),
                    session -> node.sessions.stop("first", session.id()));
            for (int state = 0; state < states.size(); state++) {
                for (Map.Entry<String, Way> call : calls().entrySet()) {
                    Session session = node.start(startBody().put("node_id", 100 + state));
                    states.get(state).accept(session);
                    contract.hold(call.getKey(), send(node, call.getKey().replace(REQUEST, validated(node)), session.id(), call.getValue()));
                }
            }
            String request = "POST " + API + "/request";
            for (int again = 0; again < 2; again++) contract.hold(request, send(node, request + "?order_id=one", "x", new Way(TOKEN, startBody().toString())));
            inference(contract, node);
            String answered = validated(node);
            Session single = node.sessions.find("first", answered).orElseThrow();
            String proof = "{\"status\": \"completed\", \"n_total\": 1, \"n_mismatch\": 0, \"mismatch_nonces\": [], \"p_value\": 1.0, \"fraud_detected\": false}";
            NonceRange only = node.hands.take(single, 1).orElseThrow();
            node.hands.land(single, only, 1, List.of(new Found(Long.MAX_VALUE, proof)));
            String look = "GET " + ML_NODE + "/api/v1/inference/pow/generate/" + REQUEST;
            HttpResponse<String> completed = send(node, look.replace(REQUEST, answered), "x", Way.by(TOKEN));
            assertThat(TestNode.json(completed).get("status").asText()).isEqualTo("completed");
            contract.hold(look, completed);
        }
    }

    /** A server of inference, one of whose calls ends it in the middle. */
    private static void answerAsAModel(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (exchange.getRequestURI().getPath().endsWith(BROKEN)) return;
            exchange.getRequestBody().readAllBytes();
            byte[] answer = "{\"choices\": []}".getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
        }
    }

    /** What only inference is refused for: a server that breaks, and a body that is too large. */
    private static void inference(ApiContract contract, TestNode node) {
        for (String method : List.of("GET ", "POST ")) {
            String call = method + ML_NODE + "/v1/" + CALL;
            contract.hold(call, send(node, call.replace(CALL, BROKEN), "x", Way.by(TOKEN)));
        }
        String post = "POST " + ML_NODE + "/v1/" + CALL;
        contract.hold(post, send(node, post, "x", new Way(TOKEN, " ".repeat((16 << 20) + 1))));
    }

    /** Has something validated; returns the request's id. */
    private static String validated(TestNode node) {
        HttpResponse<String> taken = send(node, "POST " + ML_NODE + "/api/v1/inference/pow/generate", "x", new Way(TOKEN, validation().toString()));
        String id = TestNode.json(taken).path("request_id").asText();
        assertThat(id).as(taken.body()).isNotEmpty();
        return id;
    }

    private static void refusals(ApiContract contract) {
        try (TestNode node = new TestNode(new MemoryStore(), new OneWorker())) {
            for (Map.Entry<String, Way> call : calls().entrySet()) {
                Way way = call.getValue();
                // No such session, no such worker.
                if (call.getKey().replace("{token}", "").contains("{") || way.body.contains("{session_id}")) {
                    HttpResponse<String> missing = send(node, call.getKey().replace("{name}", "nobody").replace(REQUEST, "none").replace(CALL, "load_lora_adapter"), "nobody", way);
                    assertThat(missing.statusCode()).as(call.getKey()).isEqualTo(404);
                    contract.hold(call.getKey(), missing);
                }
                if (!way.body.isEmpty()) {
                    contract.hold(call.getKey(), send(node, call.getKey(), "x", new Way(way.token, "{}")));
                    contract.hold(call.getKey(), send(node, call.getKey(), "x", new Way(way.token, " ".repeat(RequestBody.LIMIT + 1))));
                }
                if (call.getKey().contains("/batch") || call.getKey().contains("/found")) {
                    Session session = node.start(startBody());
                    contract.hold(call.getKey(), send(node, call.getKey() + "?after=x&wait=-1", session.id(), way));
                    contract.hold(call.getKey(), send(node, call.getKey() + "?after=77", session.id(), way));
                }
            }
            for (String path : List.of("/api/v1/pow/phase/generate", "/api/v1/pow/phase/validate", "/api/v1/pow/validate")) {
                String call = "POST " + ML_NODE + path;
                HttpResponse<String> idle = send(node, call, "x", new Way(TOKEN, "{}"));
                assertThat(idle.statusCode()).as("nothing runs").isEqualTo(400);
                contract.hold(call, idle);
            }
            contract.hold("GET " + ML_NODE + "/v1/models", send(node, "GET " + ML_NODE + "/v1/models", "x", Way.by(TOKEN)));
            send(node, "POST " + ML_NODE + "/api/v1/pow/init/validate", "x", new Way(TOKEN, distances().toString()));
            String validate = "POST " + ML_NODE + "/api/v1/pow/validate";
            contract.hold(validate, send(node, validate, "x", new Way(TOKEN, "{}")));
            contract.hold("GET /api/v1/history", send(node, "GET /api/v1/history?limit=0&format=xml", "x", Way.by(TOKEN)));
            String start = "POST " + API + "/start";
            contract.hold(start, send(node, start + "?existing=true", "x", new Way(TOKEN, startBody().put("node_id", 99).toString())));
            node.devices.set(0);
            contract.hold("GET /health", node.get("//health", ""));
            contract.hold("GET /health/ready", node.get("//health/ready", ""));
        }
    }

    /** 401, as often as it takes. */
    private static void unauthorized(ApiContract contract) {
        try (TestNode node = new TestNode(rules -> rules.wrongTokens(Integer.MAX_VALUE), TestNode::tenant)) {
            calls().forEach((call, way) -> {
                if (way.token.isEmpty()) return;
                contract.hold(call, send(node, call, "x", new Way("", way.body)));
                contract.hold(call, send(node, call, "x", new Way("a-wrong-token-of-some-length", way.body)));
            });
        }
    }

    /** 429, for the right token too. */
    private static void wrongTokens(ApiContract contract) {
        try (TestNode node = new TestNode(rules -> rules.wrongTokens(1), TestNode::tenant)) {
            for (int i = 0; i < 3; i++) node.get("/sessions", "a-wrong-token-of-some-length");
            for (Map.Entry<String, Way> call : calls().entrySet()) {
                if (call.getValue().token.isEmpty()) continue;
                HttpResponse<String> shut = send(node, call.getKey(), "x", call.getValue());
                assertThat(shut.statusCode()).as(call.getKey()).isEqualTo(429);
                contract.hold(call.getKey(), shut);
            }
        }
    }

    /** 503 for everything but the sign of life. */
    private static void standby(ApiContract contract) throws Exception {
        HttpRules rules = new HttpRules("127.0.0.1", 0, 10, Duration.ofSeconds(10), Duration.ZERO, Duration.ofSeconds(1), 0, Optional.empty());
        try (HttpServer standby = HttpServer.listen(rules);
                HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build()) {
            standby.standBy(Api.START);
            for (Map.Entry<String, Way> call : calls().entrySet()) {
                String[] words = call.getKey().replaceAll("\\{\\w+}", "x").split(" ");
                URI uri = URI.create("http://127.0.0.1:" + standby.port() + words[1]);
                HttpRequest request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(20)).method(words[0], BodyPublishers.noBody()).build();
                HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
                contract.hold(call.getKey(), answer);
            }
        }
    }

    private static HttpResponse<String> send(TestNode node, String call, String session, Way way) {
        String[] words = call.replace("{session_id}", session).replace("{name}", WORKER).replace(CALL, "chat/completions")
                .replace(REQUEST, "none").replace("{token}", way.token.isEmpty() ? "no-token" : way.token).split(" ");
        String body = way.body.replace("{session_id}", session);
        return node.send(node.request("/" + words[1], way.token)
                .method(words[0], body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body)));
    }

    /** A start request that differs from a sound one in one field. */
    private record Mutant(String field, String value) {
        ObjectNode body() throws Exception {
            ObjectNode body = startBody();
            ObjectNode at = field.startsWith("params.") ? (ObjectNode) body.get("params") : body;
            String name = field.replace("params.", "");
            if (value.isEmpty()) {
                at.remove(name);
            } else {
                at.set(name, JSON.readTree(value));
            }
            return body;
        }
    }

    private static List<Mutant> mutants() {
        List<Mutant> mutants = new ArrayList<>();
        List<String> values = List.of("", "null", "true", "\"\"", "\"x\"", "-1", "0", "1", "0.5", "2", "2.5",
                "10000000000000000000", "[]", "{}", "\"" + "y".repeat(600) + "\"");
        startBody().fieldNames().forEachRemaining(field -> values.forEach(value -> mutants.add(new Mutant(field, value))));
        // Of the parameters only what no model's size depends on, which is told with 422 too.
        for (String field : List.of("norm_eps", "rope_theta", "use_scaled_rope")) {
            for (String value : values) mutants.add(new Mutant("params." + field, value));
        }
        for (String field : List.of("dim", "n_layers", "n_heads", "n_kv_heads", "vocab_size", "multiple_of", "seq_len", "ffn_dim_multiplier")) {
            for (String value : List.of("true", "\"x\"", "-1", "0", "[]")) mutants.add(new Mutant("params." + field, value));
        }
        for (String value : List.of("null", "1", "\"http://callback.example:8080/x\"")) mutants.add(new Mutant("callback_url", value));
        return mutants;
    }

    /** The schema of a start request says what the server takes: neither is stricter than the other. */
    @Test
    void aStartIsTakenWhenItsSchemaSaysSoAndRefusedOtherwise() throws Exception {
        String call = "POST " + API + "/start";
        ApiContract contract = new ApiContract();
        List<String> differ = new ArrayList<>();
        int taken = 0;
        try (TestNode node = new TestNode(new MemoryStore(), new NoWorkers(OPERATOR_TOKEN))) {
            for (Mutant mutant : mutants()) {
                JsonNode body = mutant.body();
                HttpResponse<String> answer = node.post("/start", body, TOKEN);
                contract.hold(call, answer);
                boolean sound = contract.faultsOfBody(call, body).isEmpty();
                if (answer.statusCode() != (sound ? 200 : 422)) differ.add(mutant + ": " + answer.body());
                if (answer.statusCode() == 200) {
                    taken++;
                    node.sessions.stop("first", TestNode.json(answer).get("session_id").asText());
                }
            }
        }
        assertThat(differ).isEmpty();
        assertThat(taken).as("some of both kinds").isBetween(20, mutants().size() - 100);
    }
}
