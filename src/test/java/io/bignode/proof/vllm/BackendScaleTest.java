package io.bignode.proof.vllm;

import static io.bignode.proof.vllm.BackendNode.JOIN_TOKEN;
import static io.bignode.proof.vllm.BackendNode.MODEL;
import static io.bignode.proof.vllm.BackendNode.SEQUENCE;
import static io.bignode.proof.vllm.BackendNode.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.Main;
import io.bignode.config.TenantToken;
import io.bignode.config.Token;
import io.bignode.fixtures.JavaProcess;
import io.bignode.fixtures.Waiting;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A stage of many keys of three weights on many backends behind worker processes: how much the backends stand idle, what each key gets in the first third, how soon
 * it has its first artifact, how soon starts are answered, and what the head costs.
 */
class BackendScaleTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern JOIN = Pattern.compile("--join \\S+ --fingerprint ([0-9a-f]{64})");

    /** Of each backend. A batch of 32 takes 0.3 s. */
    private static final long NANOS_PER_NONCE = 10_000_000;

    private static final int WEIGHTS = 3;

    @TempDir
    Path folder;

    private final HttpClient client = HttpClient.newHttpClient();
    private final List<JavaProcess> processes = new ArrayList<>();
    private final List<StandInParticipant> participants = new ArrayList<>();
    private final List<Integer> backendPorts = new ArrayList<>();
    private JavaProcess head;
    private int port;
    private String workerPort = "";

    /** What a run came to; shares are parts of the fair one, times in milliseconds. */
    private record Outcome(double idle, double earlyShare, double headCores, long firstArtifact, long startMedian, long start99, long burst99) {}

    @AfterEach
    void end() {
        processes.forEach(JavaProcess::close);
        participants.forEach(StandInParticipant::close);
    }

    @Test
    @Tag("full")
    @Timeout(300)
    void aFewKeysOfThreeWeightsShareAFewBackends() throws Exception {
        // That nothing is wrong counts here; the figures that count are the large farm's, on a machine that does nothing else.
        run(4, 2, 6, Duration.ofSeconds(20));
    }

    @Test
    @Tag("measured")
    @Timeout(1200)
    void aHundredKeysOfThreeWeightsShareSixtyFourBackends() throws Exception {
        Outcome outcome = run(Integer.getInteger("bignode.backends", 64), Integer.getInteger("bignode.workers", 8), Integer.getInteger("bignode.keys", 100),
                Duration.ofSeconds(Integer.getInteger("bignode.seconds", 180)));
        assertThat(outcome.idle()).isLessThanOrEqualTo(0.01);
        assertThat(outcome.earlyShare()).isGreaterThanOrEqualTo(0.9);
        assertThat(outcome.headCores()).isLessThanOrEqualTo(0.5);
        assertThat(outcome.firstArtifact()).isLessThanOrEqualTo(2000 + Duration.ofNanos(32 * NANOS_PER_NONCE).toMillis());
        assertThat(outcome.start99()).isLessThanOrEqualTo(50);
        assertThat(outcome.burst99()).isLessThanOrEqualTo(250);
    }

    private Outcome run(int backends, int workers, int keys, Duration stage) throws Exception {
        startHead(keys);
        startBackends(backends, workers);
        // The stage of the epoch before, as long, has the rates measured and the code compiled.
        stage("before", keys);
        Thread.sleep(stage);
        for (StandInParticipant participant : participants) participant.stop();
        // Stages are minutes apart: nothing of the one before is computed any more when the next one opens.
        Waiting.until("the backends are done with the stage before", () -> {
            long busy = busyNanos();
            Thread.sleep(500);
            return busyNanos() == busy;
        });

        long[] first = new long[keys];
        long began = System.nanoTime();
        List<Long> burst = stage("measured", keys);
        watchFirst(first, began, stage.dividedBy(3));
        int[] early = new int[keys];
        for (int key = 0; key < keys; key++) early[key] = size(key);

        long from = System.nanoTime();
        long busy = busyNanos();
        Duration cpu = head.cpu();
        List<Long> starts = new ArrayList<>();
        while (System.nanoTime() - began < stage.toNanos()) {
            starts.add(passing(starts.size()));
            Thread.sleep(200);
        }
        double nanos = System.nanoTime() - from;
        double idle = 1 - (busyNanos() - busy) / nanos / backends;
        double cores = head.cpu().minus(cpu).toNanos() / nanos;
        for (StandInParticipant participant : participants) participant.stop();
        for (StandInParticipant participant : participants) assertThat(participant.refusals()).isEmpty();
        for (int key = 0; key < keys; key++) requireSound(key);
        long latest = 0;
        for (long one : first) latest = Math.max(latest, one);
        Outcome outcome = new Outcome(idle, earlyShare(early), cores, latest / 1_000_000, quantile(starts, 0.5), quantile(starts, 0.99), quantile(burst, 0.99));
        System.out.printf(Locale.ROOT, "| %d | %d | %d | %.1f %% | %.2f | %.2f | %d ms | %d ms | %d ms | %d ms |%n", backends, workers, keys, 100 * idle,
                outcome.earlyShare(), cores, outcome.firstArtifact(), outcome.startMedian(), outcome.start99(), outcome.burst99());
        return outcome;
    }

    private void startHead(int keys) throws Exception {
        Path tokens = folder.resolve("tokens");
        StringBuilder lines = new StringBuilder();
        for (int weight = 1; weight <= WEIGHTS; weight++) {
            lines.append(new TenantToken("weight-" + weight, TenantToken.HexDigest.of(Token.of(token(weight))), 2 * keys + 10, weight).line()).append('\n');
        }
        Files.writeString(tokens, lines);
        port = freePort();
        Map<String, String> environment = new HashMap<>(Map.of(
                "DELEGATION_AUTH_TOKEN", TOKEN, "DELEGATION_JOIN_TOKEN", JOIN_TOKEN, "DELEGATION_HOST", "127.0.0.1", "DELEGATION_PORT", Integer.toString(port),
                "DELEGATION_WORKER_HOST", "127.0.0.1", "DELEGATION_WORKER_PORT", Integer.toString(freePort()), "DELEGATION_DEVICES", "none",
                "DELEGATION_DATA_DIR", folder.resolve("head").toString(), "DELEGATION_TOKENS_FILE", tokens.toString()));
        environment.putAll(Map.of(
                "DELEGATION_MLNODE", "on", "DELEGATION_CALLBACK_HOSTS", "127.0.0.1", "DELEGATION_MAX_SESSIONS", Integer.toString(3 * keys + 10)));
        head = process(Main.class.getName(), List.of("serve"), environment, "512m");
        workerPort = environment.get("DELEGATION_WORKER_PORT");
    }

    private void startBackends(int backends, int workers) throws Exception {
        JavaProcess all = process(StandInBackends.class.getName(),
                List.of(MODEL, Integer.toString(SEQUENCE), Long.toString(NANOS_PER_NONCE), Integer.toString(backends)), Map.of(), "256m");
        for (String at : all.await(line -> line.startsWith("ports ")).substring("ports ".length()).split(" ")) backendPorts.add(Integer.valueOf(at));
        Matcher joins = JOIN.matcher(head.await(line -> JOIN.matcher(line).find()));
        assertThat(joins.find()).isTrue();
        for (int worker = 0; worker < workers; worker++) {
            List<String> urls = new ArrayList<>();
            for (int at = worker; at < backends; at += workers) urls.add("http://127.0.0.1:" + backendPorts.get(at));
            process(Main.class.getName(), List.of("worker"), Map.of(
                    "DELEGATION_JOIN", "127.0.0.1:" + workerPort, "DELEGATION_JOIN_FINGERPRINT", joins.group(1), "DELEGATION_JOIN_TOKEN", JOIN_TOKEN,
                    "DELEGATION_WORKER_NAME", "worker-" + worker, "DELEGATION_BACKENDS", String.join(",", urls),
                    "DELEGATION_DATA_DIR", folder.resolve("worker-" + worker).toString()), "128m");
        }
        for (int worker = 0; worker < workers; worker++) {
            String name = "worker-" + worker;
            Waiting.until(Duration.ofMinutes(3), () -> name + " has not joined: " + head.tail(),
                    () -> head.lines().stream().anyMatch(line -> line.text().contains("worker " + name + " is connected")));
        }
    }

    private JavaProcess process(String main, List<String> arguments, Map<String, String> environment, String heap) throws Exception {
        JavaProcess process = new JavaProcess(main, arguments, environment, heap);
        processes.add(process);
        return process;
    }

    private static String token(int weight) {
        return "the-token-of-those-of-weight-" + weight;
    }

    private static int weight(int key) {
        return 1 + key % WEIGHTS;
    }

    private StandInParticipant participant(int weight, String key) throws Exception {
        return new StandInParticipant("http://127.0.0.1:" + port + "/mlnode/" + token(weight) + "/" + key, key, 1, 2);
    }

    /** Starts a block of all keys at once; returns how long each start took. */
    private List<Long> stage(String block, int keys) throws Exception {
        while (participants.size() < keys) participants.add(participant(weight(participants.size()), "key-" + participants.size()));
        List<Future<Long>> all = new ArrayList<>();
        try (ExecutorService nodes = Executors.newVirtualThreadPerTaskExecutor()) {
            CountDownLatch opens = new CountDownLatch(1);
            for (int key = 0; key < keys; key++) {
                StandInParticipant participant = participants.get(key);
                all.add(nodes.submit(() -> {
                    opens.await();
                    return startNanos(participant, block);
                }));
            }
            opens.countDown();
            List<Long> nanos = new ArrayList<>();
            for (Future<Long> one : all) nanos.add(one.get());
            return nanos;
        }
    }

    private static long startNanos(StandInParticipant participant, String block) throws Exception {
        long began = System.nanoTime();
        participant.init(block, 7, MODEL, SEQUENCE);
        return System.nanoTime() - began;
    }

    /** Another key starts while all others' stage runs, and stops. */
    private long passing(int number) throws Exception {
        try (StandInParticipant one = participant(1, "passing-" + number)) {
            long nanos = startNanos(one, "passing");
            one.stop();
            return nanos;
        }
    }

    /** Notes when each key has its first artifact. */
    private void watchFirst(long[] first, long began, Duration until) throws Exception {
        while (System.nanoTime() - began < until.toNanos()) {
            for (int key = 0; key < first.length; key++) if (first[key] == 0 && size(key) > 0) first[key] = System.nanoTime() - began;
            Thread.sleep(10);
        }
        for (int key = 0; key < first.length; key++) if (first[key] == 0) first[key] = until.toNanos();
    }

    private int size(int key) {
        StandInParticipant participant = participants.get(key);
        synchronized (participant) {
            return participant.stored("measured").size();
        }
    }

    private void requireSound(int key) {
        StandInParticipant participant = participants.get(key);
        synchronized (participant) {
            participant.stored("measured").forEach(
                    (nonce, vector) -> assertThat(vector).isEqualTo(Vectors.of("measured", "key-" + key, MODEL, SEQUENCE, nonce, 12, "")));
        }
    }

    /** The smallest part that any key got of its fair share. */
    private static double earlyShare(int[] early) {
        double all = 0;
        double weights = 0;
        for (int key = 0; key < early.length; key++) {
            all += early[key];
            weights += weight(key);
        }
        double worst = Double.MAX_VALUE;
        for (int key = 0; key < early.length; key++) worst = Math.min(worst, early[key] / (all * weight(key) / weights));
        return worst;
    }

    private long busyNanos() throws Exception {
        long busy = 0;
        for (int at : backendPorts) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + at + "/stand-in")).POST(HttpRequest.BodyPublishers.ofString("{}")).build();
            busy += JSON.readTree(client.send(request, HttpResponse.BodyHandlers.ofString()).body()).get("busy_nanos").asLong();
        }
        return busy;
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** In milliseconds. */
    private static long quantile(List<Long> nanos, double share) {
        List<Long> sorted = nanos.stream().sorted().toList();
        return sorted.isEmpty() ? 0 : sorted.get((int) Math.ceil(sorted.size() * share) - 1) / 1_000_000;
    }
}
