package io.bignode.proof.vllm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.Main;
import io.bignode.config.Settings;
import io.bignode.fixtures.JavaProcess;
import io.bignode.http.HttpServer;
import io.bignode.monitor.Alarms;
import io.bignode.node.HeadStore;
import io.bignode.node.LiveSettings;
import io.bignode.node.Node;
import io.bignode.node.tls.HeadCertificate;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A head whose devices are stand-in backends. */
final class BackendNode implements AutoCloseable {
    static final String MODEL = "org/model-of-tests";
    static final int SEQUENCE = 1024;
    static final String TOKEN = "the-token-of-the-small-nodes";
    static final String JOIN_TOKEN = "the-token-of-the-workers";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client = HttpClient.newHttpClient();
    private final List<AutoCloseable> backends = new ArrayList<>();
    private final List<Integer> ports = new ArrayList<>();
    private final List<JavaProcess> workers = new ArrayList<>();
    private final Path folder;
    private final Map<String, String> more;
    final Alarms alarms = new Alarms(InstantSource.system());
    private Node node;
    private String fingerprint = "";

    BackendNode(Path folder, Map<String, String> more) {
        this.folder = folder;
        this.more = more;
    }

    /** Starts a backend of a model. */
    void backend(String model, long nanosPerNonce) throws Exception {
        StandInBackend backend = new StandInBackend(new StandInBackend.Model(model, SEQUENCE, nanosPerNonce, ""), 0);
        backends.add(backend);
        ports.add(backend.port());
    }

    /** Starts a backend that may crash: in a process of its own. */
    void process(String model, long nanosPerNonce) throws Exception {
        JavaProcess process = new JavaProcess(
                StandInBackend.class.getName(), List.of(model, Integer.toString(SEQUENCE), Long.toString(nanosPerNonce), "0"), Map.of(), "64m");
        backends.add(process);
        ports.add(Integer.valueOf(process.await(line -> line.matches("\\d+"))));
    }

    /** Ends a backend and starts another one of another model in its place. */
    void swap(int number, String model, long nanosPerNonce) throws Exception {
        backends.get(number).close();
        backends.set(number, new StandInBackend(new StandInBackend.Model(model, SEQUENCE, nanosPerNonce, ""), ports.get(number)));
    }

    URI backendUrl(int number) {
        return URI.create("http://127.0.0.1:" + ports.get(number));
    }

    /** Starts a worker process of another host with a backend of its own, which makes its vectors up where there is a salt. */
    void worker(String name, long nanosPerNonce, String salt) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(MODEL, Integer.toString(SEQUENCE), Long.toString(nanosPerNonce), "0"));
        if (!salt.isEmpty()) arguments.add(salt);
        JavaProcess backend = new JavaProcess(StandInBackend.class.getName(), arguments, Map.of(), "64m");
        workers.add(backend);
        String port = backend.await(line -> line.matches("\\d+"));
        workers.add(new JavaProcess(Main.class.getName(), List.of("worker"), Map.of(
                "DELEGATION_JOIN", "127.0.0.1:" + node.workerPort(), "DELEGATION_JOIN_FINGERPRINT", fingerprint, "DELEGATION_JOIN_TOKEN", JOIN_TOKEN,
                "DELEGATION_WORKER_NAME", name, "DELEGATION_BACKENDS", "http://127.0.0.1:" + port, "DELEGATION_DATA_DIR", folder.resolve(name).toString()),
                "128m"));
    }

    /** Starts the head. */
    void start() throws Exception {
        Map<String, String> environment = new HashMap<>(Map.of(
                "DELEGATION_AUTH_TOKEN", TOKEN, "DELEGATION_JOIN_TOKEN", JOIN_TOKEN, "DELEGATION_HOST", "127.0.0.1", "DELEGATION_PORT", "0",
                "DELEGATION_DATA_DIR", folder.resolve("data").toString()));
        if (ports.isEmpty()) environment.put("DELEGATION_DEVICES", "none");
        else environment.put("DELEGATION_BACKENDS", String.join(",", ports.stream().map(port -> "http://127.0.0.1:" + port).toList()));
        environment.putAll(more);
        Settings settings = Settings.load(environment);
        LiveSettings live = new LiveSettings(settings, alarms, InstantSource.system());
        HttpServer http = HttpServer.listen(live.rules());
        node = new Node(settings, http, HeadStore.open(settings, alarms, http), live, alarms);
        node.serve();
        node.work();
        if (node.workerPort() > 0) fingerprint = HeadCertificate.of(settings.broker().tls(), settings.dataDir(), alarms).fingerprint();
    }

    /** Has a backend fail in some way from now on. */
    void fail(int number, StandInBackend.Fault fault, int every) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(backendUrl(number).resolve("/stand-in"))
                .POST(HttpRequest.BodyPublishers.ofString("{\"fault\": \"" + fault + "\", \"every\": " + every + "}")).build();
        assertThat(client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    }

    /** Calls a backend as somebody else would; returns the status. */
    int sendToBackend(int number, String path, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(backendUrl(number).resolve(path)).POST(HttpRequest.BodyPublishers.ofString(body)).build();
        return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    int port() {
        return node.port();
    }

    HttpResponse<String> send(String method, String path, String body, String token) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + path))
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        if (!token.isEmpty()) request.header("Authorization", "Bearer " + token);
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    JsonNode answer(String method, String path, String body, String token) throws Exception {
        HttpResponse<String> response = send(method, path, body, token);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    /** An order of vectors. */
    static String order(String block, String key, String model, String more) {
        return """
                {"block_hash": "%s", "block_height": 7, "public_key": "%s", "node_id": 1, "node_count": 3,
                 "params": {"model": "%s", "seq_len": %d}%s}""".formatted(block, key, model, SEQUENCE, more);
    }

    @Override
    public void close() throws Exception {
        if (node != null) node.close();
        workers.forEach(JavaProcess::close);
        for (AutoCloseable backend : backends) backend.close();
    }
}
