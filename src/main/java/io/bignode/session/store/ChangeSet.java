package io.bignode.session.store;

import io.bignode.protocol.Epoch;
import io.bignode.session.Change;
import io.bignode.session.LeaseResult;
import io.bignode.session.LeasedRange;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The net effect of changes that are not durable yet: a lease that was issued and ended meanwhile leaves nothing, a session that moved ten
 * times moves once. So what waits for a full disk grows with what is found, not with what happens. Not thread safe.
 */
final class ChangeSet {
    /** The first index of a gap in a session's ranges. */
    record GapStart(long lineage, long first) {}

    /** A nonce index of an order. */
    record Index(long lineage, long index) {}

    /** The key by which the history's figures are added up. */
    record HistoryKey(Epoch epoch, String tenant, String deviceId) {}

    /** Written instead of a gap's end when the gap was closed. */
    static final long CLOSED = -1;

    private static final int ROW_BYTES = 100;

    final Map<Long, Change.LineageBegun> begun = new LinkedHashMap<>();
    final Map<Long, Long> next = new LinkedHashMap<>();
    final Map<GapStart, Long> gaps = new LinkedHashMap<>();

    /** Who tried an index that waits for another device; empty for one that waits no longer. */
    final Map<Index, Optional<String>> tried = new LinkedHashMap<>();

    final Set<Long> forgotten = new HashSet<>();
    final Map<String, Change.SessionStarted> started = new LinkedHashMap<>();
    final Map<String, Change.SessionAmended> amended = new LinkedHashMap<>();
    final Map<String, Change.SessionMoved> moved = new LinkedHashMap<>();
    final Map<String, Long> purged = new LinkedHashMap<>();
    final Map<String, LeasedRange> leased = new LinkedHashMap<>();
    final Set<String> ended = new HashSet<>();
    final Map<String, LeaseResult> held = new LinkedHashMap<>();
    final Set<String> released = new HashSet<>();
    final Map<HistoryKey, Change.Worked> worked = new LinkedHashMap<>();
    private final Map<String, NavigableMap<Long, Change.BatchFound>> batches = new LinkedHashMap<>();
    private long bytes;
    private boolean empty = true;

    boolean isEmpty() {
        return empty;
    }

    /** About how many bytes of memory the found nonces of these changes take. */
    long bytes() {
        return bytes;
    }

    /** The batches of a session, by number. */
    NavigableMap<Long, Change.BatchFound> batches(String sessionId) {
        return batches.getOrDefault(sessionId, new TreeMap<>());
    }

    /** All batches, those of a session by number. */
    Collection<Change.BatchFound> batches() {
        return batches.values().stream().map(Map::values).flatMap(Collection::stream).toList();
    }

    void add(Change change) {
        empty = false;
        switch (change) {
            case Change.LineageBegun lineage -> begun.put(lineage.lineage(), lineage);
            case Change.LineageAdvanced(long lineage, long index) -> next.put(lineage, index);
            case Change.GapOpened(long lineage, long first, long end) -> gaps.put(new GapStart(lineage, first), end);
            case Change.GapClosed(long lineage, long first) -> gaps.put(new GapStart(lineage, first), CLOSED);
            case Change.NonceTried(long lineage, long index, String device) -> tried.put(new Index(lineage, index), Optional.of(device));
            case Change.NonceSettled(long lineage, long index) -> tried.put(new Index(lineage, index), Optional.empty());
            case Change.LineageForgotten(long lineage) -> forget(lineage);
            case Change.SessionStarted session -> started.put(session.sessionId(), session);
            case Change.SessionAmended session -> amended.put(session.sessionId(), session);
            case Change.SessionMoved session -> moved.put(session.sessionId(), session);
            case Change.SessionPurged(String session, long count) -> purge(session, count);
            case Change.Leased(LeasedRange flight) -> leased.put(flight.leaseId(), flight);
            case Change.LeaseEnded(String lease) -> {
                if (leased.remove(lease) == null) ended.add(lease);
            }
            case Change.ResultHeld(LeaseResult landing) -> {
                held.put(landing.leaseId(), landing);
                bytes += size(landing.found());
            }
            case Change.HoldEnded(String lease) -> endHold(lease);
            case Change.BatchFound batch -> {
                batches.computeIfAbsent(batch.sessionId(), _ -> new TreeMap<>()).put(batch.number(), batch);
                bytes += size(batch.found());
            }
            case Change.Worked work -> worked.merge(new HistoryKey(work.epoch(), work.tenant(), work.deviceId()), work, ChangeSet::sum);
        }
    }

    private void endHold(String lease) {
        LeaseResult landing = held.remove(lease);
        if (landing == null) released.add(lease);
        else bytes -= size(landing.found());
    }

    private void forget(long lineage) {
        next.remove(lineage);
        gaps.keySet().removeIf(gap -> gap.lineage() == lineage);
        tried.keySet().removeIf(index -> index.lineage() == lineage);
        if (begun.remove(lineage) == null) forgotten.add(lineage);
    }

    private void purge(String session, long count) {
        amended.remove(session);
        moved.remove(session);
        NavigableMap<Long, Change.BatchFound> found = batches.remove(session);
        if (found != null) bytes -= found.values().stream().mapToLong(batch -> size(batch.found())).sum();
        if (started.remove(session) == null) purged.put(session, count);
    }

    private static Change.Worked sum(Change.Worked a, Change.Worked b) {
        return new Change.Worked(
                a.epoch(), a.tenant(), a.deviceId(), a.computed() + b.computed(), a.found() + b.found(), a.deviceNanos() + b.deviceNanos());
    }

    private static long size(Collection<?> found) {
        return (long) ROW_BYTES * found.size();
    }
}
