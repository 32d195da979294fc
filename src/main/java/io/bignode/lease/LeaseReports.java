package io.bignode.lease;

import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.Provenance;
import io.bignode.session.Excerpt;
import io.bignode.session.LeaseResult;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Takes what devices report of their leases, compares it with the lease, and has it verified; gives up leases of which nothing is reported in time. Not thread
 * safe; {@link Leases} guards it.
 */
final class LeaseReports {
    private static final System.Logger LOG = System.getLogger(Leases.class.getName());

    /** Of so many nonces it is no chance that most come to nothing. */
    private static final int TELLING = 8;

    private final LeaseContext context;
    private final ActiveLeases inFlight;
    private final Verification verification;
    private final Checkers checkers;
    private final Blame blame;
    private final DeviceGauges gauges;
    private final LeaseIssuer issuer;
    private final LeaseReturns returns;

    LeaseReports(LeaseContext context, Checkers checkers, DeviceGauges gauges, LeaseIssuer issuer, LeaseReturns returns) {
        this.context = context;
        this.inFlight = context.inFlight();
        this.verification = context.verification();
        this.checkers = checkers;
        this.blame = context.blame();
        this.gauges = gauges;
        this.issuer = issuer;
        this.returns = returns;
    }

    /** Takes a report that came by a worker's link; one on another worker's lease puts it in quarantine. */
    void take(String worker, LeaseReport report, Outcomes outcomes) {
        ActiveLease issued = inFlight.get(report.leaseId());
        if (issued == null) return;
        if (issued.worker().equals(worker)) take(report, outcomes);
        else returns.quarantine(new Source(worker), "reported on a lease of " + issued.deviceId, outcomes);
    }

    /** Takes a report; nothing happens when its lease ended already. */
    void take(LeaseReport report, Outcomes outcomes) {
        switch (report) {
            case LeaseReport.Started(String id, int batch) -> started(id, batch);
            case LeaseReport.Waiting(String id) -> waits(id);
            case LeaseReport.Done done -> done(done, outcomes);
            case LeaseReport.Failed(String id, String reason) -> failed(id, Excerpt.of(reason), false, outcomes); // it goes into alarms and answers
            case LeaseReport.Returned(String id) -> returned(id, outcomes);
        }
    }

    private void started(String leaseId, int batch) {
        ActiveLease issued = inFlight.get(leaseId);
        if (issued == null) return;
        if (issued.check.isEmpty()) issued.session.generating();
        issuer.started(issued, batch);
    }

    /** The device computes for another head meanwhile: the time of this lease begins anew. */
    private void waits(String leaseId) {
        ActiveLease issued = inFlight.get(leaseId);
        if (issued != null) issuer.waits(issued);
    }

    private void done(LeaseReport.Done done, Outcomes outcomes) {
        ActiveLease issued = inFlight.get(done.leaseId());
        if (issued == null) return;
        Lease lease = issued.lease;
        Source source = Source.of(issued.deviceId);
        Optional<String> fault = fault(lease, done);
        if (fault.isPresent()) {
            if (source.own()) failed(lease.id(), "device " + issued.deviceId + " " + fault.get(), false, outcomes);
            else returns.quarantine(source, fault.get(), outcomes);
            return;
        }
        if (done.computed() >= TELLING && isVain(done)) {
            failed(lease.id(), "device " + issued.deviceId + " came to nothing on " + done.uncomputed().size() + " of " + done.computed() + " nonces", false, outcomes);
            return;
        }
        inFlight.end(lease.id(), LeaseObserver.End.DONE);
        if (done.computed() > 0 && isVain(done) && blame.fails(issued.deviceId)) blame.device(issued, "its probe came to nothing", false, context.clock().getAsLong());
        else if (done.computed() > 0) blame.worked(issued.deviceId);
        else if (!issued.askedBack()) blame.emptyHanded(issued, context.clock().getAsLong());
        context.rates().measured(issued.deviceId, lease.work().costClass(), done.computed(), done.deviceNanos());
        context.length().ended(done.deviceNanos());
        gauges.computed(issued.deviceId, context.policies().capacity().operations(lease.work()), done.computed(), done.deviceNanos());
        if (issued.check.isPresent()) {
            List<Verification.Verdict> verdicts = verification.done(issued.check.get(), source, lease, done.computed(), done.found());
            verdicts.forEach(verdict -> inFlight.observer().verified(verdict instanceof Verification.Verdict.Release));
            returns.apply(verdicts, outcomes);
        } else {
            computed(issued, source, done, outcomes);
        }
    }

