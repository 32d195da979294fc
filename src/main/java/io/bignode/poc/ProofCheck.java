package io.bignode.poc;

import java.util.List;
import org.apache.commons.statistics.distribution.BinomialDistribution;

/**
 * A validator's verdict on a proof batch: every received nonce is computed again, and the batch is fraud when so many of them miss r_target
 * that an honest sender would hardly ever produce it.
 *
 * @param nInvalid          nonces whose recomputed distance is above r_target
 * @param probabilityHonest P(X ≥ nInvalid), X binomial over the batch's nonces with {@link #MISMATCH_PROBABILITY}
 * @param fraudDetected     whether that probability is below the order's fraud_threshold
 */
public record ProofCheck(int nInvalid, double probabilityHonest, boolean fraudDetected) {
    /** How often another GPU's rounding puts an honest nonce on the other side of r_target. */
    public static final double MISMATCH_PROBABILITY = 5e-4;

    /**
     * Judges a batch from its recomputed distances.
     *
     * @param recomputed     the validator's own distances
     * @param rTarget        a nonce is invalid above this
     * @param fraudThreshold the batch is fraud below this probability
     */
    public static ProofCheck of(List<Double> recomputed, double rTarget, double fraudThreshold) {
        int invalid = (int) recomputed.stream().filter(distance -> distance > rTarget).count();
        return of(recomputed.size(), invalid, fraudThreshold);
    }

    /** Judges {@code nInvalid} misses among {@code n} nonces. */
    public static ProofCheck of(int n, int nInvalid, double fraudThreshold) {
        double honest = nInvalid == 0
                ? 1.0
                : BinomialDistribution.of(n, MISMATCH_PROBABILITY).survivalProbability(nInvalid - 1);
        return new ProofCheck(nInvalid, honest, honest < fraudThreshold);
    }
}
