package io.bignode.monitor;

import java.util.Arrays;

/**
 * Work by the time it was done at: nonces of the last {@link #COUNT} steps, device time of the last {@link #RECENT} of them. Constant memory, some 2 KB, as there
 * is one for each device and session. Not thread safe.
 */
final class TimeBuckets {
    /** How many steps are remembered. */
    static final int COUNT = 240;

    /** How many steps device time is remembered of: a minute, and the step that is not over. */
    static final int RECENT = 31;

    private final int[] raw = new int[COUNT];
    private final int[] valid = new int[COUNT];
    private final long[] deviceNanos = new long[RECENT];

    /** The newest step anything was noted in; all others remembered are those before it. */
    private long newest;

    /** Buckets that begin at this step. */
    TimeBuckets(long step) {
        this.newest = step;
    }

    /** Notes work of a step that is not older than any noted before. A step's nonces count up to {@link Integer#MAX_VALUE}. */
    void add(long step, Work work) {
        reach(step);
        int place = place(step, COUNT);
        raw[place] = sum(raw[place], work.computed());
        valid[place] = sum(valid[place], work.found());
        deviceNanos[place(step, RECENT)] += work.deviceNanos();
    }

    private static int sum(int before, long more) {
        return Math.clamp(before + more, 0, Integer.MAX_VALUE);
    }

    /** The sum of the {@link #RECENT} last steps up to this one. */
    Work recent(long step) {
        long computed = 0;
        long found = 0;
        long nanos = 0;
        for (long bucket = Math.max(step, newest) - RECENT + 1; bucket <= Math.min(step, newest); bucket++) {
            computed += raw[place(bucket, COUNT)];
            found += valid[place(bucket, COUNT)];
            nanos += deviceNanos[place(bucket, RECENT)];
        }
        return new Work(computed, found, nanos);
    }

    /** Nonces computed in each of the last steps up to this one, the oldest first. */
    long[] raw(long step, int steps) {
        return line(raw, step, steps);
    }

    /** Nonces that count in each of the last steps up to this one, the oldest first. */
    long[] valid(long step, int steps) {
        return line(valid, step, steps);
    }

    /** Whether nothing of it is remembered any more at this step. */
    boolean forgotten(long step) {
        return step - newest >= COUNT;
    }

    private long[] line(int[] from, long step, int steps) {
        long[] line = new long[steps];
        for (int i = 0; i < steps; i++) {
            long bucket = step - steps + 1 + i;
            if (bucket <= newest && bucket > newest - COUNT) line[i] = from[place(bucket, COUNT)];
        }
        return line;
    }

    /** Steps between the newest and this one had nothing. */
    private void reach(long step) {
        if (step - newest >= COUNT) {
            Arrays.fill(raw, 0);
            Arrays.fill(valid, 0);
            Arrays.fill(deviceNanos, 0);
        } else {
            for (long bucket = newest + 1; bucket <= step; bucket++) {
                raw[place(bucket, COUNT)] = valid[place(bucket, COUNT)] = 0;
                deviceNanos[place(bucket, RECENT)] = 0;
            }
        }
        newest = Math.max(newest, step);
    }

    private static int place(long step, int count) {
        return (int) Math.floorMod(step, (long) count);
    }
}
