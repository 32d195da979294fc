package io.bignode.http;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * When it makes sense to ask again for what there is no room for now. Sessions are stopped, devices join and disks are freed at any moment, so
 * that nobody knows: a poll's while rather than a session's life, and not the same for all that were refused together.
 */
final class RetryAfter {
    /** The shortest time that is told, in seconds. */
    static final int LEAST = 5;

    /** The longest time that is told, in seconds. */
    static final int MOST = 20;

    private RetryAfter() {}

    /** A time for one refusal. */
    static Duration soon() {
        return Duration.ofSeconds(ThreadLocalRandom.current().nextInt(LEAST, MOST + 1));
    }
}
