package io.bignode.proof.vllm;

import static io.bignode.proof.vllm.BackendNode.MODEL;
import static io.bignode.proof.vllm.BackendNode.SEQUENCE;
import static io.bignode.proof.vllm.BackendNode.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.Main;
import io.bignode.fixtures.JavaProcess;
import io.bignode.fixtures.Waiting;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A head that is an ML node, in a process of its own, is killed again and again, and so are its backends, which also freeze, while participants' stages run.
 * What was found arrives all the same, each nonce with the vector that a sound backend makes of it.
 */
class MlNodeFaultsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private final HttpClient client = HttpClient.newHttpClient();
    private final List<StandInParticipant> participants = new ArrayList<>();
    private final List<JavaProcess> backends = new ArrayList<>();
    private final List<Integer> backendPorts = new ArrayList<>();
    private final List<String> sessions = new ArrayList<>();
    private JavaProcess head;
    private int port;

    @AfterEach
    void end() {
        if (head != null) head.close();
        backends.forEach(JavaProcess::close);
        participants.forEach(StandInParticipant::close);
    }

    private void startBackend(int number) throws Exception {
        String wanted = number < backendPorts.size() ? Integer.toString(backendPorts.get(number)) : "0";
        JavaProcess process = new JavaProcess(
                StandInBackend.class.getName(), List.of(MODEL, Integer.toString(SEQUENCE), "5000000", wanted), Map.of(), "64m");
        int at = Integer.parseInt(process.await(line -> line.matches("\\d+")));
        if (number < backends.size()) {
            backends.set(number, process);
        } else {
            backends.add(process);
            backendPorts.add(at);
        }
    }

    private void startHead() throws Exception {
        head = new JavaProcess(Main.class.getName(), List.of("serve"), Map.of(
                "DELEGATION_AUTH_TOKEN", TOKEN, "DELEGATION_HOST", "127.0.0.1", "DELEGATION_PORT", Integer.toString(port),
                "DELEGATION_BACKENDS", String.join(",", backendPorts.stream().map(each -> "http://127.0.0.1:" + each).toList()),
                "DELEGATION_DATA_DIR", folder.resolve("data").toString(), "DELEGATION_MLNODE", "on", "DELEGATION_CALLBACK_HOSTS", "127.0.0.1",
                "DELEGATION_SESSION_SECONDS", "3600"), "256m");
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static int size(StandInParticipant participant) {
        synchronized (participant) {
            return participant.stored("ab").size();
        }
    }

    private static void grows(StandInParticipant participant, int by) {
        int before = size(participant);
        Waiting.until("more arrives", () -> size(participant) >= before + by);
    }

    private JsonNode answer(String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).header("Authorization", "Bearer " + TOKEN).build();
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    @Test
    @Timeout(300)
    void aHeadThatIsKilledAndABackendThatIsReplacedLoseNothing() throws Exception {
        serve(2, 2);
        participants.getFirst().leave();
        grows(participants.get(1), 30);
        backends.getFirst().kill();
        head.kill();
        startBackend(0);
        startHead();
        grows(participants.get(1), 30);
        participants.getFirst().comeBack();
        for (StandInParticipant participant : participants) grows(participant, 30);
        requireAll();
    }

    /**
     * For ten minutes the head is killed a hundred times and backends are killed, frozen and started anew, while one receiver is away. Fewer of it by
     * {@code -Dbignode.kills=…} and {@code -Dbignode.seconds=…}.
     */
    @Test
    @Tag("faults-long")
    @Timeout(3600)
    void aHundredKillsUnderEightKeysLoseNothing() throws Exception {
        long seed = Long.getLong("bignode.seed", System.nanoTime());
        int kills = Integer.getInteger("bignode.kills", 100);
        Duration time = Duration.ofSeconds(Integer.getInteger("bignode.seconds", 600));
        System.out.printf("seed %d: %d kills in %d s%n", seed, kills, time.toSeconds());
        Random random = new Random(seed);
        serve(3, 8);
        StandInParticipant away = participants.getFirst();
        away.phase(StandInParticipant.Phase.INFERENCE);
        long began = System.nanoTime();
        int frozen = -1;
        for (int kill = 0; kill < kills; kill++) {
            int before = sizes();
            if (frozen >= 0) backends.get(frozen).signal("CONT");
            int victim = random.nextInt(backends.size());
            frozen = random.nextInt(3) == 0 ? victim : -1;
            if (frozen >= 0) {
                backends.get(victim).signal("STOP");
            } else if (random.nextBoolean()) {
                backends.get(victim).kill();
                startBackend(victim);
            }
            head.kill();
            startHead();
            Waiting.until(Duration.ofMinutes(2), () -> "after a kill nothing arrives: " + head.tail(), () -> sizes() > before);
            for (StandInParticipant participant : participants) requireSmallNonces(participant);
            if ((kill + 1) % 10 == 0) System.out.printf("%d kills, %d artifacts%n", kill + 1, sizes());
            pause(began + time.multipliedBy(kill + 1).dividedBy(kills).toNanos());
        }
        if (frozen >= 0) backends.get(frozen).signal("CONT");
        assertThat(size(away)).isZero();
        away.phase(StandInParticipant.Phase.GENERATE);
        for (StandInParticipant participant : participants) grows(participant, 50);
        requireAll();
        System.out.printf("%d artifacts arrived, %d of them twice%n", sizes(), participants.stream().mapToInt(StandInParticipant::again).sum());
    }

    /** In a stage of three minutes the receiver is away for two, and the head is killed in between. */
    @Test
    @Tag("faults-long")
    @Timeout(600)
    void aReceiverThatIsAwayForMostOfAStageGetsAllOfIt() throws Exception {
        serve(2, 2);
        StandInParticipant away = participants.getFirst();
        grows(away, 50);
        long began = System.nanoTime();
        pause(began + Duration.ofSeconds(20).toNanos());
        away.leave();
        pause(began + Duration.ofSeconds(80).toNanos());
        head.kill();
        startHead();
        pause(began + Duration.ofSeconds(140).toNanos());
        long found = generated(0);
        assertThat(found).as("what was found meanwhile").isGreaterThan(size(away) + 1000);
        away.comeBack();
        // The pause between two tries is 10 s at most.
        Waiting.until(Duration.ofSeconds(20), () -> size(away) + " of " + found + " have arrived", () -> size(away) >= found);
        System.out.printf("%d artifacts arrived %d s after the receiver was back%n", found, Duration.ofNanos(System.nanoTime() - began).toSeconds() - 140);
        pause(began + Duration.ofSeconds(180).toNanos());
        assertThat(generated(0) - size(away)).as("the newest that have not arrived").isLessThan(2000);
        requireAll();
    }

    private static void pause(long untilNanos) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(untilNanos - System.nanoTime());
    }

    /** Starts backends, a head, and a stage of each key. */
    private void serve(int backendCount, int keys) throws Exception {
        port = freePort();
        for (int number = 0; number < backendCount; number++) startBackend(number);
        startHead();
        for (int key = 0; key < keys; key++) {
            StandInParticipant participant = new StandInParticipant("http://127.0.0.1:" + port + "/mlnode/" + TOKEN + "/" + key, "key-" + key, 1, 3);
            participants.add(participant);
            sessions.add(Waiting.value("the head serves", () -> started(participant)));
        }
    }

    private int sizes() {
        return participants.stream().mapToInt(MlNodeFaultsTest::size).sum();
    }

    private long generated(int key) throws Exception {
        return answer("/api/v1/delegation/session/" + sessions.get(key)).get("total_generated").asLong();
    }

    private void requireSmallNonces(StandInParticipant participant) {
        synchronized (participant) {
            TreeMap<Long, String> stored = participant.stored("ab");
            if (stored.isEmpty()) return;
            assertThat(stored.lastKey() / 3).as("largest nonce index of %d", stored.size()).isLessThanOrEqualTo(2L * stored.size() + 64L * backends.size());
        }
    }

    /** Ends all stages; everything that the head has of them is with the participants. */
    private void requireAll() throws Exception {
        for (StandInParticipant participant : participants) participant.stop();
        for (int key = 0; key < participants.size(); key++) requireAll(participants.get(key), sessions.get(key), "key-" + key);
    }

    private static Optional<String> started(StandInParticipant participant) {
        try {
            return Optional.of(participant.init("ab", 7, MODEL, SEQUENCE).get("session_id").asText());
        } catch (IOException _) {
            return Optional.empty(); // the head does not listen yet
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new AssertionError(stop);
        }
    }

    /** Everything that the head has of a session is with the participant. */
    private void requireAll(StandInParticipant participant, String session, String key) {
        Waiting.until("all is delivered", () -> !answer("/api/v1/delegation/session/" + session).get("session_active").asBoolean());
        synchronized (participant) {
            TreeMap<Long, String> stored = participant.stored("ab");
            stored.forEach((nonce, vector) -> assertThat(vector).isEqualTo(Vectors.of("ab", key, MODEL, SEQUENCE, nonce, 12, "")));
            assertThat((double) stored.lastKey() / 3 / stored.size()).as("largest nonce index to count").isLessThan(2);
            assertThat(participant.refusals()).isEmpty();
        }
        Waiting.until("the head counts as many", () -> answer("/api/v1/delegation/session/" + session).get("total_generated").asInt() == size(participant));
    }
}
