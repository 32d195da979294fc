package io.bignode.session;

import io.bignode.protocol.NonceRange;
import io.bignode.protocol.NonceSequence;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Knows which nonce indices of an order are untouched, in flight, returned or computed; shared by the consecutive sessions of the order. Thread
 * safe.
 *
 * <p>Indices from {@code next} on were never taken. Of those below, the ones in {@code returned} wait to be taken again and the ones in
 * {@code inFlight} are with a device; all others are computed.
 *
 * <p>It notes what changed for the store, change by change: whoever calls it takes the notes with {@link #changes} and gives them to the
 * store before anybody else can call it, by holding its monitor meanwhile.
 */
final class NonceLedger {
    private final long lineage;
    private final long size;
    private final NavigableMap<Long, Long> returned = new TreeMap<>();
    private final Map<Long, Long> inFlight = new HashMap<>();
    private final UncomputedNonces uncomputed;
    private List<Change> changes = new ArrayList<>();
    private long next;

    /** How many indices below {@code next} are computed. */
    private long computed;

    /** A ledger of a sequence none of whose nonces was taken. */
    NonceLedger(long lineage, NonceSequence nonces) {
        this(lineage, nonces, Map.of());
    }

    private NonceLedger(long lineage, NonceSequence nonces, Map<Long, String> tried) {
        this.lineage = lineage;
        this.size = nonces.size();
        this.uncomputed = new UncomputedNonces(lineage, nonces, tried);
    }

    /**
     * A ledger as the store has it.
     *
     * @param flights the ranges in flight
     * @throws IllegalStateException when an index would be in two places at once
     */
    NonceLedger(StoreImage.Lineage stored, List<NonceRange> flights) {
        this(stored.id(), stored.nonces(), stored.tried());
        next = stored.next();
        returned.putAll(stored.gaps());
        flights.forEach(range -> inFlight.put(range.first(), range.end()));
        NavigableMap<Long, Long> all = new TreeMap<>(returned);
        flights.forEach(range -> all.put(range.first(), range.end()));
        long end = 0;
        for (Map.Entry<Long, Long> range : all.entrySet()) {
            if (range.getKey() < end || range.getValue() <= range.getKey()) throw overlap(range);
            end = range.getValue();
        }
        computed = next - all.entrySet().stream().mapToLong(range -> range.getValue() - range.getKey()).sum();
        if (end > next || next > size || all.size() < returned.size() + flights.size()) throw overlap(Map.entry(end, next));
    }

    /**
     * Takes the lowest indices that are free: returned ones first, then new ones.
     *
     * @param max the most to take, at least 1; fewer are taken where the lowest gap or the sequence ends before
     * @return empty when the sequence is exhausted
     */
    synchronized Optional<NonceRange> take(int max) {
        return take(max, max, Set.of());
    }

    /**
     * The same without the indices that came to nothing on this device: they stay for others. While the indices that are out outnumber those that are computed, no more than a batch
     * of new ones is taken: should a large range be lost, those after it are not far ahead of the count of results, however slow the devices are that are left.
     *
     * @param batch how many new ones may be taken at any time; more are taken in whole batches
     */
    synchronized Optional<NonceRange> take(int max, int batch, String deviceId) {
        return take(max, batch, uncomputed.of(deviceId));
    }

    /** The same without some of the returned indices. */
    synchronized Optional<NonceRange> take(int max, int batch, Set<Long> but) {
        if (max < 1) throw new IllegalArgumentException("take " + max);
        for (Map.Entry<Long, Long> gap : returned.entrySet()) {
            long first = gap.getKey();
            while (first < gap.getValue() && but.contains(first)) first++;
            if (first == gap.getValue()) continue;
            int count = 1;
            while (count < max && !but.isEmpty() && first + count < gap.getValue() && !but.contains(first + count)) count++;
            return Optional.of(take(Map.entry(gap.getKey(), gap.getValue()), first, but.isEmpty() ? max : count));
        }
        if (next == size) return Optional.empty();
        long first = next;
        long lead = 2 * computed - next;
        next += Math.min(max <= batch ? max : Math.clamp(lead / batch * batch, batch, max), size - next);
        changes.add(new Change.LineageAdvanced(lineage, next));
        return Optional.of(fly(first, next));
    }

    /**
     * Takes indices from a certain one on, where that one is among the returned; otherwise the lowest that are free.
     *
     * @param first the index wanted
     * @param max   the most to take, at least 1
     * @param batch how many new ones may be taken at any time
     * @return empty when the sequence is exhausted
     */
    synchronized Optional<NonceRange> takeFrom(long first, int max, int batch) {
        if (max < 1) throw new IllegalArgumentException("take " + max);
        Map.Entry<Long, Long> gap = returned.floorEntry(first);
        return gap == null || gap.getValue() <= first ? take(max, batch, Set.of()) : Optional.of(take(gap, first, max));
    }

    private NonceRange take(Map.Entry<Long, Long> gap, long first, int max) {
        long end = first + Math.min(max, gap.getValue() - first);
        close(gap.getKey());
        if (gap.getKey() < first) open(gap.getKey(), first);
        if (end < gap.getValue()) open(end, gap.getValue());
        return fly(first, end);
    }

    /**
     * Ends the flight of a range: its first {@code computed} indices are done with, the others may be taken again.
     *
     * @throws IllegalStateException when the range is not in flight
     */
    synchronized void land(NonceRange range, int computed) {
        if (computed < 0 || computed > range.count()) throw new IllegalArgumentException(computed + " of " + range);
        if (!inFlight.remove(range.first(), range.end())) throw new IllegalStateException(range + " is not in flight");
        this.computed += computed;
        if (computed < range.count()) giveBack(range.first() + computed, range.end());
    }

    /**
     * Ends the flight of a range some of whose computed nonces came to nothing: what another device is to try may be taken again.
     *
     * @param nothing the nonces that came to nothing
     * @return how many another device is to try
     * @throws IllegalStateException when the range is not in flight
     */
    synchronized int land(NonceRange range, int computed, String deviceId, List<Long> nothing) {
        land(range, computed);
        if (computed == 0) return 0;
        List<Long> again = uncomputed.done(deviceId, new NonceRange(range.first(), computed), nothing, changes);
        again.forEach(this::reopen);
        return again.size();
    }

    /** Gives back an index that counted as computed. */
    synchronized void reopen(long index) {
        computed--;
        giveBack(index, index + 1);
    }

    /** Whether there is nothing to take; it may be again when a range comes back. */
    synchronized boolean exhausted() {
        return next == size && returned.isEmpty();
    }

    /** What changed since the last call. */
    synchronized List<Change> changes() {
        List<Change> taken = changes;
        changes = new ArrayList<>();
        return taken;
    }

    private NonceRange fly(long first, long end) {
        inFlight.put(first, end);
        return new NonceRange(first, Math.toIntExact(end - first));
    }

    private void giveBack(long first, long end) {
        Map.Entry<Long, Long> before = returned.lowerEntry(first);
        if (before != null && before.getValue() == first) first = before.getKey();
        Long after = returned.get(end);
        if (after != null) close(end);
        open(first, after == null ? end : after);
    }

    private void open(long first, long end) {
        returned.put(first, end);
        changes.add(new Change.GapOpened(lineage, first, end));
    }

    private void close(long first) {
        returned.remove(first);
        changes.add(new Change.GapClosed(lineage, first));
    }

    private IllegalStateException overlap(Map.Entry<Long, Long> range) {
        return new IllegalStateException("lineage " + lineage + " has nonce indices in two places: " + range);
    }
}
