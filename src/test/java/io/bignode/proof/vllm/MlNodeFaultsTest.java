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
                StandInBackend.class.getName(), List.of(MODEL, Integer.toString(SEQUENCE), "2000000", wanted), Map.of(), "64m");
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
    @Timeout(180)
    void aHeadThatIsKilledAndABackendThatIsReplacedLoseNothing() throws Exception {
        run(2, 2, 2, Duration.ofSeconds(2), new Random(14));
    }

    @Test
    @Tag("faults-long")
    @Timeout(1500)
    void aHundredKillsUnderEightKeysLoseNothing() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        run(3, 8, 100, Duration.ofSeconds(6), new Random(seed));
    }

    private void run(int backendCount, int keys, int kills, Duration between, Random random) throws Exception {
        port = freePort();
        for (int number = 0; number < backendCount; number++) startBackend(number);
        startHead();
        List<String> sessions = new ArrayList<>();
        for (int key = 0; key < keys; key++) {
            StandInParticipant participant = new StandInParticipant("http://127.0.0.1:" + port + "/mlnode/" + TOKEN + "/" + key, "key-" + key, 1, 3);
            participants.add(participant);
            sessions.add(Waiting.value("the head serves", () -> started(participant)));
        }
        // One receiver is away all the time, and gets everything afterwards.
        participants.getFirst().phase(StandInParticipant.Phase.INFERENCE);
        for (int kill = 0; kill < kills; kill++) {
            grows(participants.get(1 + kill % (keys - 1)), 50);
            int victim = random.nextInt(backendCount);
            if (kill % 2 == 1) {
                backends.get(victim).kill();
                startBackend(victim);
            } else {
                backends.get(victim).signal("STOP");
                Thread.sleep(between.dividedBy(2).toMillis()); // a freeze has to last for a while
                backends.get(victim).signal("CONT");
            }
            head.kill();
            startHead();
        }
        participants.getFirst().phase(StandInParticipant.Phase.GENERATE);
        for (StandInParticipant participant : participants) grows(participant, 50);
        for (StandInParticipant participant : participants) participant.stop();
        for (int key = 0; key < keys; key++) requireAll(participants.get(key), sessions.get(key), "key-" + key);
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
