package io.bignode.broker;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;

/** Pauses between tries to connect: longer each time, up to two seconds, and not the same for all who lost the same head. */
final class Backoff {
    private static final Duration FIRST = Duration.ofMillis(100);
    private static final Duration LONGEST = Duration.ofSeconds(2);

    private Duration next = FIRST;

    /** Sleeps, unless nobody wants to go on. */
    void pause(BooleanSupplier wanted) {
        if (!wanted.getAsBoolean()) return;
        long millis = next.toMillis();
        next = next.multipliedBy(2).compareTo(LONGEST) > 0 ? LONGEST : next.multipliedBy(2);
        try {
            Thread.sleep(millis / 2 + ThreadLocalRandom.current().nextLong(millis / 2 + 1));
        } catch (InterruptedException e) {
            // whoever interrupts wants no more, which is asked before the next try
        }
    }

    /** It is connected: the next pause is short again. */
    void reset() {
        next = FIRST;
    }
}
