package io.bignode.delivery;

import java.time.Duration;

/**
 * How batches are pushed.
 *
 * @param attempt  the most an attempt may take, from finding the address to the end of the answer
 * @param first    how long to wait after a first failed attempt; twice as long after each further one
 * @param longest  the longest wait between attempts
 * @param together the most attempts at a time
 * @param patience how long after a session's end its batches are pushed, where {@linkplain Push.BatchBody#ends they are worth nothing later}
 */
public record PushRules(Duration attempt, Duration first, Duration longest, int together, Duration patience) {
    /** Refuses what would never end or never begin. */
    public PushRules {
        if (!attempt.isPositive() || !first.isPositive() || longest.compareTo(first) < 0 || together < 1 || !patience.isPositive()) {
            throw new IllegalArgumentException(
                    "attempt " + attempt + ", first " + first + ", longest " + longest + ", together " + together + ", patience " + patience);
        }
    }

    /** The usual rules: 10 s an attempt, from 1 s to a minute between them, 32 at a time. */
    public static PushRules usual(Duration patience) {
        return new PushRules(Duration.ofSeconds(10), Duration.ofSeconds(1), Duration.ofMinutes(1), 32, patience);
    }

    /** The same, but no longer than a session's documents may wait. */
    Duration pause(int failures, Duration max, double luck) {
        if (max.compareTo(longest) >= 0) return pause(failures, luck);
        return new PushRules(attempt, max.compareTo(first) < 0 ? max : first, max, together, patience).pause(failures, luck);
    }

    /**
     * How long to wait after so many failed attempts in a row.
     *
     * @param luck in [0, 1): spreads what failed together over time, from half of the wait to all of it
     */
    Duration pause(int failures, double luck) {
        long nanos = first.toNanos();
        for (int i = 1; i < failures && nanos < longest.toNanos(); i++) nanos *= 2;
        return Duration.ofNanos((long) (Math.min(nanos, longest.toNanos()) * (0.5 + luck / 2)));
    }
}