    /** Whether most of the nonces came to nothing: of a few that may be chance, of more it is the device's fault, and they are not given up for it. */
    private static boolean isVain(LeaseReport.Done done) {
        return 2 * done.uncomputed().size() > done.computed();
    }

    private void computed(ActiveLease issued, Source source, LeaseReport.Done done, Outcomes outcomes) {
        Lease lease = issued.lease;
        issued.session.generating();
        boolean held = done.computed() > 0 && verification.holds(source, () -> checkers.somebodyMay(source, issued.session));
        Provenance provenance = Provenance.of(issued.deviceId);
        outcomes.landings.add(new LeaseResult(lease.id(), done.computed(), done.found(), done.deviceNanos(), provenance, held, done.uncomputed()));
        inFlight.observer().computed(issued.session.order().tenant(), issued.deviceId, done.computed(), done.found().size(), done.deviceNanos());
        issuer.settle(issued, done.deviceNanos());
        if (done.computed() < 1) return;
        NonceRange computed = new NonceRange(lease.range().first(), done.computed());
        blame.computed(issued.session, computed);
        if (held) verification.landed(source, lease.id(), issued.session, computed, done.found(), context.clock().getAsLong());
    }

    /** What no sound device reports: nonces of another lease, the same nonce twice, or an impossible proof; empty for a sound report. */
    private Optional<String> fault(Lease lease, LeaseReport.Done done) {
        return done.isOf(lease) ? context.policies().proofs().fault(lease.work(), done.found()) : Optional.of("reported nonces it was not asked for");
    }

    /** A failed lease stays charged with its estimate, so that work which fails at once cannot keep the devices from other sessions. */
    private void failed(String leaseId, String reason, boolean hung, Outcomes outcomes) {
        ActiveLease issued = inFlight.end(leaseId, LeaseObserver.End.FAILED).orElse(null);
        if (issued == null) return;
        LOG.log(System.Logger.Level.WARNING, "lease {0} of session {1} failed: {2}", leaseId, issued.session.id(), reason);
        // An undecided dispute has an alarm of its own; a judge that cannot compute is not a failing device.
        if (!issued.judged) blame.device(issued, reason, hung, context.clock().getAsLong());
        if (issued.check.isPresent()) {
            returns.apply(verification.returned(issued.check.get(), Source.of(issued.deviceId), true), outcomes);
            return;
        }
        context.sessions().giveBack(leaseId);
        issuer.settle(issued, issued.estimateNanos);
        issuer.join(issued.session);
        Set<String> serving = context.registry().devices().stream().map(DeviceOffer::deviceId).filter(id -> issuer.fits(id, issued.session))
                .collect(Collectors.toSet());
        blame.work(issued, reason, serving).ifPresent(why -> outcomes.fail(issued.session, why));
    }

    private void returned(String leaseId, Outcomes outcomes) {
        inFlight.end(leaseId, LeaseObserver.End.RETURNED).ifPresent(issued -> {
            if (!issued.askedBack()) blame.emptyHanded(issued, context.clock().getAsLong());
            returns.giveBack(issued, outcomes);
        });
    }

    /** Gives up the leases that take too long, and those that cancelled devices do not end. */
    void giveUp(Outcomes outcomes) {
        for (ActiveLease issued : inFlight.due(context.clock().getAsLong())) {
            String lease = issued.lease.id();
            // One that hangs takes its device's other leases with it.
            if (inFlight.get(lease) == null) continue;
            if (issued.cancelledNanos.isPresent()) {
                LOG.log(System.Logger.Level.WARNING, "device {0} does not end cancelled lease {1}: given up", issued.deviceId, lease);
                returned(lease, outcomes);
            } else {
                overdue(issued, outcomes);
            }
        }
    }

    /** A device that hangs although its host is connected gets no more leases until it requests one. */
    private void overdue(ActiveLease issued, Outcomes outcomes) {
        if (issued.unclaimed) {
            returned(issued.lease.id(), outcomes);
            return;
        }
        context.broker().cancel(issued.deviceId, issued.lease.id());
        failed(issued.lease.id(), issued.deviceId + " did not finish in time", true, outcomes);
        returns.deviceGone(issued.deviceId, outcomes);
    }
}
