package io.bignode.lease;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * The time by which devices are measured, in nanoseconds. It stands still while the head's thread does: what devices said meanwhile was not heard, so that
 * their deadlines and the timeouts with their checks must not run out over it. Thread safe.
 */
final class LeaseClock implements LongSupplier {
    private final LongSupplier nanoTime;
    private volatile long stoodNanos;

    LeaseClock(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** The head's thread stood still for so long. */
    synchronized void stood(Duration time) {
        stoodNanos += time.toNanos();
    }

    @Override
    public long getAsLong() {
        return nanoTime.getAsLong() - stoodNanos;
    }
}
