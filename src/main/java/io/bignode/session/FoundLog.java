package io.bignode.session;

import java.util.ArrayDeque;

/**
 * How many batches a session found and how far they were handed out; the batches themselves are in the store. Batches are numbered from 1;
 * a cursor is the number of the last batch seen, 0 for none. Guarded by its session's lock.
 *
 * <p>A batch is numbered when it goes to the store and visible once it is durable there.
 */
final class FoundLog {
    private long numbered;
    private long numberedTotal;
    private long newest;
    private long total;
    private long settled;

    /** How many nonces the batches up to {@link #settled} hold. */
    private long settledNonces;

    /** How many nonces each visible batch after {@link #settled} holds. */
    private final ArrayDeque<Integer> unsettled = new ArrayDeque<>();

    /** Nothing was found. */
    FoundLog() {}

    /** The log as the store has it: all of it is visible. */
    FoundLog(SessionProgress stored) {
        numbered = newest = stored.batches();
        numberedTotal = total = stored.found();
        settled = stored.settled();
        // The store keeps no sizes of batches apart from the batches: until these are settled, each counts for the average.
        settledNonces = newest == 0 ? 0 : Math.round((double) total * settled / newest);
        long left = total - settledNonces;
        for (long batch = settled; batch < newest; batch++) {
            long size = left / (newest - batch);
            unsettled.add((int) size);
            left -= size;
        }
    }

    /** Numbers the next batch, of so many nonces. */
    long number(int nonces) {
        numberedTotal += nonces;
        return ++numbered;
    }

    /** How many batches were numbered. */
    long numbered() {
        return numbered;
    }

    /** How many nonces they hold. */
    long numberedTotal() {
        return numberedTotal;
    }

    /** Makes the next batch visible; batches come in the order of their numbers. */
    void publish(long number, int nonces) {
        if (number != newest + 1) throw new IllegalStateException("batch " + number + " after " + newest);
        newest = number;
        total += nonces;
        unsettled.add(nonces);
    }

    /** The number of the newest visible batch. */
    long newest() {
        return newest;
    }

    /** How many nonces visible batches hold. */
    long total() {
        return total;
    }

    /** The last batch that was delivered or acknowledged. */
    long settled() {
        return settled;
    }

    /** How many nonces were delivered or acknowledged. */
    long settledNonces() {
        return settledNonces;
    }

    /**
     * Marks everything up to a cursor as handed out for good.
     *
     * @return whether that is more than before
     */
    boolean settle(long cursor) {
        if (cursor <= settled) return false;
        for (long batch = settled; batch < cursor; batch++) settledNonces += unsettled.remove();
        settled = cursor;
        return true;
    }
}
