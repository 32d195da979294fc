package io.bignode.proof.vllm;

import static io.bignode.proof.vllm.BackendNode.JOIN_TOKEN;
import static io.bignode.proof.vllm.BackendNode.MODEL;
import static io.bignode.proof.vllm.BackendNode.SEQUENCE;
import static io.bignode.proof.vllm.BackendNode.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.fixtures.CapturedLog;
import io.bignode.fixtures.Waiting;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A head that a participant of the network registered as its ML node, with stand-in backends behind it. */
@Timeout(120)
class MlNodeTest {
    private static final int ENOUGH = 100;

    @TempDir
    private static Path folder;

    private static BackendNode node;
    private StandInParticipant participant;
    private String key;

    @BeforeAll
    static void start() throws Exception {
        node = new BackendNode(
                folder, Map.of("DELEGATION_MLNODE", "on", "DELEGATION_CALLBACK_HOSTS", "127.0.0.1", "DELEGATION_MAX_SESSIONS", "50"));
        node.backend(MODEL, 5_000_000);
        node.backend(MODEL, 5_000_000);
        node.start();
        Waiting.until("devices are there", () -> node.send("GET", "/health", "", "").statusCode() == 200);
    }

    @AfterAll
    static void end() throws Exception {
        node.close();
    }

    /** Each test is another participant's. */
    @BeforeEach
    void register(TestInfo test) throws Exception {
        key = test.getTestMethod().orElseThrow().getName();
        participant = new StandInParticipant("http://127.0.0.1:" + node.port() + "/mlnode/" + TOKEN + "/" + key, key, 1, 3);
    }

    @AfterEach
    void leave() throws Exception {
        participant.stop();
        participant.close();
    }

    private void requireSound(String block) {
        TreeMap<Long, String> stored = participant.stored(block);
        synchronized (participant) {
            stored.forEach((nonce, vector) -> assertThat(vector).isEqualTo(Vectors.of(block, key, MODEL, SEQUENCE, nonce, 12, "")));
        }
    }

    private boolean has(String block, long nonce) {
        synchronized (participant) {
            return participant.stored(block).containsKey(nonce);
        }
    }

    private int size(String block) {
        synchronized (participant) {
            return participant.stored(block).size();
        }
    }

    @Test
    void aStageRunsFromItsStartToItsStopAndEveryArtifactArrivesOnce() throws Exception {
        assertThat(participant.state()).isEqualTo("INFERENCE");
        assertThat(participant.status()).isEqualTo("IDLE");
        assertThat(participant.start("ab", 7, MODEL, SEQUENCE)).isTrue();
        Waiting.until("artifacts arrive", () -> size("ab") > ENOUGH);
        assertThat(participant.status()).isEqualTo("GENERATING");
        assertThat(participant.state()).isEqualTo("POW");
        String session = participant.init("ab", 7, MODEL, SEQUENCE).get("session_id").asText();
        assertThat(participant.init("ab", 7, MODEL, SEQUENCE).get("session_id").asText()).as("the same again is the same session").isEqualTo(session);

        participant.stop();
        assertThat(participant.status()).isEqualTo("IDLE");
        Waiting.until("all that was found is pushed", () -> !node.answer("GET", "/api/v1/delegation/session/" + session, "", TOKEN).get("session_active").asBoolean());
        requireSound("ab");
        assertThat((double) participant.stored("ab").lastKey() / 3 / size("ab")).as("largest nonce index to count").isLessThan(2);
        assertThat(participant.again()).isZero();
        assertThat(participant.refusals()).isEmpty();
    }

    @Test
    void anotherBlockBeginsAtOnceAndTheOneBeforeGetsNoMoreLeases() throws Exception {
        participant.start("ab", 7, MODEL, SEQUENCE);
        Waiting.until("artifacts of the first arrive", () -> size("ab") > 50);
        String before = participant.init("ab", 7, MODEL, SEQUENCE).get("session_id").asText();
        participant.init("cd", 9, MODEL, SEQUENCE);
        Waiting.until("artifacts of the second arrive, from its first nonce on", () -> size("cd") > ENOUGH && has("cd", 1));

        requireSound("ab");
        requireSound("cd");
        assertThat(participant.status()).isEqualTo("GENERATING");
        assertThat(node.answer("GET", "/api/v1/delegation/session/" + before, "", TOKEN).get("status").asText()).isEqualTo("stopped");
    }

