package io.bignode.lease;

import io.bignode.proof.Capacity;
import io.bignode.proof.ProofRules;

/**
 * What leasing needs to know of the proof function, and how far workers are trusted.
 *
 * @param proofs      when results are sound, and when two agree
 * @param capacity    which device can do which work
 * @param verifyShare the share of the results that a device of another source checks; 0 for none
 */
public record Policies(ProofRules proofs, Capacity capacity, double verifyShare) {
    /** Refuses a share outside of 0 to 1. */
    public Policies {
        if (!(verifyShare >= 0 && verifyShare <= 1)) throw new IllegalArgumentException("share " + verifyShare);
    }
}
