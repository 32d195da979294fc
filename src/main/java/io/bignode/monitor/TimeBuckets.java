package io.bignode.monitor;

import java.util.Arrays;

/** Work by the time it was done at: the last {@link #COUNT} steps of it, in constant memory. Not thread safe. */
final class TimeBuckets {
    /** How many steps are remembered. */
    static final int COUNT = 240;

    private final long[] raw = new long[COUNT];
    private final long[] valid = new long[COUNT];
    private final long[] deviceNanos = new long[COUNT];

    /** The newest step anything was noted in; all others remembered are the {@code COUNT - 1} before it. */
    private long newest;

    /** Buckets that begin at this step. */
    TimeBuckets(long step) {
        this.newest = step;
    }

    /** Notes work of a step that is not older than any noted before. */
    void add(long step, Work work) {
        reach(step);
        int place = place(step);
        raw[place] += work.computed();
        valid[place] += work.found();
        deviceNanos[place] += work.deviceNanos();
    }

    /** The sum of the last steps up to this one. */
    Work sum(long step, int steps) {
        Work sum = Work.NONE;
        for (long bucket = step - steps + 1; bucket <= step; bucket++) {
            if (remembers(bucket)) sum = sum.plus(new Work(raw[place(bucket)], valid[place(bucket)], deviceNanos[place(bucket)]));
        }
        return sum;
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

    private long[] line(long[] from, long step, int steps) {
        long[] line = new long[steps];
        for (int i = 0; i < steps; i++) {
            long bucket = step - steps + 1 + i;
            if (remembers(bucket)) line[i] = from[place(bucket)];
        }
        return line;
    }

    private boolean remembers(long step) {
        return step <= newest && step > newest - COUNT;
    }

    private void reach(long step) {
        if (step - newest >= COUNT) {
            for (long[] all : new long[][] {raw, valid, deviceNanos}) Arrays.fill(all, 0);
        } else {
            for (long bucket = newest + 1; bucket <= step; bucket++) {
                int place = place(bucket);
                raw[place] = valid[place] = deviceNanos[place] = 0;
            }
        }
        newest = Math.max(newest, step);
    }

    private static int place(long step) {
        return (int) Math.floorMod(step, (long) COUNT);
    }
}
