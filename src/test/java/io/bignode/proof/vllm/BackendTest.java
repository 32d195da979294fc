package io.bignode.proof.vllm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.protocol.Found;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class BackendTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String MODEL = "org/model-of-tests";
    private static final long[] NONCES = {3, 7, 11, 15};

    private StandInBackend backend;
    private Backend client;

    @BeforeEach
    void start() throws Exception {
        backend = new StandInBackend(new StandInBackend.Model(MODEL, 1024, 1_000, ""), 0);
        client = new Backend(backend.url());
    }

    @AfterEach
    void end() {
        client.close();
        backend.close();
    }

    private static VectorOrder order(String params) throws Exception {
        return new VectorOrder("ab12", 77, "key", 3, 4, (ObjectNode) JSON.readTree(params), Optional.of(true), Optional.empty(), Optional.empty());
    }

    private static VectorOrder order() throws Exception {
        return order("{\"model\": \"" + MODEL + "\", \"seq_len\": 1024}");
    }

    @Test
    void theModelThatIsServedIsTold() throws Exception {
        assertThat(client.look()).isEqualTo(new Backend.State(MODEL, false));
    }

    @Test
    void aBackendThatIsAwaySaysSo() throws Exception {
        URI away = backend.url();
        backend.close();
        try (Backend nobody = new Backend(away)) {
            assertThatThrownBy(nobody::look).isInstanceOf(BackendException.class).hasMessageContaining("it cannot be reached");
        }
    }

    @Test
    void everyNonceThatWasAskedForHasItsArtifactByteForByte() throws Exception {
        Artifacts artifacts = client.generate(order(), NONCES, PATIENCE, () -> false).orElseThrow();

        assertThat(artifacts.missing()).isEmpty();
        assertThat(artifacts.found()).extracting(Found::nonce).containsExactly(3L, 7L, 11L, 15L);
        for (Found found : artifacts.found()) {
            JsonNode proof = JSON.readTree(found.proof());
            assertThat(proof.get(0).get("vector_b64").asText()).isEqualTo(Vectors.of("ab12", "key", MODEL, 1024, found.nonce(), 12, ""));
            assertThat(proof.get(1).toString()).isEqualTo("{\"dtype\":\"f16\",\"k_dim\":12,\"endian\":\"le\"}");
        }
    }

    @Test
    void aNonceWithoutAFiniteVectorIsMissingAndTheOthersCount() throws Exception {
        backend.fail(StandInBackend.Fault.NAN, 1);
        Artifacts artifacts = client.generate(order(), NONCES, PATIENCE, () -> false).orElseThrow();

        assertThat(artifacts.found()).hasSize(3);
        assertThat(artifacts.missing()).containsExactly(15L);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            CONFLICT     | it answers 409: Params mismatch
            FULL         | it answers 429: Queue full
            CHAT_BUSY    | it answers 503: Engine busy with chat
            BROKEN       | it answers 500, and its answer is not JSON
            HALF         | the call failed
            WRONG_NONCE  | which was not asked for
            EMPTY_VECTOR | its answer has a vector of 0 bytes for nonce 3
            HUGE_VECTOR  | its answer has a vector of 65537 bytes for nonce 3""")
    void whateverElseItAnswersIsNoResult(StandInBackend.Fault fault, String reason) throws Exception {
        backend.fail(fault, 1);
        VectorOrder order = order();
        assertThatThrownBy(() -> client.generate(order, NONCES, PATIENCE, () -> false))
                .isInstanceOf(BackendException.class).hasMessageContaining(reason);
        backend.fail(StandInBackend.Fault.NONE, 1);
        assertThat(client.generate(order, NONCES, PATIENCE, () -> false)).isPresent();
    }

    @Test
    void aCallThatHangsEndsWithItsPatienceOrItsCancellation() throws Exception {
        backend.fail(StandInBackend.Fault.HANG, 1);
        VectorOrder order = order();
        assertThatThrownBy(() -> client.generate(order, NONCES, Duration.ofMillis(300), () -> false))
                .isInstanceOf(BackendException.class).hasMessageContaining("timed out");

        AtomicInteger asked = new AtomicInteger();
        assertThat(client.generate(order, NONCES, PATIENCE, () -> asked.incrementAndGet() > 3)).isEmpty();
    }

    @Test
    void anotherModelAndUnknownParametersAreRefusedByTheBackendInItsOwnWords() throws Exception {
        VectorOrder other = order("{\"model\": \"other\", \"seq_len\": 1024}");
        assertThatThrownBy(() -> client.generate(other, NONCES, PATIENCE, () -> false)).hasMessageContaining("it answers 409: Params mismatch: loaded " + MODEL);
        VectorOrder newer = order("{\"model\": \"" + MODEL + "\", \"seq_len\": 1024, \"scheme\": \"v3\"}");
        assertThatThrownBy(() -> client.generate(newer, NONCES, PATIENCE, () -> false)).hasMessageContaining("it answers 422").hasMessageContaining("scheme");
    }
}
