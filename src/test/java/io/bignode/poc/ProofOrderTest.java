package io.bignode.poc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.json.Fault;
import io.bignode.json.InvalidDocumentException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProofOrderTest {
    private static ProofOrder read(String target) throws Exception {
        return ProofOrder.parse(new ObjectMapper()
                .readTree("{\"block_hash\":\"b\",\"block_height\":1,\"public_key\":\"k\",\"node_id\":0,\"params\":{},\"r_target\":" + target + "}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"10", "10.0", "2.5", "1e300", "1.4013564660458173", "1e-9"})
    void aTargetMayBeAnyFiniteNumberAboveZero(String target) throws Exception {
        assertThat(read(target).rTarget()).isEqualTo(Double.parseDouble(target));
        assertThat(read(read(target).toJson().get("r_target").toString()).rTarget()).isEqualTo(Double.parseDouble(target));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-0.0", "-1", "1e400", "1e-400", "\"10\"", "null", "true"})
    void anyOtherTargetIsRefused(String target) {
        InvalidDocumentException refusal = catchThrowableOfType(InvalidDocumentException.class, () -> read(target));
        assertThat(refusal.faults()).extracting(Fault::field).containsExactly("r_target");
    }
}
