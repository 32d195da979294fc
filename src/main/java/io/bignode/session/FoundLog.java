package io.bignode.session;

import java.util.ArrayList;
import java.util.List;

/**
 * The batches a session found and how far they were handed out. Batches are numbered from 1; a cursor is the number of the last batch seen,
 * 0 for none. Guarded by its session's lock.
 */
final class FoundLog {
    private final List<List<Found>> batches = new ArrayList<>();
    private long total;
    private long settled;

    /** Appends a batch; an empty one is none. */
    void append(List<Found> found) {
        if (found.isEmpty()) return;
        batches.add(List.copyOf(found));
        total += found.size();
    }

    /** The number of the newest batch. */
    long newest() {
        return batches.size();
    }

    /** How many nonces were found. */
    long total() {
        return total;
    }

    /** The last batch that was delivered or acknowledged. */
    long settled() {
        return settled;
    }

    /** Marks everything up to a cursor as handed out for good. */
    void settle(long cursor) {
        settled = Math.max(settled, cursor);
    }

    /** Everything in the batches after a cursor in [0, {@link #newest()}]. */
    List<Found> after(long cursor) {
        return batches.subList(Math.toIntExact(cursor), batches.size()).stream().flatMap(List::stream).toList();
    }
}
