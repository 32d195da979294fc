package io.bignode.broker;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/** Limits log lines about repeated events: each kind is logged once a minute at most. Thread safe. */
final class OncePerMinute {
    private static final Duration PERIOD = Duration.ofMinutes(1);

    /** Beyond so many kinds within a minute the oldest may be logged again. */
    private static final int MAX = 1024;

    private final LongSupplier nanoTime;
    private final Recent<String, Long> lastDue = new Recent<>(MAX);

    /** Starts with every kind due. */
    OncePerMinute(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Whether an event of this kind is to be logged now; if so, it counts as logged. */
    synchronized boolean isDue(String kind) {
        long now = nanoTime.getAsLong();
        Optional<Long> last = lastDue.get(kind);
        if (last.isPresent() && now - last.get() < PERIOD.toNanos()) return false;
        lastDue.put(kind, now);
        return true;
    }
}
