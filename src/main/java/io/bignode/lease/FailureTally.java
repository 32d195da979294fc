package io.bignode.lease;

import io.bignode.protocol.NonceRange;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * How often each nonce index of a session failed in a row, and on which devices; and which devices failed on any of its nonces since one was computed. Ranges
 * are cut anew when they are leased again, so indices are counted, not leases. Not thread safe.
 */
final class FailureTally {
    private record Entry(long first, long end, Failures failures) {
        boolean overlaps(NonceRange range) {
            return first < range.end() && range.first() < end;
        }
    }

    /**
     * How often work failed.
     *
     * @param times   how often the worst of its indices did
     * @param devices on which devices
     */
    record Failures(int times, Set<String> devices) {
        Failures {
            devices = Set.copyOf(devices);
        }
    }

    /** Disjoint. */
    private final List<Entry> entries = new ArrayList<>();

    private final Set<String> failing = new HashSet<>();

    /** Counts a failure of a range; returns how often it failed by now. */
    Failures failed(NonceRange range, String deviceId) {
        int times = 1;
        Set<String> devices = new HashSet<>(Set.of(deviceId));
        for (Entry entry : entries) {
            if (!entry.overlaps(range)) continue;
            times = Math.max(times, 1 + entry.failures().times());
            devices.addAll(entry.failures().devices());
        }
        Failures failures = new Failures(times, devices);
        cut(range);
        failing.add(deviceId);
        entries.add(new Entry(range.first(), range.end(), failures));
        return failures;
    }

    /** The devices that failed on any of the nonces since one was computed. */
    Set<String> failing() {
        return Set.copyOf(failing);
    }

    /** Forgets the failures of a range that was computed. */
    void done(NonceRange range) {
        cut(range);
        failing.clear();
    }

    private void cut(NonceRange range) {
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
