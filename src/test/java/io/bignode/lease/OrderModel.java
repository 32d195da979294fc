package io.bignode.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.protocol.NonceRange;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What must be true of an order's nonces, kept in the plainest way; one per order as long as one of its sessions is kept. */
final class OrderModel {
    private final BitSet computed = new BitSet();
    private final BitSet flying = new BitSet();
    private final Set<Long> delivered = new HashSet<>();

    /** None is leased twice and none skipped: a lease begins at the lowest index that is neither computed nor in flight. */
    void leased(NonceRange range) {
        BitSet busy = (BitSet) computed.clone();
        busy.or(flying);
        int first = Math.toIntExact(range.first());
        int end = Math.toIntExact(range.end());
        assertThat(first).as("the lowest free index").isEqualTo(busy.nextClearBit(0));
        int nextBusy = busy.nextSetBit(first);
        assertThat(nextBusy < 0 || nextBusy >= end).as("%s is free", range).isTrue();
        flying.set(first, end);
    }

    /** Whether each of so many indices is computed or in flight. */
    boolean exhausted(long size) {
        if (size > Integer.MAX_VALUE) return false;
        BitSet busy = (BitSet) computed.clone();
        busy.or(flying);
        return busy.nextClearBit(0) >= size;
    }

    void landed(NonceRange range, int count) {
        int first = Math.toIntExact(range.first());
        flying.clear(first, Math.toIntExact(range.end()));
        computed.set(first, first + count);
    }

    /** A small node that keeps to its dialect got these for good. */
    void delivered(List<Long> nonces) {
        for (Long nonce : nonces) assertThat(delivered.add(nonce)).as("nonce %s delivered before", nonce).isTrue();
    }

    /** What must be true of one session. */
    static final class Run {
        final List<List<Long>> batches = new ArrayList<>();
        final Map<Long, Integer> failures = new TreeMap<>();
        int settled;
        int inFlight;
        boolean ended;
        boolean broken;
        long polledNanos;

        /** The cursor its small node has, if it uses cursors. */
        int cursor;

        /** 0: its small node uses no cursors; 1: it does; 2: it sends any cursor that comes to its mind. */
        final int dialect;

        Run(long now, int dialect) {
            this.polledNanos = now;
            this.dialect = dialect;
        }

        List<Long> after(int from) {
            return batches.subList(from, batches.size()).stream().flatMap(List::stream).toList();
        }

        void failed(NonceRange range, int allowed) {
            int worst = 0;
            for (long i = range.first(); i < range.end(); i++) worst = Math.max(worst, failures.getOrDefault(i, 0));
            for (long i = range.first(); i < range.end(); i++) failures.put(i, worst + 1);
            if (worst + 1 >= allowed && !ended) {
                ended = true;
                broken = true;
            }
        }

        void computed(NonceRange range, int count) {
            for (long i = range.first(); i < range.first() + count; i++) failures.remove(i);
        }
    }
}
