package io.bignode.poc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.fixtures.Golden;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ProofCheckTest {
    static Stream<JsonNode> rows() {
        return StreamSupport.stream(Golden.read("validation.json").get("rows").spliterator(), false);
    }

    @ParameterizedTest
    @MethodSource("rows")
    void theVerdictIsTheValidators(JsonNode row) {
        ProofCheck check = ProofCheck.of(row.get("n").asInt(), row.get("n_invalid").asInt(), 1e-7);
        double expected = row.get("probability_honest").asDouble();
        assertThat(check.probabilityHonest()).isCloseTo(expected, within(1e-9 * expected));
        assertThat(check.fraudDetected()).isEqualTo(row.get("fraud_at_1e_7").asBoolean());
    }

    @Test
    void aDistanceEqualToTheTargetIsStillValid() {
        assertThat(ProofCheck.of(List.of(1.0, 1.4, Math.nextUp(1.4)), 1.4, 1e-7).nInvalid()).isEqualTo(1);
    }
}