    @Test
    void oneBadArtifactIsSetAsideAndTheOthersArrive() throws Exception {
        participant.poison(31);
        participant.start("ab", 7, MODEL, SEQUENCE);
        Waiting.until("it is set aside", () -> node.alarms.list().stream()
                .anyMatch(alarm -> alarm.key().equals("push/set-aside") && alarm.text().contains("nonce 31 is refused")));
        Waiting.until("its neighbours arrive", () -> has("ab", 28) && has("ab", 34) && size("ab") > ENOUGH);

        assertThat(has("ab", 31)).isFalse();
        requireSound("ab");
    }

    @Test
    void whatIsFoundWhileTheReceiverIsNotInItsPhaseArrivesLater() throws Exception {
        participant.phase(StandInParticipant.Phase.INFERENCE);
        participant.start("ab", 7, MODEL, SEQUENCE);
        Waiting.until("a post is refused", () -> participant.posts() > 0);
        participant.phase(StandInParticipant.Phase.GENERATE);
        Waiting.until("artifacts arrive", () -> size("ab") > ENOUGH);
        requireSound("ab");
        assertThat(participant.again()).isZero();
    }

    @Test
    void validationRunsBesideAStageAndItsVerdictArrivesWhenItsPhaseComes() throws Exception {
        participant.start("ab", 7, MODEL, SEQUENCE);
        Waiting.until("artifacts arrive", () -> size("ab") > 50);
        String sound = participant.validate("ab", 7, MODEL, SEQUENCE, "bob", Vectors.ofBlock("bob", ""));
        String forged = participant.validate("ab", 7, MODEL, SEQUENCE, "eve", Vectors.ofBlock("eve", "made up"));
        Waiting.until("both are answered", () -> participant.look(sound).get("status").asText().equals("completed")
                && participant.look(forged).get("status").asText().equals("completed"));

        assertThat(participant.look(sound).get("n_total").asInt()).isEqualTo(20);
        assertThat(participant.verdicts()).as("its phase has not come").isEmpty();
        participant.phase(StandInParticipant.Phase.VALIDATE);
        Waiting.until("both verdicts arrive", () -> participant.verdicts().size() == 2);
        for (JsonNode verdict : participant.verdicts()) {
            boolean isForged = verdict.get("public_key").asText().equals("eve");
            assertThat(verdict.get("request_id").asText()).isEqualTo(isForged ? forged : sound);
            assertThat(verdict.get("fraud_detected").asBoolean()).isEqualTo(isForged);
        }
        assertThat(participant.call("GET", "/api/v1/inference/pow/generate/unknown", "").statusCode()).isEqualTo(404);
        assertThat(participant.status()).as("the stage goes on").isEqualTo("GENERATING");
    }

    @Test
    void aNonceThatCannotBeComputedIsTriedByTwoBackendsAndNotForEver() throws Exception {
        node.fail(0, StandInBackend.Fault.NAN, 1);
        node.fail(1, StandInBackend.Fault.NAN, 1);
        participant.start("ab", 7, MODEL, SEQUENCE);
        Waiting.until("artifacts arrive", () -> size("ab") > ENOUGH);
        node.fail(0, StandInBackend.Fault.NONE, 1);
        node.fail(1, StandInBackend.Fault.NONE, 1);
        int before = size("ab");
        Waiting.until("more arrive", () -> size("ab") > before + ENOUGH);
        participant.stop();
        requireSound("ab");
        assertThat(participant.again()).isZero();
    }

    @Test
    void aWrongTokenIsRefusedAndNoTokenIsLoggedOrCounted() throws Exception {
        try (CapturedLog log = new CapturedLog("io.bignode", Level.ALL)) {
            StandInParticipant stranger = new StandInParticipant("http://127.0.0.1:" + node.port() + "/mlnode/wrong-token-of-a-stranger", "eve", 1, 3);
            assertThat(stranger.call("GET", "/api/v1/state", "").statusCode()).isEqualTo(401);
            assertThat(stranger.call("POST", "/api/v1/inference/pow/init/generate", "{}").statusCode()).isEqualTo(401);
            stranger.close();
            assertThat(participant.call("POST", "/api/v1/inference/pow/init/generate", "{}").statusCode()).isEqualTo(422);
            participant.start("ab", 7, MODEL, SEQUENCE);
            participant.stop();
            String metrics = node.send("GET", "/metrics", "", JOIN_TOKEN).body();
            assertThat(metrics).contains("/mlnode/{token}/{version}/api/v1/state").doesNotContain(TOKEN, "wrong-token");
            assertThat(String.join("\n", log.lines())).doesNotContain(TOKEN, "wrong-token");
        }
    }

