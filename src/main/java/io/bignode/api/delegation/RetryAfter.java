package io.bignode.api.delegation;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * When it makes sense to ask again for what there is no room for now. Sessions are stopped, devices join and disks are freed at any moment, so
 * that nobody knows: a poll's while rather than a session's life, and not the same for all that were refused together.
 */
final class RetryAfter {
    /** The shortest time that is sent, in seconds. */
    static final int LEAST = 5;

    /** The longest time that is sent, in seconds. */
    static final int MOST = 20;

    private static final int MAX_AT_ONCE = 3;

    private RetryAfter() {}

    /** A time for one refusal by a head that has just started, whose devices are found in a few seconds. */
    static Duration atOnce() {
        return Duration.ofSeconds(ThreadLocalRandom.current().nextInt(1, MAX_AT_ONCE + 1));
    }

    /** A time for one refusal. */
    static Duration soon() {
        return Duration.ofSeconds(ThreadLocalRandom.current().nextInt(LEAST, MOST + 1));
    }
}
