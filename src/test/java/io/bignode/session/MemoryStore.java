package io.bignode.session;

import io.bignode.protocol.Found;
import io.bignode.protocol.NonceSequence;
import io.bignode.session.SessionStore.FoundPage;
import io.bignode.session.SessionStore.History;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * A store in the plainest way: what was written is durable at once, as long as the object lives. What is said of stores is held against this
 * one and the real ones alike.
 */
public final class MemoryStore implements UntroubledStore {
    private static final CommitTicket DURABLE = new CommitTicket() {
        @Override
        public boolean await() {
            return true;
        }

        @Override
        public boolean awaitKept() {
            return true;
        }

        @Override
        public void soon() {}
    };

    private final Map<Long, StoreImage.Lineage> lineages = new TreeMap<>();
    private final Map<String, StoreImage.Stored> sessions = new LinkedHashMap<>();
    private final Map<String, LeasedRange> flights = new LinkedHashMap<>();
    private final Map<String, LeaseResult> held = new LinkedHashMap<>();
    private final Map<String, NavigableMap<Long, Change.BatchFound>> batches = new TreeMap<>();
    private final Map<List<?>, History> history = new LinkedHashMap<>();
    private long opened;

    /** Nothing is stored. */
    public MemoryStore() {}

    @Override
    public synchronized StoreImage load() {
        return new StoreImage(
                lineages.values().stream().map(one -> lineage(one, one.next())).toList(),
                List.copyOf(sessions.values()),
                List.copyOf(flights.values()),
                List.copyOf(held.values()));
    }

    @Override
    public synchronized long incarnation() {
        return ++opened;
    }

    @Override
    public synchronized CommitTicket write(List<Change> changes) {
        changes.forEach(this::apply);
        return DURABLE;
    }

    private void apply(Change change) {
        switch (change) {
            case Change.LineageBegun(long id, String tenant, String key, NonceSequence nonces) ->
                lineages.put(id, new StoreImage.Lineage(id, tenant, key, nonces, 0, new TreeMap<>(), new TreeMap<>()));
            case Change.LineageAdvanced(long id, long next) -> lineages.computeIfPresent(id, (_, one) -> lineage(one, next));
            case Change.GapOpened(long id, long first, long end) ->
                    lineages.values().stream().filter(one -> one.id() == id).forEach(one -> one.gaps().put(first, end));
            case Change.GapClosed(long id, long first) -> lineages.values().stream().filter(one -> one.id() == id).forEach(one -> one.gaps().remove(first));
            case Change.NonceTried(long id, long index, String device) ->
                    lineages.values().stream().filter(one -> one.id() == id).forEach(one -> one.tried().put(index, device));
            case Change.NonceSettled(long id, long index) -> lineages.values().stream().filter(one -> one.id() == id).forEach(one -> one.tried().remove(index));
            case Change.LineageForgotten(long id) -> lineages.remove(id);
            case Change.SessionStarted(String id, long lineage, Order order, var createdAt) ->
                sessions.put(id, new StoreImage.Stored(id, lineage, order, createdAt, SessionProgress.start(createdAt, 0)));
            case Change.SessionAmended(String id, var callback, Terms terms) -> sessions.computeIfPresent(
                    id, (_, one) -> new StoreImage.Stored(id, one.lineage(), one.order().amended(callback, terms), one.createdAt(), one.progress()));
            case Change.SessionMoved(String id, SessionProgress progress) -> sessions.computeIfPresent(
                    id, (_, one) -> new StoreImage.Stored(id, one.lineage(), one.order(), one.createdAt(), progress));
            case Change.SessionPurged(String id, long _) -> {
                sessions.remove(id);
                batches.remove(id);
            }
            case Change.Leased(LeasedRange flight) -> flights.put(flight.leaseId(), flight);
            case Change.LeaseEnded(String leaseId) -> flights.remove(leaseId);
            case Change.ResultHeld(LeaseResult landing) -> held.put(landing.leaseId(), landing);
            case Change.HoldEnded(String leaseId) -> held.remove(leaseId);
            case Change.BatchFound batch -> batches.computeIfAbsent(batch.sessionId(), _ -> new TreeMap<>()).put(batch.number(), batch);
            case Change.Worked worked -> history.merge(
                    List.of(worked.epoch(), worked.tenant(), worked.deviceId()),
                    new History(
                            worked.epoch(), worked.tenant(), worked.deviceId(), worked.computed(), worked.found(), worked.deviceNanos()),
                    MemoryStore::sum);
        }
    }

    private static StoreImage.Lineage lineage(StoreImage.Lineage one, long next) {
        return new StoreImage.Lineage(one.id(), one.tenant(), one.key(), one.nonces(), next, new TreeMap<>(one.gaps()), new TreeMap<>(one.tried()));
    }

    private static History sum(History a, History b) {
        return new History(
                a.epoch(), a.tenant(), a.deviceId(), a.computed() + b.computed(), a.found() + b.found(), a.deviceNanos() + b.deviceNanos());
    }

    @Override
    public synchronized FoundPage found(String sessionId, long after, long upTo, int maxBytes) {
        List<Found> found = new ArrayList<>();
        long last = after;
        int bytes = 0;
        NavigableMap<Long, Change.BatchFound> all = batches.getOrDefault(sessionId, new TreeMap<>());
        for (Change.BatchFound batch : all.subMap(after, false, upTo, true).values()) {
            bytes += batch.found().stream().mapToInt(one -> 16 + one.proof().length()).sum();
            if (!found.isEmpty() && bytes > maxBytes) break;
            found.addAll(batch.found());
            last = batch.number();
        }
        return new FoundPage(found, last);
    }

    @Override
    public synchronized List<History> history(int limit) {
        return history.values().stream().sorted(Comparator.comparingLong((History line) -> line.epoch().blockHeight()).reversed()).limit(limit).toList();
    }

    @Override
    public void close() {}
}
