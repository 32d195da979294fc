package io.bignode.session;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** What one head saw of a session's life, for the line that sums it up. Guarded by its session's lock. */
final class Sprint {
    private final Activity.DeviceTime begun;
    private Work work = Work.NONE;
    private Optional<Duration> firstBatch = Optional.empty();
    private boolean told;

    /**
     * A session's life begins, or goes on under a new head.
     *
     * @param begun the devices' time until now
     */
    Sprint(Activity.DeviceTime begun) {
        this.begun = begun;
    }

    /** A lease's result became visible at this age of the session. */
    void worked(Work more, Duration age) {
        work = work.plus(more);
        if (firstBatch.isEmpty() && more.valid() > 0) firstBatch = Optional.of(age);
    }

    /**
     * The line that sums up a session of which nothing more will come; empty when it was told before.
     *
     * @param delivered how many nonces were handed out so far
     * @param now       the devices' time until now
     */
    Optional<String> summary(String sessionId, SessionStatus status, long delivered, Activity.DeviceTime now) {
        if (told) return Optional.empty();
        told = true;
        return Optional.of(String.format(
                Locale.ROOT,
                "sprint of session %s is over: status=%s raw=%d valid=%d delivered=%d device_seconds=%.3f idle_share=%.3f first_batch_seconds=%s",
                sessionId, status.wire(), work.raw(), work.valid(), delivered, work.deviceNanos() * 1e-9, now.idleShareSince(begun),
                firstBatch.map(age -> String.format(Locale.ROOT, "%.3f", age.toNanos() * 1e-9)).orElse("none")));
    }
}
