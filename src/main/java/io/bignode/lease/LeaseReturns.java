package io.bignode.lease;

import io.bignode.protocol.WorkerGone;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Takes leases back without a result: those of workers and devices that are gone, or that are put in quarantine because of their reports. Not thread safe;
 * {@link Leases} guards it.
 */
final class LeaseReturns {
    private static final System.Logger LOG = System.getLogger(Leases.class.getName());

    private final LeaseContext context;
    private final ActiveLeases inFlight;
    private final WorkerRegistry registry;
    private final Blame blame;
    private final LeaseIssuer issuer;
    private final WorkerAlarms workerAlarms;
    private final Quarantine quarantine;
    private final LostLeases lostLeases = new LostLeases();

    LeaseReturns(LeaseContext context, LeaseIssuer issuer, WorkerAlarms workerAlarms, Quarantine quarantine) {
        this.context = context;
        this.inFlight = context.inFlight();
        this.registry = context.registry();
        this.blame = context.blame();
        this.issuer = issuer;
        this.workerAlarms = workerAlarms;
        this.quarantine = quarantine;
    }

    /** A worker's connection ended: counts and logs it. */
    void disconnected(String worker, WorkerGone.Reason reason) {
        // The loss is counted before it is logged, so that a reader of the log finds it in the metrics.
        inFlight.observer().disconnected(reason);
        LOG.log(reason.isFault() ? System.Logger.Level.WARNING : System.Logger.Level.INFO, "worker {0} is gone: {1}", worker, reason.text());
        workerAlarms.gone(worker, reason);
    }

    /** Takes back all leases of a worker but these, and forgets its devices' requests. */
    void workerGone(String worker, Set<String> held, Outcomes outcomes) {
        issuer.forgetWorker(worker);
        takeBack(inFlight.ofWorker(worker).stream().filter(active -> !held.contains(active.lease.id())).toList(), outcomes);
    }

    /** Takes back all leases of a device and forgets its requests. */
    void deviceGone(String deviceId, Outcomes outcomes) {
        issuer.forgetDevice(deviceId);
        takeBack(inFlight.ofDevice(deviceId), outcomes);
    }

    /** Takes leases back. Where no device waits for work, others make room for what was lost. */
    private void takeBack(Collection<ActiveLease> all, Outcomes outcomes) {
        List<ActiveLease> lost = new ArrayList<>();
        all.forEach(issued -> inFlight.end(issued.lease.id(), LeaseObserver.End.RETURNED));
        long idle = issuer.idleDevices();
        for (ActiveLease issued : all) {
            context.broker().cancel(issued.deviceId, issued.lease.id());
            takeLost(issued.deviceId, outcomes);
            if (issued.check.isPresent() || idle-- > 0) giveBack(issued, outcomes);
            else lost.add(issued);
        }
        if (lost.isEmpty()) return;
        for (ActiveLease queued : lostLeases.plan(lost, inFlight.byDevice(), this::mayMakeRoom, context.clock().getAsLong())) {
            queued.recalled = true;
            context.broker().cancel(queued.deviceId, queued.lease.id());
        }
        lost.stream().filter(issued -> !lostLeases.holds(issued)).forEach(issued -> giveBack(issued, outcomes));
    }

    private boolean mayMakeRoom(ActiveLease queued, ActiveLease lost) {
        return registry.serves(queued.deviceId) && !blame.fails(queued.deviceId) && issuer.fits(queued.deviceId, lost.session);
    }

    /** The lost lease that this device made room for; its range is free from now on. */
    Optional<ActiveLease> takeLost(String deviceId, Outcomes outcomes) {
        Optional<ActiveLease> lost = lostLeases.remove(deviceId);
        lost.ifPresent(another -> giveBack(another, outcomes));
        return lost;
    }

    /** Frees the ranges of lost leases whose devices did not make room in time. */
    void giveBackOverdue(Outcomes outcomes) {
        lostLeases.overdue(context.clock().getAsLong()).forEach(lost -> giveBack(lost, outcomes));
    }

    /** Frees the range of a lease that ended without a result, and pays its estimate back; a check may be done by another. */
    void giveBack(ActiveLease issued, Outcomes outcomes) {
        if (issued.check.isPresent()) {
            apply(context.verification().returned(issued.check.get(), Source.of(issued.deviceId), false), outcomes);
            return;
        }
        context.sessions().giveBack(issued.lease.id());
        issuer.settle(issued, 0);
        issuer.join(issued.session);
    }

    /** Carries out the verdicts of checks. */
    void apply(List<Verification.Verdict> verdicts, Outcomes outcomes) {
        for (Verification.Verdict verdict : verdicts) {
            switch (verdict) {
                case Verification.Verdict.Release(List<String> leaseIds) -> outcomes.released.addAll(leaseIds);
                case Verification.Verdict.Wrong(Source source, String why) -> quarantine(source, "reported wrong results: " + why, outcomes);
                case Verification.Verdict.Disputed(List<String> leaseIds) -> outcomes.discarded.addAll(leaseIds);
            }
        }
    }

    /** Puts a source in quarantine and drops its results that were not verified. */
    void quarantine(Source source, String why, Outcomes outcomes) {
        boolean wasConnected = !source.own() && registry.isConnected(source.name());
        if (!quarantine.put(source, why)) return;
        if (wasConnected) disconnected(source.name(), WorkerGone.Reason.EXPELLED);
        inFlight.observer().quarantined();
        if (source.own()) {
            // From now on its alarm is that of the quarantine.
            blame.forget(source.name());
            deviceGone(source.name(), outcomes);
        } else {
            workerGone(source.name(), Set.of(), outcomes);
        }
        outcomes.discarded.addAll(context.verification().quarantined(source));
    }
}
