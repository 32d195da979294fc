package io.bignode.proof.vllm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.protocol.Found;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
        assertThat(Verdicts.deviation(artifacts(all), verdicts(all, mismatches), MatchRules.USUAL).isPresent()).isEqualTo(deviates);
    }

    /** With p = 0.2 the tail of 9 of 32 is 0.17 and that of 13 of 32 is 0.0061, computed by another program. */
    @Test
    void theRulesSayWhatChanceExplains() {
        MatchRules looser = new MatchRules(Map.of(), 0.2, 0.01);
        assertThat(Verdicts.deviation(artifacts(32), verdicts(32, 9), looser)).isEmpty();
        assertThat(Verdicts.deviation(artifacts(32), verdicts(32, 13), looser)).isPresent();
        assertThat(Verdicts.deviation(artifacts(32), verdicts(32, 13), new MatchRules(Map.of(), 0.2, 0.001))).isEmpty();
    }

    @Test
    void aCheckSaysTheThresholdOfItsModelAndTheRulesOfTheTest() throws Exception {
        VectorFunction function = new VectorFunction(new MatchRules(Map.of("org/large", 0.75), 0.2, 0.05));
        assertThat(test(function, "org/large").toString()).isEqualTo("{\"dist_threshold\":0.75,\"p_mismatch\":0.2,\"fraud_threshold\":0.05}");
        assertThat(test(function, "org/other").get("dist_threshold").asDouble()).isEqualTo(0.4);
        assertThat(test(new VectorFunction(), "org/large").toString())
                .as("the chain's own").isEqualTo("{\"dist_threshold\":0.4,\"p_mismatch\":0.1,\"fraud_threshold\":0.01}");
    }

    private static JsonNode test(VectorFunction function, String model) throws Exception {
        JsonNode order = JSON.readTree("{\"block_hash\": \"b\", \"block_height\": 7, \"public_key\": \"k\", \"node_id\": 1, \"node_count\": 2, \"params\":"
                + " {\"model\": \"" + model + "\", \"seq_len\": 8}}");
        return VectorOrder.of(function.check(VectorOrder.parse(order).work(), artifacts(32))).check().orElseThrow().get("stat_test");
    }

    @Test
    void twoCheckersDeviateWhereOneSaysThatVectorsMatchAndTheOtherThatTheyDoNot() {
        assertThat(Verdicts.deviation(verdicts(32, 32), verdicts(32, 31), MatchRules.USUAL)).isEmpty();
        assertThat(Verdicts.deviation(verdicts(32, 32), verdicts(32, 1), MatchRules.USUAL)).hasValueSatisfying(text -> assertThat(text).contains("31 of 32"));
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
