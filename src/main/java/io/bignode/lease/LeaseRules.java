package io.bignode.lease;

import java.time.Duration;

/**
 * How leases are sized and when they are given up.
 *
 * @param target      the device time a lease should take
 * @param growth      how many times the largest lease measured so far the next one may be
 * @param batches     how many of the device's batches a lease may hold
 * @param failures    how many leases of the same nonces may fail before their session ends in error
 * @param cancelGrace how long a cancelled lease may take to end before it is given up and its range returned
 * @param timeouts    how long any other lease may take
 */
public record LeaseRules(Duration target, int growth, int batches, int failures, Duration cancelGrace, LeaseTimeouts timeouts) {
    /** Refuses what is not positive. */
    public LeaseRules {
        if (!target.isPositive() || !cancelGrace.isPositive() || growth < 1 || batches < 1 || failures < 1) {
            throw new IllegalArgumentException("lease rules " + target + " " + growth + " " + batches + " " + failures + " " + cancelGrace);
        }
    }

    /**
     * The usual rules: a second of work, growing eightfold, four batches, five failures. A minute's grace leaves room for a weight pool
     * that is being made and cannot be interrupted.
     */
    public static LeaseRules usual() {
        return new LeaseRules(Duration.ofSeconds(1), 8, 4, 5, Duration.ofSeconds(60), LeaseTimeouts.usual());
    }
}
