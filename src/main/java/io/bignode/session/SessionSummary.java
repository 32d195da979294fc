package io.bignode.session;

import io.bignode.monitor.Activity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The line that sums up a session's whole life, whatever heads it had; the idle share alone is of this head's time. Guarded by its session's
 * lock.
 */
final class SessionSummary {
    private static final String FIGURES = "session {0} is over: status={1} computed={2,number,0} found={3,number,0} delivered={4,number,0}"
            + " device_seconds={5,number,0.000} idle_share={6,number,0.000} tenant={7}";
    private static final String WITH_BATCH = FIGURES + " first_batch_seconds={8,number,0.000}";
    private static final String WITHOUT_BATCH = FIGURES + " first_batch_seconds=none";

    private final Activity.DeviceTime begun;
    private boolean reported;

    /**
     * A session's whole life.
     *
     * @param computed    nonces computed
     * @param found       those of them that count
     * @param delivered   those of them that were handed out
     * @param deviceNanos how long devices were busy with them
     * @param firstBatch  the session's age when the first batch was found; empty where none was
     */
    record Figures(long computed, long found, long delivered, long deviceNanos, Optional<Duration> firstBatch) {}

    /**
     * A session's life begins, or goes on under a new head.
     *
     * @param begun the devices' time until now
     */
    SessionSummary(Activity.DeviceTime begun) {
        this.begun = begun;
    }

    /**
     * The line that sums up a session.
     *
     * @param template   its text, with places for the parameters
     * @param parameters its figures
     */
    record Summary(String template, List<Object> parameters) {
        Summary {
            parameters = List.copyOf(parameters);
        }

        /** Writes it. */
        void log(System.Logger log) {
            log.log(System.Logger.Level.INFO, template, parameters.toArray());
        }
    }

    /**
     * The line that sums up a session of which nothing more will come; empty when it was told before.
     *
     * @param now the devices' time until now
     */
    Optional<Summary> summary(String sessionId, String tenant, SessionStatus status, Figures life, Activity.DeviceTime now) {
        if (reported) return Optional.empty();
        reported = true;
        List<Object> parameters = new ArrayList<>(List.of(
                sessionId, status.wire(), life.computed(), life.found(), life.delivered(), life.deviceNanos() * 1e-9, now.idleShareSince(begun), tenant));
        life.firstBatch().ifPresent(age -> parameters.add(age.toNanos() * 1e-9));
        return Optional.of(new Summary(life.firstBatch().isPresent() ? WITH_BATCH : WITHOUT_BATCH, parameters));
    }
}
