package io.bignode.lease;

import io.bignode.session.Found;
import io.bignode.session.NonceRange;
import io.bignode.session.Session;
import io.bignode.session.Sessions;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Issues leases to the devices that ask, takes their reports, cancels what is not wanted any more. Thread safe.
 *
 * <p>A request that cannot be served waits; it is served by whatever makes work: a new session, a poll after a pause, a range that came
 * back. It calls {@code send} and {@code cancel} with its lock held, so these only hand the message on.
 */
public final class Leases {
    private static final System.Logger LOG = System.getLogger(Leases.class.getName());

    /** A lease that was sent and did not end. */
    private static final class Issued {
        final Lease lease;
        final Session session;
        final String deviceId;
        final long estimateNanos;
        OptionalLong cancelledNanos = OptionalLong.empty();

        Issued(Lease lease, Session session, String deviceId, long estimateNanos) {
            this.lease = lease;
            this.session = session;
            this.deviceId = deviceId;
            this.estimateNanos = estimateNanos;
        }
    }

    /** A session whose work cannot be done; it is ended once the lock is free, as that calls back. */
    private record Broken(Session session, String reason) {
        void end() {
            session.fail(reason);
        }
    }

    private final Sessions sessions;
    private final LeaseRules rules;
    private final LongSupplier nanoTime;
    private final BiConsumer<String, Lease> send;
    private final Consumer<String> cancel;
    private final DeviceRates rates;
    private final FairShare<Session> shares = new FairShare<>(session -> session.order().weight());
    private final Map<Session, FailureTally> failures = new HashMap<>();
    private final Map<String, Issued> inFlight = new LinkedHashMap<>();
    private final Queue<LeaseRequest> waiting = new ArrayDeque<>();
    private long lastId;

    /**
     * Shares the devices among these sessions from now on.
     *
     * @param nanoTime the clock the sessions use
     * @param send     sends a lease to a device
     * @param cancel   tells the device that has the lease of this id to give it up
     */
    public Leases(Sessions sessions, LeaseRules rules, LongSupplier nanoTime, BiConsumer<String, Lease> send, Consumer<String> cancel) {
        this.sessions = sessions;
        this.rules = rules;
        this.nanoTime = nanoTime;
        this.send = send;
        this.cancel = cancel;
        this.rates = new DeviceRates(rules);
        sessions.onChange(this::serve);
    }

    /** Takes a worker's message. Reports about leases that ended already are ignored. */
    public void handle(WorkerMessage message) {
        switch (message) {
            case LeaseRequest request -> enqueue(request);
            case LeaseReport.Started(String id, int batch) -> started(id, batch);
            case LeaseReport.Done done -> done(done).ifPresent(Broken::end);
            case LeaseReport.Failed(String id, String reason) -> failed(id, reason).ifPresent(Broken::end);
            case LeaseReport.Returned(String id) -> returned(id);
            case DeviceGone(String deviceId) -> deviceGone(deviceId);
        }
        serve();
    }

    /** Gives up cancelled leases whose devices do not answer; to be called a few times a second. */
    public void tick() {
        giveUp();
        serve();
    }

    /** How many leases are with devices. */
    public synchronized int inFlight() {
        return inFlight.size();
    }

    /** Takes back everything a device has and forgets what it asked for. */
    private synchronized void deviceGone(String deviceId) {
        waiting.removeIf(request -> request.deviceId().equals(deviceId));
        for (Iterator<Issued> all = inFlight.values().iterator(); all.hasNext(); ) {
            Issued issued = all.next();
            if (!issued.deviceId.equals(deviceId)) continue;
            cancel.accept(issued.lease.id());
            all.remove();
            giveBack(issued);
        }
    }

    private synchronized void enqueue(LeaseRequest request) {
        waiting.add(request);
    }

    private synchronized void started(String leaseId, int batch) {
        Issued issued = inFlight.get(leaseId);
        if (issued == null) return;
        issued.session.generating();
        rates.ready(issued.deviceId, issued.lease.work().costClass(), batch);
    }

