package io.bignode.broker;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/** Keeps what happens again and again from filling a log: each kind of it is told once a minute at most. Thread safe. */
final class OncePerMinute {
    private static final Duration PERIOD = Duration.ofMinutes(1);

    /** Beyond so many kinds within a minute the oldest may be told again. */
    private static final int MAX = 1024;

    private final LongSupplier nanoTime;
    private final Recent<String, Long> lastDue = new Recent<>(MAX);

    /** Nothing was told yet. */
    OncePerMinute(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Whether this is to be told now; it counts as told then. */
    synchronized boolean isDue(String kind) {
        long now = nanoTime.getAsLong();
        Optional<Long> last = lastDue.get(kind);
        if (last.isPresent() && now - last.get() < PERIOD.toNanos()) return false;
        lastDue.put(kind, now);
        return true;
    }
}
