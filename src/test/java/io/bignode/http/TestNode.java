package io.bignode.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.api.Api;
import io.bignode.api.mlnode.InferenceServers;
import io.bignode.api.mlnode.MlNodeParts;
import io.bignode.api.operator.WorkerActions;
import io.bignode.delivery.CallbackHosts;
import io.bignode.delivery.Delivery;
import io.bignode.fixtures.ManualTime;
import io.bignode.proof.transformer.TransformerFunction;
import io.bignode.proof.vllm.VectorFunction;
import io.bignode.protocol.Found;
import io.bignode.protocol.NonceRange;
import io.bignode.session.Hands;
import io.bignode.session.MemoryStore;
import io.bignode.session.Obstacle;
import io.bignode.session.Order;
import io.bignode.session.Room;
import io.bignode.session.Session;
import io.bignode.session.SessionRules;
import io.bignode.session.SessionStore;
import io.bignode.session.Sessions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import java.util.logging.Level;
import java.util.logging.Logger;

/** A server with real sessions and a device whose every move the test makes. */
public final class TestNode implements AutoCloseable {
    public static final String API = "/api/v1/delegation";
    public static final String TOKEN = "token-of-the-first-tenant";
    public static final String OTHER_TOKEN = "token-of-another-tenant";
    public static final String OPERATOR_TOKEN = "token-of-the-operator-alone";
    public static final ObjectMapper JSON = new ObjectMapper();

    /** Held here, as the log manager alone would forget its level: thousands of sessions start in these tests. */
    private static final Logger QUIET = Logger.getLogger("io.bignode");

    static {
        QUIET.setLevel(Level.WARNING);
    }

    public final Sessions sessions;
    public final Hands hands;
    public final Delivery delivery = new Delivery();
    public final AtomicInteger devices = new AtomicInteger(1);
    public final AtomicReference<Optional<Obstacle>> obstacle = new AtomicReference<>(Optional.empty());
    public final HttpServer server;
    public final List<InferenceServers.Server> inference = new CopyOnWriteArrayList<>();
    public final AtomicReference<String> alarm = new AtomicReference<>("the store is slow");
    private final boolean tenantsSeeAll;
    public final HttpClient client =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    public TestNode() {
        this(4, Duration.ofSeconds(75));
    }

    public TestNode(int maxSessions, Duration stalled) {
        this(maxSessions, stalled, false);
    }

    public TestNode(int maxSessions, Duration stalled, boolean tenantsSeeAll) {
        this.tenantsSeeAll = tenantsSeeAll;
        sessions = new Sessions(
                SessionRules.of(maxSessions, Duration.ofSeconds(330)), InstantSource.system(), System::nanoTime, new MemoryStore());
        hands = new Hands(sessions);
        HttpRules rules = new HttpRules("127.0.0.1", 0, 256, stalled, Duration.ofSeconds(5), Duration.ofSeconds(2), 0, Optional.empty());
        server = server(rules, TestNode::tenant, new NoWorkers(OPERATOR_TOKEN));
    }

    /** A server with other rules, on any free port of the loopback interface. */
    public TestNode(UnaryOperator<HttpRules> rules, Tenants tenants) {
        tenantsSeeAll = false;
        sessions = new Sessions(SessionRules.of(50, Duration.ofSeconds(330)), InstantSource.system(), System::nanoTime, new MemoryStore());
        hands = new Hands(sessions);
        server = server(rules.apply(HttpRules.of("127.0.0.1", 0, 50)), tenants, new NoWorkers(OPERATOR_TOKEN));
    }

    /** A server whose sessions live by these rules, on a clock moved by hand. */
    public TestNode(SessionRules sessionRules, ManualTime time, SessionStore store) {
        tenantsSeeAll = false;
        sessions = new Sessions(sessionRules, time, time, store);
        hands = new Hands(sessions);
        server = server(HttpRules.of("127.0.0.1", 0, 50), TestNode::tenant, new NoWorkers(OPERATOR_TOKEN));
    }

    /** A server with a store and workers of the test's own. */
    public TestNode(SessionStore store, WorkerActions workers) {
        tenantsSeeAll = false;
        sessions = new Sessions(SessionRules.of(50, Duration.ofSeconds(330)), InstantSource.system(), System::nanoTime, store);
        hands = new Hands(sessions);
        server = server(HttpRules.of("127.0.0.1", 0, 50), TestNode::tenant, workers);
    }

    private HttpServer server(HttpRules rules, Tenants tenants, WorkerActions workers) {
        sessions.admitBy(() -> new Room.Look() {
            @Override
            public void taken(Order order) {}

            @Override
            public Optional<Obstacle> obstacle(Order order) {
                return obstacle.get();
            }
        });
        HttpServer listening = HttpServer.listen(rules);
        listening.serve(api(tenants, workers));
        return listening;
    }

    private static Optional<MlNodeParts> mlNode(InferenceServers inference) {
        return Optional.of(new MlNodeParts(new MlNodeParts.Functions(new VectorFunction(), new TransformerFunction()), inference, false));
    }

