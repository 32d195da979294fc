package io.bignode.proof.vllm;

import static io.bignode.proof.vllm.BackendNode.MODEL;
import static io.bignode.proof.vllm.BackendNode.SEQUENCE;
import static io.bignode.proof.vllm.BackendNode.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.Waiting;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An ML node that is asked to validate more than it can: stages start all the same. */
@Timeout(120)
class ValidationLimitTest {
    private static final String GENERATE = "/mlnode/" + TOKEN + "/api/v1/inference/pow/generate";

    @TempDir
    Path folder;

    private static String validation(String key) {
        return BackendNode.order("ab", key, "org/nobody-serves-it", ", \"nonces\": [1], \"validation\": {\"artifacts\": [{\"nonce\": 1, \"vector_b64\": \"AAAA\"}]}");
    }

    @Test
    void unansweredValidationsHaveALimitOfTheirOwnAndHoldUpNoStage() throws Exception {
        Map<String, String> more = Map.of("DELEGATION_MLNODE", "on", "DELEGATION_CALLBACK_HOSTS", "127.0.0.1", "DELEGATION_MAX_SESSIONS", "1",
                "DELEGATION_MAX_WAITING", "1", "DELEGATION_MAX_VALIDATIONS", "5");
        try (BackendNode node = new BackendNode(folder, more)) {
            node.backend(MODEL, 2_000_000);
            node.start();
            Waiting.until("devices are there", () -> node.send("GET", "/health", "", "").statusCode() == 200);
            for (int request = 0; request < 5; request++) {
                assertThat(node.answer("POST", GENERATE, validation("k" + request), "").get("status").asText()).isEqualTo("queued");
            }
            HttpResponse<String> refused = node.send("POST", GENERATE, validation("one more"), "");
            assertThat(refused.statusCode()).as(refused.body()).isEqualTo(429);
            assertThat(refused.headers().firstValueAsLong("Retry-After")).hasValue(5);
            assertThat(refused.body()).contains("5 of yours");

            StandInParticipant participant = new StandInParticipant("http://127.0.0.1:" + node.port() + "/mlnode/" + TOKEN, "alice", 1, 3);
            assertThat(participant.start("ab", 7, MODEL, SEQUENCE)).isTrue();
            Waiting.until("the stage runs", () -> !participant.stored("ab").isEmpty());
            participant.close();
        }
    }
}
