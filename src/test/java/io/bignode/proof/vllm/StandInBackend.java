package io.bignode.proof.vllm;

import com.fasterxml.jackson.core.JsonProcessingException;
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
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A vLLM backend with the proof of compute's calls, as the field's builds answer them, in a process of its own. It is strict: what the real one refuses, it
 * refuses. Its vectors are {@link Vectors}. {@code POST /stand-in} with {@code {"fault": NAME, "every": N}} has every N-th {@code /generate} from then on fail in
 * one way, {@code {"fault": "none"}} ends that.
 */
final class StandInBackend implements AutoCloseable {
    /** The ways in which a call fails. */
    enum Fault {
        /** No call fails. */
        NONE,
        /** The call is not answered for an hour. */
        HANG,
        /** The process ends while the call runs. */
        CRASH,
        /** The connection ends in the middle of the answer. */
        HALF,
        /** The last nonce has no finite vector, and is missing from the answer. */
        NAN,
        /** The first nonce of the answer is another one than was asked for. */
        WRONG_NONCE,
        /** The first vector has no bytes. */
        EMPTY_VECTOR,
        /** The first vector has more bytes than any scheme. */
        HUGE_VECTOR,
        /** 409, as if another model were loaded. */
        CONFLICT,
        /** 429, as if the queue were full. */
        FULL,
        /** 503, as while chat is served for a minute. */
        CHAT_BUSY,
        /** 500 with a page instead of JSON. */
        BROKEN,
        /** The call takes ten times as long. */
        SLOW
    }

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MOST_QUEUED = 100_000;
    private static final Set<String> PARAMS = Set.of("model", "seq_len", "k_dim");
    private static final Duration KEPT = Duration.ofSeconds(300);

    /** What FastAPI answers for a body that does not fit the call. */
    private static final int UNPROCESSABLE = 422;