    private InferenceServers inferenceServers() {
        return new InferenceServers() {
            @Override
            public boolean none() {
                return inference.isEmpty();
            }

            @Override
            public boolean computeStages() {
                return false;
            }

            @Override
            public List<Server> there() {
                return List.copyOf(inference);
            }
        };
    }

    private Api api(Tenants tenants, WorkerActions workers) {
        return new Api(
                new TransformerFunction(), mlNode(inferenceServers()), tenants, sessions, delivery, devices::get, new OneHost(), workers,
                new SmallFarm(tenantsSeeAll, alarm::get), new NoMetering());
    }

    /** What this node's server serves, for another server. */
    public Api api() {
        return api(TestNode::tenant, new NoWorkers(OPERATOR_TOKEN));
    }

    /** Lets batches be pushed to {@code callback.example}, port 8080. */
    private static final class OneHost implements CallbackHosts {
        @Override
        public boolean none() {
            return false;
        }

        @Override
        public boolean allows(String host, int port) {
            return host.equals("callback.example") && port == 8080;
        }

        @Override
        public boolean lists(InetAddress address, int port) {
            return false;
        }
    }

    /** The tenants of the tests. */
    public static Optional<Tenants.Tenant> tenant(String token) {
        return switch (token) {
            case TOKEN -> Optional.of(new Tenants.Tenant("first", 50, 1));
            case OTHER_TOKEN -> Optional.of(new Tenants.Tenant("other", 3, 2));
            default -> Optional.empty();
        };
    }

    /** Every line of the API's table but the dashboard's files, which are no API; only to be read, not to be served. */
    public static List<Route> routes() {
        Sessions none = new Sessions(SessionRules.of(1, Duration.ofSeconds(1)), InstantSource.system(), System::nanoTime, new MemoryStore());
        Api api = new Api(
                new TransformerFunction(), mlNode(InferenceServers.NONE), TestNode::tenant, none, new Delivery(), () -> 0, new OneHost(),
                new NoWorkers(OPERATOR_TOKEN), new SmallFarm(false, () -> ""), new NoMetering());
        return api.routes().all().stream().filter(route -> !route.template().equals("/") && !route.template().startsWith("/web/")).toList();
    }

    /** A route as openapi.yaml names it: the paths of an ML node have forms without the token, and with a version behind it. */
    static String documented(Route route) {
        return route.method() + " " + route.template().replaceFirst("^/mlnode/(?:\\{token}/(?:\\{version}/)?)?", "/mlnode/{token}/").replace("{call*}", "{call}");
    }

    /** A sound start request of dev-net's shape. */
    public static ObjectNode startBody() {
        ObjectNode body = JSON.createObjectNode()
                .put("node_id", 1)
                .put("node_count", 3)
                .put("block_hash", "9F2C6A1B7E3D5048")
                .put("block_height", 9_007_199_254_740_993L)
                .put("public_key", "02a1633cafcc01ebfb")
                .put("batch_size", 100)
                .put("r_target", 1.4013564660458173)
                .put("fraud_threshold", 1e-7);
        body.putObject("params")
                .put("dim", 512)
                .put("n_layers", 16)
                .put("seq_len", 4)
                .put("some_new_field", "x");
        return body;
    }

    /** Starts a session through the API. */
    public Session start(ObjectNode body) {
        JsonNode answer = json(post("/start", body, TOKEN));
        return sessions.find("first", answer.get("session_id").asText()).orElseThrow();
    }

    /** The device computes the session's next nonces, and all of them count. */
    public long[] compute(Session session, int count) {
        session.generating();
        NonceRange range = hands.take(session, count).orElseThrow();
        long[] nonces = session.order().nonces().nonces(range);
        List<Found> found = Arrays.stream(nonces)
                .mapToObj(nonce -> new Found(nonce, "1.3980771" + nonce % 10))
                .toList();
        hands.land(session, range, count, found);
        return nonces;
    }

    public HttpResponse<String> get(String path, String token) {
        return send(request(path, token).GET());
    }

    public HttpResponse<String> delete(String path, String token) {
        return send(request(path, token).DELETE());
    }

    public HttpResponse<String> post(String path, JsonNode body, String token) {
        return post(path, body.toString(), token);
    }

    public HttpResponse<String> post(String path, String body, String token) {
        return send(
                request(path, token).header("Content-Type", "application/json").POST(BodyPublishers.ofString(body)));
    }

    /** A request to a path of the API; without a bearer token where it is empty. */
    public HttpRequest.Builder request(String path, String token) {
        URI uri = URI.create(
                "http://127.0.0.1:" + server.port() + (path.startsWith("//") ? path.substring(1) : API + path));
        HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(20));
        return token.isEmpty() ? request : request.header("Authorization", "Bearer " + token);
    }

    public HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return client.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** A bare connection; reads give up after ten seconds. */
    public Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.setSoTimeout(10_000);
        return socket;
    }

    /** A bare connection whose end takes only a few thousand bytes until they are read. */
    public Socket connectNarrow() throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4096); // before it connects: the window is agreed on then
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
        socket.setSoTimeout(10_000);
        return socket;
    }

    public static JsonNode json(HttpResponse<String> response) {
        try {
            return JSON.readTree(response.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        server.close();
        client.close();
    }
}
