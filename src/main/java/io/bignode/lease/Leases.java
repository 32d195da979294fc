package io.bignode.lease;

import io.bignode.session.Flight;
import io.bignode.session.Found;
import io.bignode.session.Landing;
import io.bignode.session.NonceRange;
import io.bignode.session.Provenance;
import io.bignode.session.Session;
import io.bignode.session.Sessions;
import java.util.ArrayDeque;
import java.util.ArrayList;
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

    /** What workers' messages bring about outside of the lock, as it waits for the store or calls back. */
    private static final class Effects {
        final List<Landing> landings = new ArrayList<>();
        final List<Broken> broken = new ArrayList<>();
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

    /**
     * Shares the devices among these sessions from now on. Leases that were in flight when an earlier head ended still are.
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
        sessions.flights().forEach(this::restore);
        sessions.onChange(this::serve);
    }

    /** Takes a worker's message. Reports about leases that ended already are ignored. */
    public void handle(WorkerMessage message) {
        handle(List.of(message));
    }

    /**
     * Takes workers' messages, in this order; when it returns, all their results are durable. Reports about leases that ended already are
     * ignored.
     */
    public void handle(List<? extends WorkerMessage> messages) {
        Effects effects = new Effects();
        for (WorkerMessage message : messages) take(message, effects);
        sessions.land(effects.landings);
        effects.broken.forEach(Broken::end);
        serve();
    }

    private synchronized void take(WorkerMessage message, Effects effects) {
        switch (message) {
            case LeaseRequest request -> waiting.add(request);
            case LeaseReport.Started(String id, int batch) -> started(id, batch);
            case LeaseReport.Done done -> done(done, effects);
            case LeaseReport.Failed(String id, String reason) -> failed(id, reason, effects);
            case LeaseReport.Returned(String id) -> returned(id);
            case DeviceGone(String deviceId) -> deviceGone(deviceId);
        }
    }

    private synchronized void restore(Flight flight) {
        Session session = sessions.sessionOf(flight.leaseId()).orElseThrow();
        inFlight.put(flight.leaseId(), new Issued(lease(session, flight), session, flight.deviceId(), 0));
    }

    private static Lease lease(Session session, Flight flight) {
        return new Lease(flight.leaseId(), session.id(), session.order().work(), session.order().nonces(), flight.range());
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
    private void deviceGone(String deviceId) {
        waiting.removeIf(request -> request.deviceId().equals(deviceId));
        for (Iterator<Issued> all = inFlight.values().iterator(); all.hasNext(); ) {
            Issued issued = all.next();
            if (!issued.deviceId.equals(deviceId)) continue;
            cancel.accept(issued.lease.id());
            all.remove();
            giveBack(issued);
        }
    }

    private void started(String leaseId, int batch) {
        Issued issued = inFlight.get(leaseId);
        if (issued == null) return;
        issued.session.generating();
        rates.ready(issued.deviceId, issued.lease.work().costClass(), batch);
    }

    private void done(LeaseReport.Done done, Effects effects) {
        Issued issued = inFlight.get(done.leaseId());
        if (issued == null) return;
        Lease lease = issued.lease;
        if (!sound(lease, done)) {
            failed(lease.id(), "device " + issued.deviceId + " reported nonces it was not asked for", effects);
            return;
        }
        inFlight.remove(lease.id());
        issued.session.generating();
        Provenance provenance = Provenance.of(issued.deviceId);
        effects.landings.add(new Landing(lease.id(), done.computed(), done.found(), done.deviceNanos(), provenance, false));
        rates.measured(issued.deviceId, lease.work().costClass(), done.computed(), done.deviceNanos());
        shares.charge(issued.session, done.deviceNanos() - issued.estimateNanos);
        FailureTally tally = failures.get(issued.session);
        if (tally != null && done.computed() > 0) tally.done(new NonceRange(lease.range().first(), done.computed()));
    }

    /** A failed lease stays charged with its estimate, so that work which fails at once cannot keep the devices from other sessions. */
    private void failed(String leaseId, String reason, Effects effects) {
        Issued issued = inFlight.remove(leaseId);
        if (issued == null) return;
        sessions.giveBack(leaseId);
        LOG.log(System.Logger.Level.WARNING, "lease {0} of session {1} failed: {2}", leaseId, issued.session.id(), reason);
        int times = failures.computeIfAbsent(issued.session, _ -> new FailureTally()).failed(issued.lease.range());
        if (times < rules.failures()) return;
        effects.broken.add(new Broken(issued.session, "the same work failed " + times + " times, at last: " + reason));
    }

    private void returned(String leaseId) {
        Issued issued = inFlight.remove(leaseId);
        if (issued != null) giveBack(issued);
    }

    private void giveBack(Issued issued) {
        sessions.giveBack(issued.lease.id());
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
            Optional<Flight> flight = session.take(request.deviceId(), rates.size(request.deviceId(), costClass, request.maxBatch()));
            if (flight.isEmpty()) continue;
            Lease lease = lease(session, flight.get());
            long estimate = rates.estimateNanos(request.deviceId(), costClass, lease.range().count());
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
