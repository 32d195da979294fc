package io.bignode.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.Main;
import io.bignode.config.TlsSettings;
import io.bignode.field.FirstFunctionParticipant;
import io.bignode.fixtures.Certificates;
import io.bignode.fixtures.Golden;
import io.bignode.fixtures.JavaProcess;
import io.bignode.fixtures.Waiting;
import io.bignode.node.tls.HeadCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An agent as the ML node of a chain that pays for the first function: a head with a CPU, reached by https, computes and validates. */
@Tag("full")
@Timeout(180)
class AgentFirstFunctionTest {
    private static final String TOKEN = "the-token-of-an-agent";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final double TARGET = 1.42;
    private static final double TOLERANCE = 1e-5;

    @TempDir
    private Path folder;

    private JavaProcess head;
    private JavaProcess agent;
    private FirstFunctionParticipant participant;

    @BeforeEach
    void start() throws Exception {
        int headPort = free();
        int agentPort = free();
        Certificates.Pair certificate = Certificates.forLoopback();
        TlsSettings tls = certificate.write(folder.resolve("cert.pem"), folder.resolve("key.pem"));
        head = new JavaProcess(Main.class.getName(), List.of("serve"), Map.of(
                "DELEGATION_TLS_CERT", tls.certificate().toString(), "DELEGATION_TLS_KEY", tls.key().toString(), "DELEGATION_AUTH_TOKEN", TOKEN, "DELEGATION_HOST", "127.0.0.1", "DELEGATION_PORT", Integer.toString(headPort), "DELEGATION_DEVICES", "cpu",
                "DELEGATION_CACHE_GIB", "0", "DELEGATION_DATA_DIR", folder.resolve("head").toString()), "512m");
        agent = new JavaProcess(Main.class.getName(), List.of("agent"), Map.of(
                "DELEGATION_BIG_NODE", "https://127.0.0.1:" + headPort, "DELEGATION_BIG_NODE_FINGERPRINT",
                HeadCertificate.fingerprint(certificate.certificate()), "DELEGATION_BIG_NODE_TOKEN", TOKEN, "DELEGATION_AGENT_PORT", Integer.toString(agentPort),
                "DELEGATION_AGENT_INFERENCE_PORT", "0", "DELEGATION_DATA_DIR", folder.resolve("agent").toString()), "96m");
        ObjectNode order = Golden.order().put("r_target", TARGET);
        participant = new FirstFunctionParticipant("http://127.0.0.1:" + agentPort, order);
        Waiting.until("the agent has a big node with a device", () -> {
            try {
                return participant.answer("GET", "/status.json", "").path("big_nodes").path(0).path("devices").asInt() > 0;
            } catch (IOException e) {
                return false; // it starts
            }
        });
    }

    @AfterEach
    void end() {
        participant.close();
        agent.close();
        head.close();
    }

    private static int free() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Test
    void aStageIsComputedAndABatchValidatedByTheBigNode() throws Exception {
        assertThat(participant.begin("generate", "GENERATING").get("status").asText()).isEqualTo("OK");
        Waiting.until("batches come", () -> participant.stored().containsKey(17L) && participant.stored().size() > 20);
        assertThat(participant.status()).isEqualTo(JSON.readTree("{\"status\": \"GENERATING\", \"is_model_initialized\": true}"));

        participant.begin("validate", "VALIDATING");
        Waiting.until("the weights are ready", () -> participant.status().get("is_model_initialized").asBoolean());
        TreeMap<Long, Double> told = Golden.distances();
        told.values().removeIf(distance -> distance >= TARGET);
        JsonNode first = participant.validate(Golden.batch(told));
        Waiting.until("the verdict comes", () -> participant.verdicts().size() == 1);
        assertThat(participant.validate(Golden.batch(told))).as("the same again is the same request").isEqualTo(first);
        JsonNode verdict = participant.verdicts().getFirst();
        assertThat(verdict.get("fraud_detected").asBoolean()).isFalse();
        for (int i = 0; i < verdict.get("nonces").size(); i++) {
            assertThat(verdict.get("dist").get(i).doubleValue()).isCloseTo(Golden.distances().get(verdict.get("nonces").get(i).longValue()), within(TOLERANCE));
        }
        participant.answer("POST", "/api/v1/pow/stop", "");

        Golden.distances().headMap(20L).forEach((nonce, distance) -> {
            if (distance < TARGET) assertThat(participant.stored().get(nonce)).as("nonce %d", nonce).isCloseTo(distance, within(TOLERANCE));
        });
        assertThat(participant.again()).isZero();
        assertThat(participant.refusals()).isEmpty();
    }
}
