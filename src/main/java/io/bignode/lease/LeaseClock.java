package io.bignode.lease;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * The time by which devices are measured, in nanoseconds. It stands still while the head's thread does: messages of devices were not read meanwhile, so
 * that their deadlines and the timeouts of their checks must not expire because of it. Thread safe.
 */
final class LeaseClock implements LongSupplier {
    private final LongSupplier nanoTime;
    private volatile long stoodNanos;

    LeaseClock(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Subtracts the time for which the head's thread stood still. */
    synchronized void stood(Duration time) {
        stoodNanos += time.toNanos();
    }

    @Override
    public long getAsLong() {
        return nanoTime.getAsLong() - stoodNanos;
    }
}
