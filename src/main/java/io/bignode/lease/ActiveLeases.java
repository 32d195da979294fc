package io.bignode.lease;

import io.bignode.session.Session;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The leases that are with devices, in the order they were sent. Guarded by {@link Leases}' lock. */
final class ActiveLeases {
    private final LongSupplier nanoTime;
    private final Map<String, ActiveLease> byId = new LinkedHashMap<>();
    private LeaseObserver observer = LeaseObserver.NOBODY;

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

    /** Adds a lease that an earlier head sent. */
    void restore(ActiveLease issued) {
        byId.put(issued.lease.id(), issued);
    }

    /** Adds a lease that is sent now. */
    void add(ActiveLease issued) {
        issued.turnNanos = nanoTime.getAsLong();
        byId.put(issued.lease.id(), issued);
        observer.issued(kind(issued));
    }

    /** Removes a lease; its device goes on with the next lease it holds. */
    Optional<ActiveLease> end(String leaseId, LeaseObserver.End how) {
        Optional<ActiveLease> ended = Optional.ofNullable(byId.remove(leaseId));
        ended.ifPresent(lease -> observer.ended(kind(lease), how, lease.deviceId));
        ended.flatMap(lease -> byId.values().stream().filter(next -> next.deviceId.equals(lease.deviceId)).findFirst())
                .ifPresent(next -> next.turnNanos = nanoTime.getAsLong());
        return ended;
    }

    private static LeaseObserver.Kind kind(ActiveLease issued) {
        return issued.check.isPresent() ? LeaseObserver.Kind.CHECK : LeaseObserver.Kind.WORK;
    }

    /** A lease by its id; null when it ended. */
    @Nullable ActiveLease get(String leaseId) {
        return byId.get(leaseId);
    }

    /** The leases of ended sessions that were not cancelled before; they count as cancelled from now on. */
    List<ActiveLease> cancelEnded(long now) {
        List<ActiveLease> cancelled = byId.values().stream()
                .filter(issued -> issued.cancelledNanos.isEmpty() && issued.check.isEmpty() && issued.session.status().ended())
                .toList();
        cancelled.forEach(issued -> issued.cancelledNanos = OptionalLong.of(now));
        return cancelled;
    }

    /** The leases of each session, without checks. */
    Map<Session, List<ActiveLease>> bySession() {
        return byId.values().stream().filter(issued -> issued.check.isEmpty()).collect(Collectors.groupingBy(issued -> issued.session));
    }

    /** All leases. */
    Collection<ActiveLease> all() {
        return byId.values();
    }

    /** The leases of a worker's devices. */
    List<ActiveLease> ofWorker(String worker) {
        return byId.values().stream().filter(issued -> !issued.judged && issued.worker().equals(worker)).toList();
    }

    /** The leases of a device. */
    List<ActiveLease> ofDevice(String deviceId) {
        return byId.values().stream().filter(issued -> !issued.judged && issued.deviceId.equals(deviceId)).toList();
    }

    /** The leases of each device that holds any, in the order they were sent. */
    Map<String, List<ActiveLease>> byDevice() {
        return byId.values().stream().collect(Collectors.groupingBy(issued -> issued.deviceId, LinkedHashMap::new, Collectors.toList()));
    }
}
