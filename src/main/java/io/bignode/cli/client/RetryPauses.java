package io.bignode.cli.client;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long a client waits before it asks again: as long as the node said, or twice as long after every failure. Up to a quarter is added at random, so
 * that clients that were refused together do not come back together.
 */
final class RetryPauses {
    /** The longest pause, whatever a node asks for: asking once in this time does no harm. */
    static final Duration LIMIT = Duration.ofSeconds(60);

    private static final Duration FIRST = Duration.ofMillis(250);
    private static final int DOUBLINGS = 5;

    private final RandomGenerator random;

    /** Pauses of one client. */
    RetryPauses(RandomGenerator random) {
        this.random = random;
    }

    /**
     * The next pause.
     *
     * @param asked    what the node's Retry-After says; zero where it says nothing
     * @param failures how many requests failed in a row, at least one
     */
    Duration next(Duration asked, int failures) {
        Duration min = FIRST.multipliedBy(1L << Math.min(failures - 1, DOUBLINGS));
        if (asked.isPositive()) min = asked.compareTo(LIMIT) < 0 ? asked : LIMIT;
        return min.plusNanos(random.nextLong(min.toNanos() / 4));
    }
}
