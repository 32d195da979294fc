package io.bignode.lease;

import io.bignode.session.NonceRange;
import java.util.ArrayList;
import java.util.List;

/**
 * How often each nonce index of a session failed in a row. Ranges are cut anew when they are leased again, so indices are counted, not
 * leases. Not thread safe.
 */
final class FailureTally {
    private record Entry(long first, long end, int failures) {
        boolean overlaps(NonceRange range) {
            return first < range.end() && range.first() < end;
        }
    }

    /** Disjoint. */
    private final List<Entry> entries = new ArrayList<>();

    /** Counts a failure of a range; returns how often the worst of its indices failed by now. */
    int failed(NonceRange range) {
        int failures = 1 + entries.stream().filter(entry -> entry.overlaps(range)).mapToInt(Entry::failures).max().orElse(0);
        done(range);
        entries.add(new Entry(range.first(), range.end(), failures));
        return failures;
    }

    /** Forgets the failures of a range that was computed. */
    void done(NonceRange range) {
        List<Entry> before = List.copyOf(entries);
        entries.clear();
        for (Entry entry : before) {
            if (!entry.overlaps(range)) {
                entries.add(entry);
                continue;
            }
            if (entry.first() < range.first()) entries.add(new Entry(entry.first(), range.first(), entry.failures()));
            if (range.end() < entry.end()) entries.add(new Entry(range.end(), entry.end(), entry.failures()));
        }
    }
}
