package io.bignode.session;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * The line that sums up a session's whole life, whatever heads it had; the idle share alone is of this head's time. Guarded by its session's
 * lock.
 */
final class Sprint {
    private final Activity.DeviceTime begun;
    private boolean told;

    /**
     * A session's whole life.
     *
     * @param raw         nonces computed
     * @param valid       those of them that count
     * @param delivered   those of them that were handed out
     * @param deviceNanos how long devices were busy with them
     * @param firstBatch  the session's age when the first batch was found; empty where none was
     */
    record Figures(long raw, long valid, long delivered, long deviceNanos, Optional<Duration> firstBatch) {}

    /**
     * A session's life begins, or goes on under a new head.
     *
     * @param begun the devices' time until now
     */
    Sprint(Activity.DeviceTime begun) {
        this.begun = begun;
    }

    /**
     * The line that sums up a session of which nothing more will come; empty when it was told before.
     *
     * @param now the devices' time until now
     */
    Optional<String> summary(String sessionId, SessionStatus status, Figures life, Activity.DeviceTime now) {
        if (told) return Optional.empty();
        told = true;
        return Optional.of(String.format(
                Locale.ROOT,
                "sprint of session %s is over: status=%s raw=%d valid=%d delivered=%d device_seconds=%.3f idle_share=%.3f first_batch_seconds=%s",
                sessionId, status.wire(), life.raw(), life.valid(), life.delivered(), life.deviceNanos() * 1e-9, now.idleShareSince(begun),
                life.firstBatch().map(age -> String.format(Locale.ROOT, "%.3f", age.toNanos() * 1e-9)).orElse("none")));
    }
}
