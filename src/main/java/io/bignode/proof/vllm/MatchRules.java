package io.bignode.proof.vllm;

import java.util.Map;

/**
 * When vectors of two backends count as the same, as the chain judges it.
 *
 * @param distances      the largest distance at which two vectors of a model match, by the model's id
 * @param pMismatch      how often vectors of sound backends are further apart than that
 * @param fraudThreshold how rare a number of mismatches must be among sound backends to count as a deviation
 */
public record MatchRules(Map<String, Double> distances, double pMismatch, double fraudThreshold) {
    /** The stricter of the chain's two values: sound backends of every model stay below it nearly always. */
    public static final double USUAL_DISTANCE = 0.4;

    /** The chain's own values. */
    public static final MatchRules USUAL = new MatchRules(Map.of(), 0.1, 0.01);

    /** Copies the map; refuses what is no probability. */
    public MatchRules {
        distances = Map.copyOf(distances);
        if (!(pMismatch > 0 && pMismatch < 1 && fraudThreshold > 0 && fraudThreshold < 1)) {
            throw new IllegalArgumentException("p_mismatch " + pMismatch + ", fraud_threshold " + fraudThreshold);
        }
    }

    /** The largest distance at which two vectors of a model match. */
    double distance(String model) {
        return distances.getOrDefault(model, USUAL_DISTANCE);
    }
}
