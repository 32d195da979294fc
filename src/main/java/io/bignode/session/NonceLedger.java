package io.bignode.session;

import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which nonce indices of an order are untouched, in flight, returned or computed; shared by the consecutive sessions of the order. Thread
 * safe.
 *
 * <p>Indices from {@code next} on were never taken. Of those below, the ones in {@code returned} wait to be taken again and the ones in
 * {@code inFlight} are with a device; all others are computed.
 */
final class NonceLedger {
    private final long size;
    private final NavigableMap<Long, Long> returned = new TreeMap<>();
    private final NavigableMap<Long, Long> inFlight = new TreeMap<>();
    private long next;

    /** A ledger of a sequence none of whose nonces was taken. */
    NonceLedger(NonceSequence nonces) {
        this.size = nonces.size();
    }

    /**
     * Takes the lowest indices that are free: returned ones first, then new ones.
     *
     * @param max the most to take, at least 1; fewer are taken where the lowest gap or the sequence ends before
     * @return empty when the sequence is exhausted
     */
    synchronized Optional<NonceRange> take(int max) {
        if (max < 1) throw new IllegalArgumentException("take " + max);
        Map.Entry<Long, Long> gap = returned.pollFirstEntry();
        if (gap == null) {
            if (next == size) return Optional.empty();
            long first = next;
            next += Math.min(max, size - next);
            return Optional.of(fly(first, next));
        }
        long end = Math.min(gap.getValue(), gap.getKey() + Math.min(max, gap.getValue() - gap.getKey()));
        if (end < gap.getValue()) returned.put(end, gap.getValue());
        return Optional.of(fly(gap.getKey(), end));
    }

    /**
     * Ends the flight of a range: its first {@code computed} indices are done with, the others may be taken again.
     *
     * @throws IllegalStateException when the range is not in flight
     */
    synchronized void land(NonceRange range, int computed) {
        if (computed < 0 || computed > range.count()) throw new IllegalArgumentException(computed + " of " + range);
        if (!inFlight.remove(range.first(), range.end())) throw new IllegalStateException(range + " is not in flight");
        if (computed < range.count()) giveBack(range.first() + computed, range.end());
    }

    /** Whether there is nothing to take; it may be again when a range comes back. */
    synchronized boolean exhausted() {
        return next == size && returned.isEmpty();
    }

    /** The lowest index that was never taken. */
    synchronized long highWater() {
        return next;
    }

    private NonceRange fly(long first, long end) {
        inFlight.put(first, end);
        return new NonceRange(first, Math.toIntExact(end - first));
    }

    private void giveBack(long first, long end) {
        Map.Entry<Long, Long> before = returned.lowerEntry(first);
        if (before != null && before.getValue() == first) first = before.getKey();
        Long after = returned.remove(end);
        returned.put(first, after == null ? end : after);
    }
}
