package io.bignode.worker;

import java.time.Duration;

/** Pauses between tries of a device that fails: twice as long each time, up to half a minute. */
final class Backoff {
    private static final Duration FIRST = Duration.ofMillis(200);
    private static final Duration LONGEST = Duration.ofSeconds(30);

    private Duration next = FIRST;

    /** Sleeps for the next pause. */
    void pause() throws InterruptedException {
        Thread.sleep(next);
        next = next.multipliedBy(2).compareTo(LONGEST) > 0 ? LONGEST : next.multipliedBy(2);
    }

    /** The device worked: the next pause is short again. */
    void reset() {
        next = FIRST;
    }
}
