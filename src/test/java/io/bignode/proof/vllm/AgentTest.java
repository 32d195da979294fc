package io.bignode.proof.vllm;

import static io.bignode.proof.vllm.BackendNode.MODEL;
import static io.bignode.proof.vllm.BackendNode.SEQUENCE;
import static io.bignode.proof.vllm.BackendNode.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.cli.BigNodeCommand;
import io.bignode.fixtures.Waiting;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An agent that a participant of the network registered as its ML node, and a head with stand-in backends that computes. */
@Timeout(120)
class AgentTest {
    private static final int ENOUGH = 100;

    @TempDir
    private static Path folder;

    private static BackendNode head;
    private static AgentNode agent;
    private StandInParticipant participant;
    private String key;

    @BeforeAll
    static void start() throws Exception {
        head = new BackendNode(folder.resolve("head"), Map.of("DELEGATION_MLNODE", "on", "DELEGATION_MAX_SESSIONS", "50"));
        head.backend(MODEL, 5_000_000);
        head.backend(MODEL, 5_000_000);
        head.start();
        Waiting.until("devices are there", () -> head.send("GET", "/health", "", "").statusCode() == 200);
        agent = new AgentNode(folder.resolve("agent"), TOKEN, head.port());
        Waiting.until("the agent is connected", () -> agent.isConnected());
    }

    @AfterAll
    static void end() throws Exception {
        if (agent != null) agent.close();
        head.close();
    }

    /** Each test is another ML node of the same participant. */
    @BeforeEach
    void register(TestInfo test) throws Exception {
        key = test.getTestMethod().orElseThrow().getName();
        participant = new StandInParticipant(agent.url() + "/v3.0.16/" + key, key, 1, 3);
    }

    @AfterEach
    void leave() throws Exception {
        participant.stop();
        participant.close();
    }

    private void requireSound(String block) {
        synchronized (participant) {
            participant.stored(block).forEach((nonce, vector) -> assertThat(vector).isEqualTo(Vectors.of(block, key, MODEL, SEQUENCE, nonce, 12, "")));
        }
    }

    private int size(String block) {
        synchronized (participant) {
            return participant.stored(block).size();
        }
    }

    private static JsonNode ordered(String session) throws Exception {
        for (JsonNode order : agent.status().get("orders")) if (order.get("session_id").asText().equals(session)) return order;
        throw new AssertionError("the page does not show session " + session);
    }

    @Test
    void aStageRunsFromItsStartToItsStopAndEveryArtifactArrivesOnce() throws Exception {
        Waiting.until("inference is there", () -> participant.state().equals("INFERENCE"));
        assertThat(participant.status()).isEqualTo("IDLE");
        assertThat(participant.start("ab", 7, MODEL, SEQUENCE)).isTrue();
        Waiting.until("artifacts arrive", () -> size("ab") > ENOUGH);
        assertThat(participant.status()).isEqualTo("GENERATING");
        assertThat(participant.state()).isEqualTo("POW");
        String session = participant.init("ab", 7, MODEL, SEQUENCE).get("session_id").asText();

        participant.stop();
        assertThat(participant.status()).isEqualTo("IDLE");
        Waiting.until("all that was found there is taken", () -> {
            JsonNode there = head.answer("GET", "/api/v1/delegation/sessions", "", TOKEN).get("sessions");
            for (JsonNode one : there) if (one.get("session_active").asBoolean()) return false;
            return ordered(session).get("fetched").asInt() == ordered(session).get("taken").asInt();
        });
        assertThat(size("ab")).isEqualTo(ordered(session).get("taken").asInt());
        requireSound("ab");
        assertThat((double) participant.stored("ab").lastKey() / 3 / size("ab")).as("largest nonce index to count").isLessThan(2);
        assertThat(participant.again()).isZero();
        assertThat(participant.refusals()).isEmpty();
        assertThat(ordered(session).get("big_node").asText()).isEqualTo("http://127.0.0.1:" + head.port());
    }

    @Test
    void anotherBlockEndsTheOneBeforeAtTheBigNodeAsWell() throws Exception {
        participant.start("ab", 7, MODEL, SEQUENCE);
        Waiting.until("artifacts of the first arrive", () -> size("ab") > 20);
        participant.init("cd", 9, MODEL, SEQUENCE);
        Waiting.until("artifacts of the second arrive", () -> size("cd") > 20);
        Waiting.until("one session is left there", () -> head.answer("GET", "/api/v1/delegation/sessions", "", TOKEN).get("active_sessions").asInt() == 1);
        requireSound("ab");
        requireSound("cd");
    }

    @Test
    void othersAreValidatedByTheBigNode() throws Exception {
        participant.phase(StandInParticipant.Phase.VALIDATE);
        String sound = participant.validate("ab", 7, MODEL, SEQUENCE, "bob", Vectors.ofBlock("bob", ""));
        String forged = participant.validate("ab", 7, MODEL, SEQUENCE, "eve", Vectors.ofBlock("eve", "made up"));
        Waiting.until("both verdicts arrive", () -> participant.verdicts().size() == 2);
        for (JsonNode verdict : participant.verdicts()) {
            boolean isForged = verdict.get("public_key").asText().equals("eve");
            assertThat(verdict.get("request_id").asText()).isEqualTo(isForged ? forged : sound);
            assertThat(verdict.get("fraud_detected").asBoolean()).isEqualTo(isForged);
            assertThat(verdict.get("n_total").asInt()).isEqualTo(20);
        }
        assertThat(participant.look(sound).get("status").asText()).isEqualTo("completed");
    }

    @Test
    void inferenceIsTheBigNodes() throws Exception {
        Waiting.until("inference is there", () -> participant.state().equals("INFERENCE"));
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest models = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + agent.inferencePort() + "/v3.0.16/" + key + "/v1/models")).build();
            assertThat(client.send(models, HttpResponse.BodyHandlers.ofString()).body()).contains(MODEL);
        }
        assertThat(participant.call("GET", "/api/v1/gpu/devices", "").body()).contains("\"count\":2");
    }

    @Test
    void aPageOfAnotherSiteIsRefused() throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest stop = HttpRequest.newBuilder(URI.create(agent.url() + "/api/v1/stop")).header("Origin", "https://evil.example")
                    .POST(HttpRequest.BodyPublishers.noBody()).build();
            assertThat(client.send(stop, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(403);
            HttpRequest page = HttpRequest.newBuilder(URI.create(agent.url() + "/")).build();
            assertThat(client.send(page, HttpResponse.BodyHandlers.ofString()).body()).contains("connected").doesNotContain(TOKEN);
        }
    }

    private static String check(String token, int exit) {
        StringWriter out = new StringWriter();
        Map<String, String> environment = Map.of(
                "DELEGATION_BIG_NODE", "http://127.0.0.1:" + head.port(), "DELEGATION_BIG_NODE_TOKEN", token, "DELEGATION_DATA_DIR", folder.resolve("agent").toString(),
                "DELEGATION_AGENT_API", agent.url());
        assertThat(BigNodeCommand.commandLine(environment).setOut(new PrintWriter(out)).execute("agent", "--check")).as(out.toString()).isEqualTo(exit);
        assertThat(out.toString()).doesNotContain(token);
        return out.toString();
    }

    @Test
    void theCheckSaysWhetherAStageWouldWork() {
        assertThat(check(TOKEN, 0)).contains("knows the token", "ok    clock", "2 serve", MODEL, "ok    api", "A stage would work.").doesNotContain("FAIL");
        assertThat(check("another-token-of-some-length", 1)).contains("FAIL  token", "DELEGATION_BIG_NODE_TOKEN", "A stage would not work");
    }
}
