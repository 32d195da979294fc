package io.bignode.lease;

import io.bignode.session.Session;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The leases that are with devices, found by whatever they are asked for by: their id, device, worker, session, and when they are due. Guarded by
 * {@link Leases}' lock.
 */
final class ActiveLeases {
    private final LongSupplier nanoTime;
    private final Map<String, ActiveLease> byId = new HashMap<>();

    /** Each in the order they were sent; without the judge's, which is no worker's device. */
    private final Map<String, List<ActiveLease>> byDevice = new LinkedHashMap<>();

    private final Map<String, Set<ActiveLease>> byWorker = new HashMap<>();

    /** Without checks. */
    private final Map<Session, Set<ActiveLease>> bySession = new LinkedHashMap<>();

    private final TreeSet<ActiveLease> byDueTime = new TreeSet<>(ActiveLease.BY_DUE_TIME);
    private LeaseObserver observer = LeaseObserver.NOBODY;
    private long added;

    ActiveLeases(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Reports every lease that is sent or ends from now on to an observer. */
    void observe(LeaseObserver by) {
        observer = by;
    }

    /** The observer of leases. */
    LeaseObserver observer() {
        return observer;
    }

    /**
     * Adds a lease that an earlier head sent.
     *
     * @param dueNanos when it is given up, unless its worker says by then that it holds it
     */
    void restore(ActiveLease issued, long dueNanos) {
        issued.number = ++added;
        byId.put(issued.lease.id(), issued);
        if (!issued.judged) {
            byDevice.computeIfAbsent(issued.deviceId, _ -> new ArrayList<>()).add(issued);
            byWorker.computeIfAbsent(issued.worker(), _ -> new LinkedHashSet<>()).add(issued);
        }
        if (issued.check.isEmpty()) bySession.computeIfAbsent(issued.session, _ -> new LinkedHashSet<>()).add(issued);
        issued.dueNanos = dueNanos;
        byDueTime.add(issued);
    }

    /**
     * Adds a lease that is sent now.
     *
     * @param dueNanos when its device counts as hung
     */
    void add(ActiveLease issued, long dueNanos) {
        issued.turnNanos = nanoTime.getAsLong();
        restore(issued, dueNanos);
        observer.issued(kind(issued));
    }

    /** Changes when the device of a lease counts as hung; one that is cancelled stays due when its grace is over. */
    void due(ActiveLease issued, long dueNanos) {
        if (issued.cancelledNanos.isPresent() || !byDueTime.remove(issued)) return;
        issued.dueNanos = dueNanos;
        byDueTime.add(issued);
    }

    /** Removes a lease; its device goes on with the next lease it holds. */
    Optional<ActiveLease> end(String leaseId, LeaseObserver.End how) {
        ActiveLease ended = byId.remove(leaseId);
        if (ended == null) return Optional.empty();
        byDueTime.remove(ended);
        remove(bySession, ended.session, ended);
        remove(byWorker, ended.worker(), ended);
        remove(byDevice, ended.deviceId, ended);
        observer.ended(kind(ended), how, ended.deviceId);
        byDevice.getOrDefault(ended.deviceId, List.of()).stream().findFirst().ifPresent(next -> next.turnNanos = nanoTime.getAsLong());
        return Optional.of(ended);
    }

    private static <K, C extends Collection<ActiveLease>> void remove(Map<K, C> from, K key, ActiveLease ended) {
        from.computeIfPresent(key, (_, leases) -> leases.remove(ended) && leases.isEmpty() ? null : leases);
    }

    private static LeaseObserver.Kind kind(ActiveLease issued) {
        return issued.check.isPresent() ? LeaseObserver.Kind.CHECK : LeaseObserver.Kind.WORK;
    }

    /** A lease by its id; null when it ended. */
    @Nullable ActiveLease get(String leaseId) {
        return byId.get(leaseId);
    }

    /** How many there are. */
    int count() {
        return byId.size();
    }

    /**
     * The leases of a session that were not cancelled before; they count as cancelled from now on.
     *
     * @param dueNanos when they are given up, should their devices not end them
     */
    List<ActiveLease> cancel(Session session, long now, long dueNanos) {
        List<ActiveLease> cancelled = ofSession(session).stream().filter(issued -> issued.cancelledNanos.isEmpty()).toList();
        for (ActiveLease issued : cancelled) {
            due(issued, dueNanos);
            issued.cancelledNanos = OptionalLong.of(now);
        }
        return cancelled;
    }

    /** The sessions that have any, checks aside. */
    List<Session> sessions() {
        return List.copyOf(bySession.keySet());
    }

    /** The leases of a session, without checks. */
    Collection<ActiveLease> ofSession(Session session) {
        return Collections.unmodifiableCollection(bySession.getOrDefault(session, Set.of()));
    }

    /** The leases that are due, the one that has been for the longest time first. */
    List<ActiveLease> due(long now) {
        List<ActiveLease> due = new ArrayList<>();
        for (ActiveLease issued : byDueTime) {
            if (now - issued.dueNanos < 0) break;
            due.add(issued);
        }
        return due;
    }

    /** The leases of a worker's devices, in the order they were sent. */
    List<ActiveLease> ofWorker(String worker) {
        return List.copyOf(byWorker.getOrDefault(worker, Set.of()));
    }

    /** The leases of a device, in the order they were sent. */
    List<ActiveLease> ofDevice(String deviceId) {
        return List.copyOf(byDevice.getOrDefault(deviceId, List.of()));
    }

    /** The leases of each device that holds any, in the order they were sent. It changes with the leases. */
    Map<String, List<ActiveLease>> byDevice() {
        return Collections.unmodifiableMap(byDevice);
    }
}
