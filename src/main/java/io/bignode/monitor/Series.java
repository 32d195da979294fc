package io.bignode.monitor;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/**
 * What was computed and found in each of the last steps of time, the oldest first; the last step is not over. All lines are equally long.
 *
 * @param step     how long a step is
 * @param from     when the first step began
 * @param total    of all that was asked for
 * @param sessions by a session's id, those that did anything
 * @param devices  by a device's id, likewise
 */
public record Series(Duration step, Instant from, Line total, Map<String, Line> sessions, Map<String, Line> devices) {
    /**
     * One line. The arrays are the receiver's own.
     *
     * @param raw   nonces computed
     * @param valid those that count
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Line(long[] raw, long[] valid) {}

    /** Copies the maps. */
    public Series {
        sessions = Map.copyOf(sessions);
        devices = Map.copyOf(devices);
    }
}
