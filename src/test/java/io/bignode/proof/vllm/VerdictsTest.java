package io.bignode.proof.vllm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.protocol.Found;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerdictsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Verdicts on so many nonces, of which the first so many do not match. */
    private static List<Found> verdicts(int all, int mismatches) {
        List<Found> verdicts = new ArrayList<>();
        for (int nonce = 0; nonce < all; nonce++) verdicts.add(new Found(nonce, nonce < mismatches ? "\"mismatch\"" : "\"match\""));
        return verdicts;
    }

    private static List<Found> artifacts(int all) {
        List<Found> artifacts = new ArrayList<>();
        for (int nonce = 0; nonce < all; nonce++) artifacts.add(new Found(nonce, "[{\"nonce\":" + nonce + ",\"vector_b64\":\"AAAA\"},null]"));
        return artifacts;
    }

    /** The binomial distribution with p = 0.1, computed by another program. */
    @ParameterizedTest
    @CsvSource({"1,1,false", "2,2,false", "3,2,false", "3,3,true", "20,6,false", "20,7,true", "32,0,false", "32,8,false", "32,9,true", "32,32,true"})
    void moreMismatchesThanChanceExplainsAreADeviation(int all, int mismatches, boolean deviates) {
        assertThat(Verdicts.deviation(artifacts(all), verdicts(all, mismatches)).isPresent()).isEqualTo(deviates);
    }

    @Test
    void twoCheckersDeviateWhereOneSaysThatVectorsMatchAndTheOtherThatTheyDoNot() {
        assertThat(Verdicts.deviation(verdicts(32, 32), verdicts(32, 31))).isEmpty();
        assertThat(Verdicts.deviation(verdicts(32, 32), verdicts(32, 1))).hasValueSatisfying(text -> assertThat(text).contains("31 of 32"));
    }

    @Test
    void anAnswerIsAVerdictOnTheNoncesThatItWasAskedAbout() throws Exception {
        JsonNode sound = JSON.readTree("{\"status\": \"completed\", \"n_total\": 3, \"n_mismatch\": 1, \"mismatch_nonces\": [5], \"p_value\": 0.3}");
        assertThat(Verdicts.of(sound, new long[] {2, 5, 8})).containsExactly(
                new Found(2, "\"match\""), new Found(5, "\"mismatch\""), new Found(8, "\"match\""));
        assertThatThrownBy(() -> Verdicts.of(sound, new long[] {2, 5})).isInstanceOf(BackendException.class);
        JsonNode half = JSON.readTree("{\"status\": \"running\"}");
        assertThatThrownBy(() -> Verdicts.of(half, new long[] {2})).isInstanceOf(BackendException.class);
    }
}
