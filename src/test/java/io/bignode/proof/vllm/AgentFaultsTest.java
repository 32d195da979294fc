package io.bignode.proof.vllm;

import static io.bignode.proof.vllm.BackendNode.MODEL;
import static io.bignode.proof.vllm.BackendNode.SEQUENCE;
import static io.bignode.proof.vllm.BackendNode.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.Main;
import io.bignode.faults.CuttingProxy;
import io.bignode.fixtures.JavaProcess;
import io.bignode.fixtures.Waiting;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real head, a real agent and a line between them that fail in the middle of stages: whatever the head found reaches the participant's node once. */
@Timeout(600)
class AgentFaultsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String KEY = "a participant's key";
    private static final int MORE = 40;

    @TempDir
    private Path folder;

    private final HttpClient client = HttpClient.newHttpClient();
    private StandInBackend backend;
    private StandInParticipant participant;
    private CuttingProxy line;
    private JavaProcess head;
    private JavaProcess agent;
    private int headPort;
    private int agentPort;
    private int inferencePort;

    @BeforeEach
    void start() throws Exception {
        backend = new StandInBackend(new StandInBackend.Model(MODEL, SEQUENCE, 4_000_000, ""), 0);
        headPort = free();
        agentPort = free();
        inferencePort = free();
        line = new CuttingProxy(headPort);
        head = head();
        agent = agent();
        participant = new StandInParticipant("http://127.0.0.1:" + agentPort, KEY, 1, 3);
        Waiting.until("the agent has a big node with devices", this::isServed);
    }

    @AfterEach
    void end() throws Exception {
        participant.close();
        if (agent != null) agent.close();
        if (head != null) head.close();
        line.close();
        backend.close();
        client.close();
    }

    private static int free() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private JavaProcess head() throws IOException {
        return new JavaProcess(Main.class.getName(), List.of("serve"), Map.of(
                "DELEGATION_AUTH_TOKEN", TOKEN, "DELEGATION_HOST", "127.0.0.1", "DELEGATION_PORT", Integer.toString(headPort), "DELEGATION_DATA_DIR",
                folder.resolve("head").toString(), "DELEGATION_BACKENDS", "http://127.0.0.1:" + backend.port()), "256m");
    }

    private JavaProcess agent() throws IOException {
        return new JavaProcess(Main.class.getName(), List.of("agent"), Map.of(
                "DELEGATION_BIG_NODE", "http://127.0.0.1:" + line.port(), "DELEGATION_BIG_NODE_TOKEN", TOKEN, "DELEGATION_AGENT_PORT",
                Integer.toString(agentPort), "DELEGATION_AGENT_INFERENCE_PORT", Integer.toString(inferencePort), "DELEGATION_DATA_DIR",
                folder.resolve("agent").toString()), "96m");
    }

    private JsonNode get(int port, String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).header("Authorization", "Bearer " + TOKEN).build();
        return JSON.readTree(client.send(request, HttpResponse.BodyHandlers.ofString()).body());
    }

    private boolean isServed() throws Exception {
        try {
            return get(agentPort, "/status.json").path("big_nodes").path(0).path("devices").asInt() > 0;
        } catch (IOException e) {
            return false; // it starts
        }
    }

    private int size(String block) {
        synchronized (participant) {
            return participant.stored(block).size();
        }
    }

    private void awaitMore(String block) {
        int before = size(block);
        Waiting.until("more artifacts arrive", () -> size(block) > before + MORE);
    }

    /** What the head found of a block, in all sessions of it. */
    private TreeMap<Long, String> foundByHead() throws Exception {
        TreeMap<Long, String> found = new TreeMap<>();
        var ids = new TreeSet<String>();
        get(headPort, "/api/v1/delegation/sessions").get("sessions").fieldNames().forEachRemaining(ids::add);
        for (String id : ids) {
            long cursor = 0;
            for (JsonNode page = page(id, cursor); !page.get("batches").isEmpty(); page = page(id, cursor)) {
                for (JsonNode batch : page.get("batches")) {
                    for (JsonNode artifact : batch.get("artifacts")) found.put(artifact.get("nonce").asLong(), artifact.get("vector_b64").asText());
                }
                cursor = page.get("cursor").asLong();
            }
        }
        return found;
    }

    private JsonNode page(String session, long cursor) throws Exception {
        return get(headPort, "/api/v1/delegation/batch/" + session + "?after=" + cursor);
    }

    private boolean isDone() throws Exception {
        try {
            JsonNode sessions = get(headPort, "/api/v1/delegation/sessions");
            for (JsonNode one : sessions.path("sessions")) if (one.get("session_active").asBoolean()) return false;
            JsonNode orders = get(agentPort, "/status.json").path("orders");
            for (JsonNode order : orders) if (order.get("fetched").asLong() != order.get("taken").asLong()) return false;
            return !orders.isEmpty() && sessions.path("active_sessions").asInt(-1) == 0;
        } catch (IOException e) {
            return false; // one of them starts
        }
    }

    private void stopAndCompare(String block) throws Exception {
        Waiting.until("the stage is stopped", () -> {
            try {
                participant.stop();
                return true;
            } catch (IOException e) {
                return false; // the agent starts
            }
        });
        Waiting.until("all that the head found is taken", this::isDone);
        assertThat(participant.stored(block)).isEqualTo(foundByHead());
        participant.stored(block).forEach((nonce, vector) -> assertThat(vector).isEqualTo(Vectors.of(block, KEY, MODEL, SEQUENCE, nonce, 12, "")));
        assertThat(participant.refusals()).isEmpty();
        assertThat(agent.lines()).noneMatch(one -> one.text().contains(TOKEN));
    }

    @Test
    @Tag("full")
    void nothingIsLostWhenAgentHeadAndLineFailOneAfterTheOther() throws Exception {
        participant.start("ab", 7, MODEL, SEQUENCE);
        awaitMore("ab");
        agent.kill();
        agent = agent();
        awaitMore("ab");
        head.kill();
        head = head();
        awaitMore("ab");
        line.cut();
        awaitMore("ab");
        line.hang();
        awaitMore("ab");
        participant.leave();
        agent.kill();
        agent = agent();
        participant.comeBack();
        awaitMore("ab");
        head.kill();
        participant.stop();
        head = head();
        stopAndCompare("ab");
    }

    @Test
    @Tag("faults-long")
    @Timeout(3600)
    void aHundredRandomFaultsLoseNothing() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        participant.start("ab", 7, MODEL, SEQUENCE);
        for (int fault = 0; fault < 100; fault++) {
            // A session lives for 330 s: a stage that goes on is asked for again, as the real one does.
            if (fault % 10 == 9) Waiting.until("the order is taken", this::orderedAgain);
            switch (random.nextInt(5)) {
                case 0 -> {
                    agent.kill();
                    agent = agent();
                }
                case 1 -> {
                    head.kill();
                    head = head();
                }
                case 2 -> line.cut();
                case 3 -> line.hang();
                default -> {
                    participant.leave();
                    Thread.sleep(random.nextInt(1500));
                    participant.comeBack();
                }
            }
            if (random.nextInt(3) > 0) awaitMore("ab");
        }
        stopAndCompare("ab");
    }

    private boolean orderedAgain() throws Exception {
        try {
            participant.init("ab", 7, MODEL, SEQUENCE);
            return true;
        } catch (IOException e) {
            return false; // the agent starts
        }
    }
}
