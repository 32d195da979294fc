package io.bignode.broker;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;

/**
 * Pauses between tries to connect: longer each time, up to two seconds where the head is away and up to half a minute where it refuses, and
 * different for each of the workers that lost the same head.
 */
final class Backoff {
    private static final Duration FIRST = Duration.ofMillis(100);
    private static final Duration LONGEST_AWAY = Duration.ofSeconds(2);
    private static final Duration LONGEST_REFUSED = Duration.ofSeconds(30);

    private Duration next = FIRST;

    /** The longest that the pause after this failure may take; half of it at least is slept. */
    Duration next(JoinFailure.Kind kind) {
        Duration longest = kind == JoinFailure.Kind.REFUSED ? LONGEST_REFUSED : LONGEST_AWAY;
        Duration pause = next.compareTo(longest) > 0 ? longest : next;
        next = pause.multipliedBy(2);
        return pause;
    }

    /** Sleeps; an interrupt ends the pause. */
    void pause(BooleanSupplier wanted, JoinFailure.Kind kind) {
        if (!wanted.getAsBoolean()) return;
        long millis = next(kind).toMillis();
        try {
            Thread.sleep(millis / 2 + ThreadLocalRandom.current().nextLong(millis / 2 + 1));
        } catch (InterruptedException e) {
            // an interrupt means that the worker stops, which is checked before the next try
        }
    }

    /** The worker is connected: the next pause is short again. */
    void reset() {
        next = FIRST;
    }
}
