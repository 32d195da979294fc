package io.bignode.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.fixtures.Certificates;
import io.bignode.fixtures.JavaProcess;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A head and workers, all processes of their own, which a test kills, freezes and starts anew. */
final class Farm implements AutoCloseable {
    static final String TOKEN = "the-token-of-a-small-node";
    static final String JOIN_TOKEN = "the-token-of-the-workers";
    static final String CERTIFICATE = "worker-tls.p12";

    /** Whether a head of these tests has made its own certificate, as heads do. */
    private static final AtomicBoolean MADE = new AtomicBoolean();

    private static final Pattern JOIN = Pattern.compile("--join \\S+ --fingerprint ([0-9a-f]{64})");

    private final Path data;
    private final List<String> by;
    private final Map<String, String> environment = new HashMap<>();
    private final List<JavaProcess> all = new ArrayList<>();
    final int port = freePort();
    final int workerPort = freePort();
    private final HttpClient client = HttpClient.newHttpClient();
    JavaProcess head;
    String fingerprint = "";

    Farm(Path data, Map<String, String> more) throws Exception {
        this(data, more, List.of());
    }

    /** One whose heads are started by another program. */
    Farm(Path data, Map<String, String> more, List<String> by) throws Exception {
        this.data = data;
        this.by = by;
        environment.putAll(settings(data.resolve("head"), port, workerPort));
        environment.putAll(more);
        if (by.isEmpty() && MADE.getAndSet(true)) giveCertificate(data.resolve("head").resolve(CERTIFICATE));
        startHead();
    }

