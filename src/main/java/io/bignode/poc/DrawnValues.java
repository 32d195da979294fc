package io.bignode.poc;

import java.util.TreeMap;

/** How many of the first values of a draw are there, while several threads hand over its pieces in any order. Safe for use by several threads. */
final class DrawnValues {
    /** Pieces behind a gap: where each begins and ends. */
    private final TreeMap<Long, Long> apart = new TreeMap<>();

    private long first;
    private boolean givenUp;

    /** Notes a piece. */
    synchronized void add(long from, long count) {
        apart.put(from, from + count);
        while (!apart.isEmpty() && apart.firstKey() == first) first = apart.pollFirstEntry().getValue();
        notifyAll();
    }

    /** No more pieces come. */
    synchronized void giveUp() {
        givenUp = true;
        notifyAll();
    }

    /**
     * Waits until more than the first {@code count} values are there.
     *
     * @return how many are there
     * @throws IllegalStateException when the draw was given up
     */
    synchronized long awaitMoreThan(long count) {
        boolean interrupted = false;
        while (first <= count && !givenUp) {
            try {
                wait();
            } catch (InterruptedException later) {
                interrupted = true;
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
        if (givenUp) throw new IllegalStateException("the draw of the weights was given up");
        return first;
    }
}