    @Test
    void whateverIsCalledTheNodeAnswersAndTellsNoToken() throws Exception {
        callAnything(150);
    }

    @Test
    @Tag("full")
    @Timeout(900)
    void aHundredThousandMutatedCallsAreAnswered() throws Exception {
        callAnything(100_000);
    }

    /** Calls of the field with parts changed at random; 503 is an answer, any other status of the server's own fault is not. */
    private void callAnything(int calls) throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        String order = "{\"block_hash\": \"fuzz\", \"block_height\": 7, \"public_key\": \"" + key + "\", \"node_id\": 1, \"node_count\": 3, \"url\": \"" + participant.url()
                + "\", \"params\": {\"model\": \"" + MODEL + "\", \"seq_len\": 1024}, \"batch_size\": 100, \"r_target\": 1.4, \"fraud_threshold\": 1e-7, \"nonces\": [1], \"dist\": [1.3],"
                + " \"validation\": {\"artifacts\": [{\"nonce\": 1, \"vector_b64\": \"AAAA\"}]}}";
        List<String> paths = List.of("/api/v1/state", "/api/v1/inference/pow/status", "/api/v1/inference/pow/init/generate", "/api/v1/inference/pow/stop",
                "/api/v1/inference/pow/generate", "/api/v1/inference/pow/generate/abc", "/api/v1/gpu/devices", "/api/v1/inference/up", "/v1/models", "/v1/chat/completions", "/v1/completions", "/health",
                "/api/v1/pow/status", "/api/v1/pow/init/generate", "/api/v1/pow/phase/generate", "/api/v1/pow/init/validate", "/api/v1/pow/phase/validate",
                "/api/v1/pow/validate", "/api/v1/pow/stop");
        try (CapturedLog log = new CapturedLog("io.bignode", Level.ALL)) {
            for (int call = 0; call < calls; call++) {
                String path = random.nextInt(4) > 0 ? paths.get(random.nextInt(paths.size())) : mutated(paths.get(random.nextInt(paths.size())), random);
                String body = random.nextInt(8) == 0 ? "" : mutated(order, random);
                String method = List.of("GET", "POST", "POST", "POST", "DELETE", "PUT").get(random.nextInt(6));
                try {
                    int status = status(method, path, body);
                    assertThat(status < 500 || status == 503 || status == 502).as("seed %d, call %d: %s %s answers %d to %s", seed, call, method, path, status, body).isTrue();
                } catch (IllegalArgumentException _) {
                    // no URL: a client sends none
                }
            }
            assertThat(String.join("\n", log.lines())).doesNotContain(TOKEN);
        }
        assertThat(participant.state()).as("the node goes on").isIn("POW", "INFERENCE", "STOPPED");
    }

    /** A kept connection may end just as it is used again; the call is made again then, by another one, and has to be answered. */
    private int status(String method, String path, String body) throws Exception {
        try {
            return participant.call(method, path, body).statusCode();
        } catch (IOException _) {
            return participant.call(method, path, body).statusCode();
        }
    }

    /** A text with some of its characters changed, left out or doubled, or one of its numbers made another. */
    private static String mutated(String text, Random random) {
        StringBuilder changed = new StringBuilder(text);
        for (int count = random.nextInt(4); count > 0 && !changed.isEmpty(); count--) {
            int place = random.nextInt(changed.length());
            switch (random.nextInt(4)) {
                case 0 -> changed.deleteCharAt(place);
                case 1 -> changed.insert(place, (char) (32 + random.nextInt(95)));
                case 2 -> changed.setCharAt(place, (char) (32 + random.nextInt(95)));
                default -> {
                    String[] odd = {"null", "-1", "9223372036854775808", "1e999", "[]", "{}", "\"\"", "2147483648", "true"};
                    String number = changed.toString().replaceFirst("\\b[0-9]+\\b", odd[random.nextInt(odd.length)]);
                    changed.setLength(0);
                    changed.append(number);
                }
            }
        }
        return changed.toString();
    }
}
