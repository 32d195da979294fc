package io.bignode.monitor;

import java.time.Duration;

/**
 * What was done lately, and how long lately is.
 *
 * @param work the work
 * @param over the time it was done in: about a minute, or less where there was less; a second at least
 */
public record RecentRate(Work work, Duration over) {
    /** Refuses a time too short to make a rate of. */
    public RecentRate {
        if (over.compareTo(Duration.ofSeconds(1)) < 0) throw new IllegalArgumentException("a pace over " + over);
    }

    /** Nonces computed per minute. */
    public double rawPerMinute() {
        return work.computed() * 60 / seconds();
    }

    /** Found nonces, those that count, per minute. */
    public double validPerMinute() {
        return work.found() * 60 / seconds();
    }

    /** The share of the time for which one device was busy, 1 at most. */
    public double busyShare() {
        return Math.min(1, work.deviceNanos() / (double) over.toNanos());
    }

    private double seconds() {
        return over.toNanos() * 1e-9;
    }
}