    /** The first head makes one; the others of these tests are spared that, and half a second of reading what it made. */
    private static void giveCertificate(Path file) throws IOException {
        Files.createDirectories(file.getParent(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.write(file, Given.FILE);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    /** A certificate that costs a short-lived JVM little: its key is a short one, and its file is protected by a single round. */
    private static final class Given {
        static final byte[] FILE = file();

        private static byte[] file() {
            try {
                return Certificates.cheap().file("head", "bignode".toCharArray());
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
    }

    /** What a head is told unless a test wants something else. */
    static Map<String, String> settings(Path data, int port, int workerPort) {
        return Map.of(
                "DELEGATION_AUTH_TOKEN", TOKEN,
                "DELEGATION_JOIN_TOKEN", JOIN_TOKEN,
                "DELEGATION_HOST", "127.0.0.1",
                "DELEGATION_PORT", Integer.toString(port),
                "DELEGATION_WORKER_HOST", "127.0.0.1",
                "DELEGATION_WORKER_PORT", Integer.toString(workerPort),
                "DELEGATION_DATA_DIR", data.toString(),
                "DELEGATION_DEVICES", "none",
                "DELEGATION_MAX_SESSIONS", "200",
                "DELEGATION_SESSION_SECONDS", "3600");
    }

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    void startHead() throws Exception {
        head = process();
        head.await(line -> line.contains("listening on"));
        // Workers can join a little later than small nodes are served.
        Matcher joins = JOIN.matcher(head.await(line -> JOIN.matcher(line).find()));
        if (joins.find()) fingerprint = joins.group(1);
    }

    /** A head that is not waited for. */
    JavaProcess process() throws IOException {
        return started(new JavaProcess(by, "io.bignode.Main", List.of("serve"), environment, "512m"));
    }

    /** Another head of the same settings, but for its folder and ports; it is not waited for. */
    JavaProcess another(Path itsData, int itsPort, int itsWorkerPort) throws IOException {
        Map<String, String> its = new HashMap<>(environment);
        its.put("DELEGATION_DATA_DIR", itsData.toString());
        its.put("DELEGATION_PORT", Integer.toString(itsPort));
        its.put("DELEGATION_WORKER_PORT", Integer.toString(itsWorkerPort));
        return started(new JavaProcess("io.bignode.Main", List.of("serve"), its, "512m"));
    }

    /** A worker of simulated devices that is connected. */
    JavaProcess worker(String name, int devices, double noncesPerSecond, int forgeAfter, boolean talks, int throughPort) throws Exception {
        JavaProcess worker = newcomer(name, devices, noncesPerSecond, forgeAfter, talks, throughPort);
        worker.await(line -> line.equals("joined"));
        return worker;
    }

    /** A worker of simulated devices that may not be taken in. */
    JavaProcess newcomer(String name, int devices, double noncesPerSecond, int forgeAfter, boolean talks, int throughPort) throws IOException {
        return started(new JavaProcess(
                SimulatedWorker.class.getName(),
                List.of(Integer.toString(throughPort), fingerprint, name, Integer.toString(devices), Double.toString(noncesPerSecond),
                        Integer.toString(forgeAfter), Boolean.toString(talks)),
                Map.of(SimulatedWorker.tokenVariable(), JOIN_TOKEN),
                "256m"));
    }

    /** A worker of simulated devices that is connected to this farm's head and to those of others, whose tokens are the same. */
    JavaProcess workerOfSeveral(String name, int devices, double noncesPerSecond, boolean talks, List<Farm> others) throws Exception {
        List<Farm> farms = new ArrayList<>(List.of(this));
        farms.addAll(others);
        JavaProcess worker = started(new JavaProcess(
                SimulatedWorker.class.getName(),
                List.of(farms.stream().map(farm -> Integer.toString(farm.workerPort)).collect(Collectors.joining(",")),
                        farms.stream().map(farm -> farm.fingerprint).collect(Collectors.joining(",")),
                        name, Integer.toString(devices), Double.toString(noncesPerSecond), "-1", Boolean.toString(talks)),
                Map.of(SimulatedWorker.tokenVariable(), JOIN_TOKEN),
                "256m"));
        worker.await(line -> line.equals(farms.size() > 1 ? "joined all" : "joined"));
        return worker;
    }

    JavaProcess worker(String name, int devices, double noncesPerSecond) throws Exception {
        return worker(name, devices, noncesPerSecond, -1, true, workerPort);
    }

    /** Connected workers that nobody tells apart but the head: they share a process, as its start costs more than what they do. */
    void workers(int devices, double noncesPerSecond, String... names) throws Exception {
        newcomer(String.join(",", names), devices, noncesPerSecond, -1, true, workerPort);
        for (String name : names) head.await(line -> line.contains("worker " + name + " is connected"));
    }

    /**
     * A worker of one simulated device that computes a few leases and then misbehaves.
     *
     * @param how {@code throw}, {@code hang}, or {@code none}: it says that it computed and that nothing counts, as one does whose distances are NaN
     */
    JavaProcess misbehaving(String name, String how, int after) throws Exception {
        JavaProcess worker = started(new JavaProcess(
                SimulatedWorker.class.getName(),
                List.of(Integer.toString(workerPort), fingerprint, name, "1", "200", Integer.toString(after), "true", how),
                Map.of(SimulatedWorker.tokenVariable(), JOIN_TOKEN),
                "256m"));
        worker.await(line -> line.equals("joined"));
        return worker;
    }

    /** What Prometheus sees. */
    String metrics() {
        return text("/metrics", JOIN_TOKEN);
    }

    /** The real command, with the real engine. */
    JavaProcess realWorker(String name) throws Exception {
        JavaProcess worker = realWorker(name, "127.0.0.1:" + workerPort, Map.of());
        worker.await(line -> line.contains("joined"));
        return worker;
    }

    /**
     * The real command, which is not waited for.
     *
     * @param join where it looks for the head
     * @param more settings that differ from those that would be right
     */
    JavaProcess realWorker(String name, String join, Map<String, String> more) throws Exception {
        Map<String, String> own = new HashMap<>();
        own.put("DELEGATION_JOIN_TOKEN", JOIN_TOKEN);
        own.put("DELEGATION_DATA_DIR", data.resolve(name).toString());
        own.put("DELEGATION_WORKER_NAME", name);
        own.put("DELEGATION_DEVICES", "cpu");
        own.put("DELEGATION_JOIN", join);
        own.put("DELEGATION_JOIN_FINGERPRINT", fingerprint);
        own.putAll(more);
        return started(new JavaProcess("io.bignode.Main", List.of("worker"), own, "512m"));
    }

    private JavaProcess started(JavaProcess process) {
        synchronized (all) {
            all.add(process);
        }
        return process;
    }

    Recorder recorder(String key, boolean deployedDialect) {
        return new Recorder(port, TOKEN, key, deployedDialect);
    }

    /** One of another tenant. */
    Recorder recorder(String key, String token) {
        return new Recorder(port, token, key, false);
    }

    /** What the operator is shown. */
    JsonNode overview() {
        return overview(JOIN_TOKEN);
    }

    /** What whoever has this token is shown. */
    JsonNode overview(String token) {
        try {
            return new ObjectMapper().readTree(text("/api/v1/overview", token));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** The keys of the alarms that are raised. */
    List<String> alarms() {
        List<String> keys = new ArrayList<>();
        overview().get("alarms").forEach(alarm -> keys.add(alarm.get("key").asText()));
        return keys;
    }

    /** A series' value at this moment. */
    double metric(String series) {
        return metrics().lines().filter(line -> line.startsWith(series + " ")).mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
                .findFirst().orElseThrow(() -> new AssertionError("no " + series));
    }

    private String text(String path, String token) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("Authorization", "Bearer " + token)
                .timeout(Duration.ofSeconds(20))
                .build();
        try {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() != 200) throw new AssertionError(response.statusCode() + " " + response.body());
            return response.body();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    JsonNode admin(String method, String path, String token, int status) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1/admin/workers" + path))
                .header("Authorization", "Bearer " + token)
                .timeout(Duration.ofSeconds(20))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build();
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != status) throw new AssertionError(response.statusCode() + " " + response.body());
        return new ObjectMapper().readTree(response.body());
    }

    @Override
    public void close() {
        synchronized (all) {
            all.forEach(JavaProcess::close);
        }
        client.close();
    }
}
