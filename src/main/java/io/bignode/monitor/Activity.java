package io.bignode.monitor;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What sessions and devices did lately: eight minutes by steps of two seconds. Thread safe, calls nobody with its lock held.
 *
 * <p>Work counts when it becomes visible to small nodes. Memory is bounded: what did nothing for eight minutes is forgotten, and where more
 * did something than are remembered, those that did for the longest time.
 */
public final class Activity {
    /** The length of a step. */
    public static final Duration STEP = Duration.ofSeconds(2);

    /** As many as a head keeps that ended. */
    private static final int MAX_SESSIONS = 10_000;

    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final long origin;
    private final TimeBuckets total = new TimeBuckets(0);
    private final Map<String, TimeBuckets> sessions = new LruMap<>(MAX_SESSIONS);
    private final Map<String, TimeBuckets> devices = LruMap.ofDevices();

    /** All work of a device since this was made. */
    private final Map<String, Work> lifeWork = LruMap.ofDevices();

    private long swept;
    private int devicesNow;
    private long countedNanos;
    private long hadNanos;
    private long busyNanos;

    /**
     * The time that devices had since this was made.
     *
     * @param hadNanos  the sum over all devices of the time that each could have worked
     * @param busyNanos how much of it was used
     */
    public record DeviceTime(long hadNanos, long busyNanos) {
        /** The share of the time since an earlier moment that was not used, 0 to 1; 0 where there was none. */
        public double idleShareSince(DeviceTime before) {
            long had = hadNanos - before.hadNanos;
            return had <= 0 ? 0 : Math.clamp(1 - (busyNanos - before.busyNanos) / (double) had, 0, 1);
        }
    }

    /** No work was done yet. */
    public Activity(InstantSource clock, LongSupplier nanoTime) {
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.origin = nanoTime.getAsLong();
        this.countedNanos = origin;
    }

    /** Notes that a device worked for a session. */
    public synchronized void worked(String sessionId, String deviceId, Work work) {
        long step = step();
        sweep(step);
        total.add(step, work);
        busyNanos += work.deviceNanos();
        sessions.computeIfAbsent(sessionId, _ -> new TimeBuckets(step)).add(step, work);
        devices.computeIfAbsent(deviceId, _ -> new TimeBuckets(step)).add(step, work);
        lifeWork.merge(deviceId, work, Work::plus);
    }

    /** Notes how many devices may get leases from now on. */
    public synchronized void devices(int count) {
        countDevices();
        devicesNow = count;
    }

    /** The devices' time until now. */
    public synchronized DeviceTime deviceTime() {
        countDevices();
        return new DeviceTime(hadNanos, busyNanos);
    }

    private void countDevices() {
        long now = nanoTime.getAsLong();
        hadNanos += devicesNow * (now - countedNanos);
        countedNanos = now;
    }

    /** All devices' last minute. */
    public synchronized RecentRate pace() {
        return pace(total, elapsed());
    }

    /**
     * A session's last minute.
     *
     * @param age since when there could have been work
     */
    public synchronized RecentRate ofSession(String sessionId, Duration age) {
        return pace(sessions.get(sessionId), age);
    }

    /** A device's last minute. */
    public synchronized RecentRate ofDevice(String deviceId) {
        return pace(devices.get(deviceId), elapsed());
    }

    /** All a device did since this head started. */
    public synchronized Work lifeWork(String deviceId) {
        return lifeWork.getOrDefault(deviceId, Work.NONE);
    }

    /** The last eight minutes of everything, or less where there was less. */
    public synchronized Series series() {
        long step = step();
        int steps = steps(step);
        return new Series(STEP, from(step, steps), line(total, step, steps), lines(sessions, step, steps, _ -> true), lines(devices, step, steps, _ -> true));
    }

    /** The last eight minutes of some sessions, without devices; the total is these sessions' own. */
    public synchronized Series series(Predicate<String> session) {
        long step = step();
        int steps = steps(step);
        Map<String, Series.Line> lines = lines(sessions, step, steps, session);
        Series.Line sum = new Series.Line(new long[steps], new long[steps]);
        for (Series.Line line : lines.values()) {
            for (int i = 0; i < steps; i++) {
                sum.raw()[i] += line.raw()[i];
                sum.valid()[i] += line.valid()[i];
            }
        }
        return new Series(STEP, from(step, steps), sum, lines, Map.of());
    }

    private static Map<String, Series.Line> lines(Map<String, TimeBuckets> all, long step, int steps, Predicate<String> wanted) {
        Map<String, Series.Line> lines = new HashMap<>();
        all.forEach((id, buckets) -> {
            if (wanted.test(id) && !buckets.forgotten(step)) lines.put(id, line(buckets, step, steps));
        });
        return lines;
    }

    private static Series.Line line(TimeBuckets buckets, long step, int steps) {
        return new Series.Line(buckets.raw(step, steps), buckets.valid(step, steps));
    }

    /** The whole steps of a minute and the one that is not over. */
    private RecentRate pace(@Nullable TimeBuckets buckets, Duration age) {
        long nanos = elapsed().toNanos();
        long step = nanos / STEP.toNanos();
        Duration window = Duration.ofSeconds(60).plusNanos(nanos - step * STEP.toNanos());
        Duration min = Duration.ofSeconds(1);
        Duration over = age.compareTo(window) < 0 ? age : window;
        if (elapsed().compareTo(over) < 0) over = elapsed();
        if (over.compareTo(min) < 0) over = min;
        return new RecentRate(buckets == null ? Work.NONE : buckets.recent(step), over);
    }

    private void sweep(long step) {
        if (step == swept) return;
        swept = step;
        sessions.values().removeIf(buckets -> buckets.forgotten(step));
        devices.values().removeIf(buckets -> buckets.forgotten(step));
    }

    private Duration elapsed() {
        return Duration.ofNanos(nanoTime.getAsLong() - origin);
    }

    private long step() {
        return elapsed().toNanos() / STEP.toNanos();
    }

    private static int steps(long step) {
        return (int) Math.min(TimeBuckets.COUNT, step + 1);
    }

    private Instant from(long step, int steps) {
        return clock.instant().minus(elapsed()).plus(STEP.multipliedBy(step - steps + 1));
    }
}
