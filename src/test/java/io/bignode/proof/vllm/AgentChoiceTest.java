package io.bignode.proof.vllm;

import static io.bignode.proof.vllm.BackendNode.MODEL;
import static io.bignode.proof.vllm.BackendNode.SEQUENCE;
import static io.bignode.proof.vllm.BackendNode.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.faults.CuttingProxy;
import io.bignode.fixtures.Waiting;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An agent with two big nodes: an order is one's alone. */
@Tag("full")
@Timeout(120)
class AgentChoiceTest {
    @TempDir
    private Path folder;

    private BackendNode first;
    private BackendNode second;
    private CuttingProxy line;
    private AgentNode agent;
    private StandInParticipant participant;

    @BeforeEach
    void start() throws Exception {
        // The first has no device yet: what it takes it does not compute.
        first = new BackendNode(folder.resolve("first"), Map.of());
        first.start();
        second = new BackendNode(folder.resolve("second"), Map.of());
        second.backend(MODEL, 5_000_000);
        second.start();
        Waiting.until("a device is there", () -> second.send("GET", "/health", "", "").statusCode() == 200);
        line = new CuttingProxy(first.port());
        agent = new AgentNode(folder.resolve("agent"), TOKEN, line.port(), second.port());
        participant = new StandInParticipant(agent.url(), "a key", 1, 3);
        Waiting.until("the agent is connected to both", () -> {
            JsonNode nodes = agent.status().get("big_nodes");
            return nodes.get(0).get("connected").asBoolean() && nodes.get(1).get("connected").asBoolean();
        });
    }

    @AfterEach
    void end() throws Exception {
        participant.close();
        agent.close();
        line.close();
        first.close();
        second.close();
    }

    private int size() {
        synchronized (participant) {
            return participant.stored("ab").size();
        }
    }

    private static JsonNode sessions(BackendNode head) throws Exception {
        return head.answer("GET", "/api/v1/delegation/sessions", "", TOKEN);
    }

    /** Connections to the first are refused from now on. */
    private void leave() throws Exception {
        try (ServerSocket nobody = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            line.lead(nobody.getLocalPort());
        }
    }

    @Test
    void oneThatGoesAwayBeforeAnythingCameIsLeftForTheNextAndStoppedOnceItIsBack() throws Exception {
        participant.init("ab", 7, MODEL, SEQUENCE);
        Waiting.until("the first has it", () -> sessions(first).get("active_sessions").asInt() == 1);
        leave();
        Waiting.until("the second computes it", () -> size() > 20);
        line.lead(first.port());
        Waiting.until("the first is told to stop", () -> sessions(first).get("active_sessions").asInt() == 0);
        assertThat(sessions(second).get("active_sessions").asInt()).isEqualTo(1);
        assertThat(participant.again()).isZero();
    }

    @Test
    void oneThatIsAwayAtTheStartIsNotWaitedForAndTheOneThatComputesKeepsTheOrder() throws Exception {
        leave();
        participant.init("ab", 7, MODEL, SEQUENCE);
        Waiting.until("the second computes it", () -> size() > 20);
        line.lead(first.port());
        participant.stop();
        participant.init("ab", 7, MODEL, SEQUENCE);
        int before = size();
        Waiting.until("it goes on at the second", () -> size() > before + 20);
        assertThat(sessions(first).get("total_sessions").asInt()).isZero();
        assertThat(participant.again()).as("the same nonce again").isZero();
    }
}