    private synchronized Optional<Broken> done(LeaseReport.Done done) {
        Issued issued = inFlight.get(done.leaseId());
        if (issued == null) return Optional.empty();
        Lease lease = issued.lease;
        if (!sound(lease, done)) return failed(lease.id(), "device " + issued.deviceId + " reported nonces it was not asked for");
        issued.session.generating();
        issued.session.land(lease.range(), done.computed(), done.found());
        inFlight.remove(lease.id());
        rates.measured(issued.deviceId, lease.work().costClass(), done.computed(), done.deviceNanos());
        shares.charge(issued.session, done.deviceNanos() - issued.estimateNanos);
        FailureTally tally = failures.get(issued.session);
        if (tally != null && done.computed() > 0) tally.done(new NonceRange(lease.range().first(), done.computed()));
        return Optional.empty();
    }

    /** A failed lease stays charged with its estimate, so that work which fails at once cannot keep the devices from other sessions. */
    private synchronized Optional<Broken> failed(String leaseId, String reason) {
        Issued issued = inFlight.remove(leaseId);
        if (issued == null) return Optional.empty();
        NonceRange range = issued.lease.range();
        issued.session.land(range, 0, List.of());
        LOG.log(System.Logger.Level.WARNING, "lease {0} of session {1} failed: {2}", leaseId, issued.session.id(), reason);
        int times = failures.computeIfAbsent(issued.session, _ -> new FailureTally()).failed(range);
        if (times < rules.failures()) return Optional.empty();
        return Optional.of(new Broken(issued.session, "the same work failed " + times + " times, at last: " + reason));
    }

    private synchronized void returned(String leaseId) {
        Issued issued = inFlight.remove(leaseId);
        if (issued != null) giveBack(issued);
    }

    private void giveBack(Issued issued) {
        issued.session.land(issued.lease.range(), 0, List.of());
        shares.charge(issued.session, -issued.estimateNanos);
    }

    private synchronized void giveUp() {
        long now = nanoTime.getAsLong();
        for (Iterator<Issued> all = inFlight.values().iterator(); all.hasNext(); ) {
            Issued issued = all.next();
            if (issued.cancelledNanos.isEmpty() || now - issued.cancelledNanos.getAsLong() < rules.cancelGrace().toNanos()) continue;
            String lease = issued.lease.id();
            LOG.log(System.Logger.Level.WARNING, "device {0} does not end cancelled lease {1}: given up", issued.deviceId, lease);
            all.remove();
            giveBack(issued);
        }
        shares.forget(session -> session.status().ended());
        failures.keySet().removeIf(session -> session.status().ended());
    }

    /** Cancels what ended sessions have in flight, then serves the devices that wait, first come first served. */
    private synchronized void serve() {
        for (Issued issued : inFlight.values()) {
            if (issued.cancelledNanos.isPresent() || !issued.session.status().ended()) continue;
            issued.cancelledNanos = OptionalLong.of(nanoTime.getAsLong());
            cancel.accept(issued.lease.id());
        }
        for (LeaseRequest request = waiting.peek(); request != null && issue(request); request = waiting.peek()) waiting.remove();
    }

    private boolean issue(LeaseRequest request) {
        for (Session session : shares.ranking(sessions.leasable())) {
            String costClass = session.order().work().costClass();
            Optional<NonceRange> range = session.take(rates.size(request.deviceId(), costClass, request.maxBatch()));
            if (range.isEmpty()) continue;
            long estimate = rates.estimateNanos(request.deviceId(), costClass, range.get().count());
            Lease lease = new Lease("lease-" + ++lastId, session.id(), session.order().work(), session.order().nonces(), range.get());
            inFlight.put(lease.id(), new Issued(lease, session, request.deviceId(), estimate));
            shares.serve(session, estimate);
            send.accept(request.deviceId(), lease);
            return true;
        }
        return false;
    }

    /** Whether a report speaks of nonces of its lease only, each once. */
    private static boolean sound(Lease lease, LeaseReport.Done done) {
        if (done.computed() > lease.range().count()) return false;
        Set<Long> seen = new HashSet<>();
        for (Found found : done.found()) {
            OptionalLong index = lease.nonces().index(found.nonce());
            if (index.isEmpty() || !seen.add(found.nonce())) return false;
            long place = index.getAsLong() - lease.range().first();
            if (place < 0 || place >= done.computed()) return false;
        }
        return true;
    }
}
