package io.bignode.proof.vllm;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.protocol.Found;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VectorProofTest {
    private static final String ARTIFACT = "{\"nonce\": 7, \"vector_b64\":\"AAAA\",\"more\":[1.50,{\"]\":\"}\"}]}";

    @ParameterizedTest
    @ValueSource(strings = {"null", "12", "-1.250e3", "true", "\"f16\"", "\"a \\\"quote\\\", and ]\"", "{\"dtype\":\"f16\",\"k_dim\":12}", "[1,[2]]", "{}"})
    void bothPartsStandAsTheyWereWritten(String encoding) {
        assertThat(VectorProof.of(new Found(7, "[" + ARTIFACT + "," + encoding + "]"))).isEqualTo(new VectorProof(ARTIFACT, encoding));
        assertThat(VectorProof.of(new Found(7, "[ " + ARTIFACT + " , " + encoding + " , 3 ]"))).isEqualTo(new VectorProof(ARTIFACT, encoding));
    }

    @ParameterizedTest
    @ValueSource(ints = {40_000, 87_384})
    void aLongVectorIsCutAsAShortOneIs(int length) {
        String artifact = "{\"vector_b64\":\"" + "A".repeat(length) + "\"}";
        assertThat(VectorProof.of(new Found(7, "[" + artifact + ",null]"))).isEqualTo(new VectorProof(artifact, "null"));
    }
}