    private final HttpServer server;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(2)).build();
    private final Model model;
    private final ReentrantLock gpu = new ReentrantLock(true);
    private final AtomicLong queued = new AtomicLong();
    private final AtomicLong calls = new AtomicLong();
    private final AtomicLong processed = new AtomicLong();

    /** How long it computed for {@code /generate}. */
    private final AtomicLong busyNanos = new AtomicLong();
    private final Map<String, ObjectNode> requests = new ConcurrentHashMap<>();
    private volatile Fault fault = Fault.NONE;
    private volatile long every = 1;
    private volatile @Nullable Generation generation;
    private final StandInInference inference;

    /**
     * What is loaded.
     *
     * @param name          the model's id, as {@code /v1/models} tells it
     * @param seqLen        the length of its sequences
     * @param nanosPerNonce how long a nonce takes
     * @param salt          empty for a sound backend; another one makes vectors up
     */
    record Model(String name, int seqLen, long nanosPerNonce, String salt) {}

    /** An order, as a call gives it. */
    private record Work(String blockHash, long blockHeight, String publicKey, int nodeId, int nodeCount, int dimensions, Optional<URI> url) {}

    /** An endless generation and the thread that computes it. */
    private static final class Generation {
        private final Work work;
        private final int groupId;
        private final int groups;
        private final List<ObjectNode> unsent = new ArrayList<>();
        private volatile boolean stopped;

        Generation(Work work, int groupId, int groups) {
            this.work = work;
            this.groupId = groupId;
            this.groups = groups;
        }

        synchronized void add(List<ObjectNode> artifacts) {
            unsent.addAll(artifacts);
        }

        synchronized List<ObjectNode> take() {
            List<ObjectNode> all = List.copyOf(unsent);
            unsent.clear();
            return all;
        }
    }

    /** A call that is refused. */
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1;
        private final int status;

        Refused(int status, String detail) {
            super(detail);
            this.status = status;
        }
    }

    /** Answers a request's body. */
    @FunctionalInterface
    private interface Call {
        ObjectNode answer(JsonNode body) throws Refused, InterruptedException, IOException;
    }

    StandInBackend(Model model, int port) throws IOException {
        this.model = model;
        inference = new StandInInference(model.name(), () -> generation != null);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 128);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/health", exchange -> reply(exchange, 200, new byte[0]));
        on("GET", "/v1/models", _ -> {
            ObjectNode models = JSON.createObjectNode().put("object", "list");
            models.putArray("data").addObject().put("id", model.name()).put("object", "model");
            return models;
        });
        on("POST", "/api/v1/pow/generate", this::generate);
        server.createContext("/api/v1/pow/generate/", this::lookUp);
        server.createContext("/v1/", inference);
        on("POST", "/api/v1/pow/init/generate", this::begin);
        on("GET", "/api/v1/pow/status", _ -> status());
        on("POST", "/api/v1/pow/stop", _ -> stop());
        on("POST", "/stand-in", body -> {
            fault = Fault.valueOf(body.path("fault").asText("none").toUpperCase(java.util.Locale.ROOT));
            every = body.path("every").asLong(1);
            return JSON.createObjectNode().put("processed", processed.get()).put("calls", calls.get()).put("busy_nanos", busyNanos.get());
        });
        timer.scheduleAtFixedRate(this::post, 5, 5, TimeUnit.SECONDS);
        server.start();
    }

    /** Serves until it is killed; prints its port. Arguments: model, sequence length, nanoseconds a nonce, port (0 for a free one), and a salt that forges. */
    public static void main(String[] args) throws Exception {
        Model model = new Model(args[0], Integer.parseInt(args[1]), Long.parseLong(args[2]), args.length > 4 ? args[4] : "");
        @SuppressWarnings("resource")
        StandInBackend backend = new StandInBackend(model, Integer.parseInt(args[3]));
        System.out.println(backend.port());
        Thread.sleep(Duration.ofDays(1));
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** What it serves beside the proof of compute. */
    StandInInference inference() {
        return inference;
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + port());
    }

    void fail(Fault next, long nth) {
        fault = next;
        every = nth;
    }

    private void on(String method, String path, Call call) {
        server.createContext(path, exchange -> {
            try {
                if (!exchange.getRequestURI().getPath().equals(path)) throw new Refused(404, "Not Found");
                if (!exchange.getRequestMethod().equals(method)) throw new Refused(405, "Method Not Allowed");
                byte[] body = exchange.getRequestBody().readAllBytes();
                JsonNode read = JSON.createObjectNode();
                try {
                    if (body.length > 0) read = JSON.readTree(body);
                } catch (JsonProcessingException e) {
                    throw new Refused(UNPROCESSABLE, "JSON decode error");
                }
                reply(exchange, 200, JSON.writeValueAsBytes(call.answer(read)));
            } catch (Refused refused) {
                if (refused.status == 500) {
                    reply(exchange, 500, "<html>Internal Server Error</html>".getBytes(StandardCharsets.UTF_8));
                } else {
                    reply(exchange, refused.status, JSON.writeValueAsBytes(JSON.createObjectNode().put("detail", refused.getMessage())));
                }
            } catch (HalfAnswer half) {
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                exchange.sendResponseHeaders(200, half.whole.length);
                exchange.getResponseBody().write(half.whole, 0, half.whole.length / 2);
                exchange.close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                exchange.close();
            }
        });
    }

    /** An answer whose connection ends in its middle. */
    private static final class HalfAnswer extends IOException {
        private static final long serialVersionUID = 1;
        private final byte[] whole;

        HalfAnswer(byte[] whole) {
            this.whole = whole;
        }
    }

    private static void reply(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        if (body.length > 0) exchange.getResponseBody().write(body);
        exchange.close();
    }

    private Work work(JsonNode body) throws Refused {
        for (String field : List.of("block_hash", "public_key")) {
            if (!body.path(field).isTextual()) throw new Refused(UNPROCESSABLE, field + ": Input should be a valid string");
        }
        for (String field : List.of("block_height", "node_id", "node_count")) {
            if (!body.path(field).isIntegralNumber()) throw new Refused(UNPROCESSABLE, field + ": Input should be a valid integer");
        }
        for (String field : List.of("wait", "poc_stronger_rng")) {
            if (body.has(field) && !body.get(field).isBoolean()) throw new Refused(UNPROCESSABLE, field + ": Input should be a valid boolean");
        }
        if (body.has("batch_size") && (!body.get("batch_size").isIntegralNumber() || body.get("batch_size").asInt() < 1)) {
            throw new Refused(UNPROCESSABLE, "batch_size: Input should be greater than or equal to 1");
        }
        for (String field : List.of("validation", "stat_test")) {
            if (body.hasNonNull(field) && !body.get(field).isObject()) throw new Refused(UNPROCESSABLE, field + ": Input should be a valid dictionary");
        }
        JsonNode params = body.path("params");
        if (!params.path("model").isTextual() || !params.path("seq_len").isIntegralNumber()) throw new Refused(UNPROCESSABLE, "params: Field required");
        Set<String> unknown = new HashSet<>();
        params.fieldNames().forEachRemaining(unknown::add);
        unknown.removeAll(PARAMS);
        if (!unknown.isEmpty()) throw new Refused(UNPROCESSABLE, "params: Extra inputs are not permitted: " + unknown);
        if (!params.get("model").asText().equals(model.name()) || params.get("seq_len").asInt() != model.seqLen()) {
            throw new Refused(409, "Params mismatch: loaded " + model.name() + ", seq_len " + model.seqLen());
        }
        Optional<URI> url = body.path("url").isTextual() ? Optional.of(URI.create(body.get("url").asText())) : Optional.empty();
        return new Work(body.get("block_hash").asText(), body.get("block_height").asLong(), body.get("public_key").asText(), body.get("node_id").asInt(),
                body.get("node_count").asInt(), params.path("k_dim").asInt(12), url);
    }

    private ObjectNode generate(JsonNode body) throws Refused, InterruptedException, IOException {
        Fault now = calls.incrementAndGet() % every == 0 ? fault : Fault.NONE;
        switch (now) {
            case HANG -> Thread.sleep(Duration.ofHours(1));
            case CONFLICT -> throw new Refused(409, "Params mismatch: another model is loaded");
            case FULL -> throw new Refused(429, "Queue full");
            case CHAT_BUSY -> throw new Refused(503, "Engine busy with chat for 60 s");
            case BROKEN -> throw new Refused(500, "");
            default -> {}
        }
        Work work = work(body);
        List<Long> nonces = nonces(body);
        Optional<Map<Long, byte[]>> validated = validated(body, nonces);
        if (queued.get() + nonces.size() > MOST_QUEUED) throw new Refused(429, "Queue full: " + queued.get() + " nonces");
        String id = UUID.randomUUID().toString();
        if (!body.path("wait").asBoolean(false)) {
            queued.addAndGet(nonces.size());
            requests.put(id, JSON.createObjectNode().put("status", "queued").put("request_id", id));
            Thread.ofVirtual().start(() -> later(id, work, nonces, validated, body));
            return JSON.createObjectNode().put("status", "queued").put("request_id", id).put("queued_count", nonces.size());
        }
        ObjectNode done = compute(id, work, nonces, validated, body, now);
        if (now == Fault.HALF) throw new HalfAnswer(JSON.writeValueAsBytes(done));
        return done;
    }

    private static List<Long> nonces(JsonNode body) throws Refused {
        if (!body.path("nonces").isArray()) throw new Refused(UNPROCESSABLE, "nonces: Field required");
        List<Long> nonces = new ArrayList<>();
        for (JsonNode nonce : body.get("nonces")) {
            if (!nonce.isIntegralNumber()) throw new Refused(UNPROCESSABLE, "nonces: Input should be a valid integer");
            nonces.add(nonce.asLong());
        }
        return nonces;
    }

    private static Optional<Map<Long, byte[]>> validated(JsonNode body, List<Long> nonces) throws Refused {
        if (!body.path("validation").isObject()) return Optional.empty();
        Map<Long, byte[]> validated = new LinkedHashMap<>();
        for (JsonNode artifact : body.get("validation").path("artifacts")) {
            try {
                validated.put(artifact.path("nonce").asLong(), Base64.getDecoder().decode(artifact.path("vector_b64").asText()));
            } catch (IllegalArgumentException e) {
                throw new Refused(400, "vector_b64 is not base64");
            }
        }
        if (!validated.keySet().equals(new HashSet<>(nonces))) throw new Refused(400, "validation nonces differ from nonces");
        return Optional.of(validated);
    }

    private void later(String id, Work work, List<Long> nonces, Optional<Map<Long, byte[]>> validated, JsonNode body) {
        try {
            ObjectNode done = compute(id, work, nonces, validated, body, Fault.NONE);
            ObjectNode before = requests.put(id, done);
            if (before != null && before.path("status").asText().equals("cancelled")) {
                requests.put(id, before);
                return;
            }
            if (work.url().isPresent()) send(URI.create(work.url().get() + (validated.isPresent() ? "/validated" : "/generated")), about(work).setAll(done));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            queued.addAndGet(-nonces.size());
            timer.schedule(() -> requests.remove(id), KEPT.toSeconds(), TimeUnit.SECONDS);
        }
    }

    private ObjectNode compute(String id, Work work, List<Long> nonces, Optional<Map<Long, byte[]>> validated, JsonNode body, Fault now)
            throws InterruptedException {
        gpu.lockInterruptibly();
        long began = System.nanoTime();
        ArrayNode artifacts = JSON.createArrayNode();
        try {
            Thread.sleep(Duration.ofNanos(nonces.size() * model.nanosPerNonce() * (now == Fault.SLOW ? 10 : 1)));
            if (now == Fault.CRASH) Runtime.getRuntime().halt(139);
            for (long nonce : nonces) artifacts.add(artifact(work, nonce));
        } finally {
            busyNanos.addAndGet(System.nanoTime() - began);
            gpu.unlock();
        }
        processed.addAndGet(nonces.size());
        if (!artifacts.isEmpty()) {
            ObjectNode first = (ObjectNode) artifacts.get(0);
            switch (now) {
                case NAN -> artifacts.remove(artifacts.size() - 1);
                case WRONG_NONCE -> first.put("nonce", first.get("nonce").asLong() + 1_000_003);
                case EMPTY_VECTOR -> first.put("vector_b64", "");
                case HUGE_VECTOR -> first.put("vector_b64", Base64.getEncoder().encodeToString(new byte[(64 << 10) + 1]));
                default -> {}
            }
        }
        ObjectNode done = JSON.createObjectNode().put("status", "completed").put("request_id", id);
        if (validated.isEmpty()) {
            done.set("artifacts", artifacts);
            done.putObject("encoding").put("dtype", "f16").put("k_dim", work.dimensions()).put("endian", "le");
            return done;
        }
        return judge(done, artifacts, validated.get(), body.path("stat_test"));
    }

    private ObjectNode artifact(Work work, long nonce) {
        return JSON.createObjectNode().put("nonce", nonce).put(
                "vector_b64", Vectors.of(work.blockHash(), work.publicKey(), model.name(), model.seqLen(), nonce, work.dimensions(), model.salt()));
    }

    private static ObjectNode judge(ObjectNode done, ArrayNode own, Map<Long, byte[]> theirs, JsonNode test) {
        List<Long> mismatches = new ArrayList<>();
        for (JsonNode artifact : own) {
            long nonce = artifact.get("nonce").asLong();
            double distance = Vectors.distance(Base64.getDecoder().decode(artifact.get("vector_b64").asText()), theirs.get(nonce));
            if (distance > test.path("dist_threshold").asDouble(0.02)) mismatches.add(nonce);
        }
        double p = Vectors.tail(own.size(), mismatches.size(), test.path("p_mismatch").asDouble(0.001));
        done.put("n_total", own.size()).put("n_mismatch", mismatches.size());
        ArrayNode named = done.putArray("mismatch_nonces");
        mismatches.forEach(named::add);
        return done.put("p_value", p).put("fraud_detected", p < test.path("fraud_threshold").asDouble(0.01));
    }

    private void lookUp(HttpExchange exchange) throws IOException {
        ObjectNode known = requests.get(exchange.getRequestURI().getPath().substring("/api/v1/pow/generate/".length()));
        if (known == null) reply(exchange, 404, JSON.writeValueAsBytes(JSON.createObjectNode().put("detail", "Request not found")));
        else reply(exchange, 200, JSON.writeValueAsBytes(known));
    }

    private synchronized ObjectNode begin(JsonNode body) throws Refused {
        Work work = work(body);
        if (generation != null) throw new Refused(409, "Already generating");
        Generation begun = new Generation(work, body.path("group_id").asInt(0), body.path("n_groups").asInt(1));
        generation = begun;
        Thread.ofVirtual().start(() -> run(begun));
        return JSON.createObjectNode().put("status", "OK").set("pow_status", JSON.createObjectNode().put("status", "GENERATING"));
    }

    /** While it runs, {@code /generate} waits: it holds the GPU. */
    private void run(Generation begun) {
        gpu.lock();
        try {
            for (long x = 0; !begun.stopped; x++) {
                Work work = begun.work;
                long nonce = work.nodeId() + (long) begun.groupId * work.nodeCount() + x * begun.groups * work.nodeCount();
                Thread.sleep(Duration.ofNanos(model.nanosPerNonce()));
                begun.add(List.of(artifact(work, nonce)));
                processed.incrementAndGet();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            gpu.unlock();
        }
    }

    /** Ten tries, then the artifacts are dropped: as the real one does. */
    private void post() {
        Generation current = generation;
        if (current == null || current.work.url().isEmpty()) return;
        List<ObjectNode> artifacts = current.take();
        if (artifacts.isEmpty()) return;
        ObjectNode batch = about(current.work);
        batch.putArray("artifacts").addAll(artifacts);
        batch.putObject("encoding").put("dtype", "f16").put("k_dim", current.work.dimensions()).put("endian", "le");
        Thread.ofVirtual().start(() -> send(URI.create(current.work.url().get() + "/generated"), batch));
    }

    private static ObjectNode about(Work work) {
        return JSON.createObjectNode().put("public_key", work.publicKey()).put("block_hash", work.blockHash()).put("block_height", work.blockHeight())
                .put("node_id", work.nodeId());
    }

    private void send(URI url, ObjectNode body) {
        HttpRequest request = HttpRequest.newBuilder(url).timeout(Duration.ofSeconds(10)).header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.toString())).build();
        for (int tries = 0; tries < 10; tries++) {
            try {
                if (client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200) return;
                Thread.sleep(Duration.ofSeconds(1));
            } catch (IOException e) {
                // The receiver is away: the next try may find it.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private ObjectNode status() {
        Generation current = generation;
        ObjectNode status = JSON.createObjectNode().put("status", current == null ? "IDLE" : "GENERATING");
        if (current == null) {
            status.putNull("config");
            status.putNull("stats");
            return status;
        }
        status.putObject("config").put("block_hash", current.work.blockHash()).put("public_key", current.work.publicKey());
        status.putObject("stats").put("total_processed", processed.get()).put("nonces_per_second", 1e9 / Math.max(1, model.nanosPerNonce()));
        return status;
    }

    private synchronized ObjectNode stop() {
        Generation current = generation;
        if (current != null) current.stopped = true;
        generation = null;
        requests.replaceAll((_, request) -> request.path("status").asText().equals("completed") ? request : request.deepCopy().put("status", "cancelled"));
        return JSON.createObjectNode().put("status", "OK").set("pow_status", JSON.createObjectNode().put("status", "STOPPED"));
    }

    @Override
    public void close() {
        stop();
        timer.shutdownNow();
        server.stop(0);
        client.close();
    }
}
