package io.bignode.session;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** A clock moved by hand; starts close to where nanoseconds overflow, as {@link System#nanoTime} may. */
public final class ManualTime implements InstantSource, LongSupplier {
    private static final long START = Long.MAX_VALUE - Duration.ofSeconds(100).toNanos();
    private final AtomicLong nanos = new AtomicLong(START);

    /** Lets time pass. */
    public void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Override
    public long getAsLong() {
        return nanos.get();
    }

    @Override
    public Instant instant() {
        return Instant.EPOCH.plusNanos(nanos.get() - START);
    }
}
