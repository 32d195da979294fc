package io.bignode.api.operator;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Overviews second by second: whoever asks first in a second has it made, all others of the same viewer's name and scope get the same. Those of earlier seconds are
 * not kept: an overview of a large farm has megabytes. Thread safe.
 */
final class LiveFeed {
    private static final Duration STEP = Duration.ofSeconds(1);

    /**
     * An overview.
     *
     * @param second   when it was made
     * @param document not to be changed
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Snapshot(long second, byte[] document) {}

    private final Function<Viewer, byte[]> make;
    private final LongSupplier nanoTime;
    private final long origin;
    private final Map<Viewer, Snapshot> latest = new HashMap<>();
    private boolean closed;

    /**
     * A feed that has nothing yet.
     *
     * @param nanoTime as {@link System#nanoTime}
     */
    LiveFeed(Function<Viewer, byte[]> make, LongSupplier nanoTime) {
        this.make = make;
        this.nanoTime = nanoTime;
        this.origin = nanoTime.getAsLong();
    }

    /** The overview of this second, made now if nobody asked for it yet. */
    synchronized Snapshot now(Viewer viewer) {
        long second = second();
        Snapshot known = latest.get(viewer);
        if (known != null && known.second() == second) return known;
        latest.values().removeIf(snapshot -> snapshot.second() < second);
        Snapshot made = new Snapshot(second, make.apply(viewer));
        latest.put(viewer, made);
        return made;
    }

    /**
     * Waits for the next second, then gives its overview.
     *
     * @return empty when the server stops
     */
    synchronized Optional<Snapshot> after(Snapshot last, Viewer viewer) throws InterruptedException {
        while (!closed && second() <= last.second()) {
            long left = (last.second() + 1) * STEP.toNanos() - (nanoTime.getAsLong() - origin);
            wait(Math.max(1, Duration.ofNanos(left).toMillis()));
        }
        return closed ? Optional.empty() : Optional.of(now(viewer));
    }

    /** Ends every wait. */
    synchronized void close() {
        closed = true;
        notifyAll();
    }

    private long second() {
        return (nanoTime.getAsLong() - origin) / STEP.toNanos();
    }
}
