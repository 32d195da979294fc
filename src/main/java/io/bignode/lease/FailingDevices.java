package io.bignode.lease;

import io.bignode.monitor.LruMap;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Devices whose leases fail one after the other. Each waits longer before its next lease, a second at first and a minute at most, and that lease is a probe of
 * one nonce; the first lease that it finishes ends this. A failure may be the order's fault: a device may try work on which it did not fail yet at once.
 * Not thread safe; {@link Leases} guards it.
 */
final class FailingDevices {
    /** From so many failures in a row on a device has an alarm. */
    static final int TOLD = 3;

    private static final Duration FIRST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofMinutes(1);

    /** The longest that a device waits whose worker was connected anew. */
    private static final Duration CONNECTED = Duration.ofSeconds(10);

    /** So many leases that a device ends with nothing computed, unasked, count as a failure. */
    private static final int EMPTY_HANDED = 5;

    private static final int SESSIONS_REMEMBERED = 256;

    private static final class Streak {
        final Set<String> sessions = new HashSet<>();
        int failures;
        int emptyHanded;
        boolean hung;
        String reason = "";
        long untilNanos;
    }

    /**
     * What is known of a device that fails.
     *
     * @param failures how many of its leases failed in a row
     * @param reason   why the last one did
     */
    record Failing(int failures, String reason) {}

    private final Map<String, Streak> streaks;

    /**
     * None fails yet.
     *
     * @param forgotten called with each device that is forgotten because too many fail
     */
    FailingDevices(Consumer<String> forgotten) {
        this.streaks = new LruMap<>(LruMap.DEVICES, forgotten);
    }

    /**
     * A lease of a device failed.
     *
     * @param hung whether the device did not end it in time, rather than say that it failed
     */
    void failed(String deviceId, String sessionId, String reason, boolean hung, long now) {
        Streak streak = streaks.computeIfAbsent(deviceId, _ -> new Streak());
        streak.failures++;
        streak.hung |= hung;
        streak.reason = reason;
        if (streak.sessions.size() == SESSIONS_REMEMBERED) streak.sessions.clear();
        streak.sessions.add(sessionId);
        Duration pause = FIRST.multipliedBy(1L << Math.min(streak.failures - 1, 16));
        streak.untilNanos = now + (pause.compareTo(LONGEST) < 0 ? pause : LONGEST).toNanos();
    }

    /** A device handed back a lease unasked, or reported it as done with nothing computed. */
    void emptyHanded(String deviceId, String sessionId, long now) {
        Streak streak = streaks.computeIfAbsent(deviceId, _ -> new Streak());
        if (++streak.emptyHanded % EMPTY_HANDED == 0) failed(deviceId, sessionId, "it hands leases back with nothing computed", false, now);
    }

    /** A device's worker is connected anew: the device may have been repaired, or only the connection broke. It waits {@link #CONNECTED} at most. */
    void connected(String deviceId, long now) {
        Streak streak = streaks.get(deviceId);
        if (streak != null && streak.untilNanos - now > CONNECTED.toNanos()) streak.untilNanos = now + CONNECTED.toNanos();
    }

    /** A device finished a lease. */
    void worked(String deviceId) {
        streaks.remove(deviceId);
    }

    /** Whether the last lease of a device failed. */
    boolean fails(String deviceId) {
        Streak streak = streaks.get(deviceId);
        return streak != null && streak.failures > 0;
    }

    /**
     * Whether a device may have a lease of a session now.
     *
     * @param busy whether it has one already; while it fails it has one at a time
     */
    boolean mayTry(String deviceId, String sessionId, boolean busy, long now) {
        Streak streak = streaks.get(deviceId);
        if (streak == null || streak.failures == 0) return true;
        return !busy && (now - streak.untilNanos >= 0 || !streak.hung && !streak.sessions.contains(sessionId));
    }

    /** How a device fails; empty until it hung, or failed a few times in a row. */
    Optional<Failing> failing(String deviceId) {
        return Optional.ofNullable(streaks.get(deviceId))
                .filter(streak -> streak.hung || streak.failures >= TOLD)
                .map(streak -> new Failing(streak.failures, streak.reason));
    }

    /** The work of a session failed on several devices, so that the work is to blame: devices that failed on nothing else do not count as failing. */
    Set<String> forgive(String sessionId) {
        return drop(deviceId -> {
            Streak streak = streaks.get(deviceId);
            return streak != null && streak.sessions.remove(sessionId) && streak.sessions.isEmpty();
        });
    }

    /** Forgets devices; returns which. */
    Set<String> drop(Predicate<String> deviceId) {
        Set<String> dropped = new HashSet<>();
        for (String device : Set.copyOf(streaks.keySet())) if (deviceId.test(device)) dropped.add(device);
        dropped.forEach(streaks::remove);
        return dropped;
    }
}
