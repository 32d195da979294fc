package io.bignode.lease;

import io.bignode.protocol.DeviceId;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Lease;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import io.bignode.session.LeasedRange;
import io.bignode.session.Session;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Gives devices that request work their next leases: a check that is due, or nonces of the session whose turn it is. A request that cannot be served waits
 * here. Not thread safe; {@link Leases} guards it.
 */
final class LeaseIssuer {
    private final LeaseContext context;
    private final ActiveLeases inFlight;
    private final DeviceRates rates;
    private final WorkerRegistry registry;
    private final Blame blame;
    private final CheckLeases checks;
    private final FairShare<Session> shares = new FairShare<>(session -> session.order().weight());

    /** The devices that have a session's model ready, as far as is known. */
    private final Map<Session, Set<String>> warm = new HashMap<>();

    /** Sessions whose next nonces are larger than any that may be computed. */
    private final Set<Session> spent = new HashSet<>();

    private final Queue<LeaseRequest> waiting = new ArrayDeque<>();

    LeaseIssuer(LeaseContext context, CheckLeases checks) {
        this.context = context;
        this.inFlight = context.inFlight();
        this.rates = context.rates();
        this.registry = context.registry();
        this.blame = context.blame();
        this.checks = checks;
    }

    /** The lease of a range. */
    static Lease lease(Session session, LeasedRange flight) {
        return new Lease(flight.leaseId(), session.id(), session.order().work(), session.order().nonces(), flight.range());
    }

    /** A device requests work; the next {@link #serve} that finds some serves it. */
    void ask(LeaseRequest request) {
        waiting.add(request);
    }

    /** How many requests wait. */
    int waiting() {
        return waiting.size();
    }

    /** The devices whose requests wait. */
    Set<String> asking() {
        return waiting.stream().map(LeaseRequest::deviceId).collect(Collectors.toSet());
    }

    /** How many devices have nothing to compute: returned ranges are begun there at once. */
    long idleDevices() {
        Set<String> busy = inFlight.byDevice().keySet();
        return asking().stream().filter(device -> registry.serves(device) && !busy.contains(device) && !blame.fails(device)).count();
    }

    /** Whether a device can hold what a session's work needs. */
    boolean fits(String deviceId, Session session) {
        return registry.device(deviceId).filter(device -> context.policies().capacity().fits(device, session.order().work())).isPresent();
    }

    /** Forgets what a worker's devices asked for and have ready. */
    void forgetWorker(String worker) {
        forget(device -> DeviceId.of(device).worker().equals(worker));
    }

    /** Forgets what a device asked for and has ready. */
    void forgetDevice(String deviceId) {
        forget(deviceId::equals);
    }

    private void forget(Predicate<String> gone) {
        waiting.removeIf(request -> gone.test(request.deviceId()));
        warm.values().forEach(devices -> devices.removeIf(gone));
    }

    /** Forgets what ended sessions had. */
    void forgetEnded() {
        shares.forget(session -> session.status().ended());
        warm.keySet().removeIf(session -> session.status().ended());
        spent.removeIf(session -> session.status().ended());
    }

    /** Charges a session device time besides what its leases were estimated at; a negative one is paid back. */
    void charge(Session session, long nanos) {
        shares.charge(session, nanos);
    }

    /** Serves the devices that wait, first come first served. A session that takes part from now on only has them served again. */
    void serve() {
        if (waiting.isEmpty()) return;
        List<Session> leasable = context.sessions().leasable();
        // The ranking is made all the same, so that a session that comes back later counts as one that was absent.
        if (leasable.isEmpty() && shares.ranking(leasable).isEmpty() && !context.verification().asks()) return;
        waiting.removeIf(request -> registry.serves(request.deviceId()) && (issueCheck(request) || issue(request, leasable)));
    }

    /** Issues what a lost lease had, or its session's next nonces, to a device that made room for it; false when it cannot have them. */
    boolean issueLost(LeaseRequest request, ActiveLease lost) {
        long first = lost.lease.range().first();
        return !blame.fails(request.deviceId())
                && issue(request, lost.session, (session, max) -> session.takeFrom(first, request.deviceId(), max));
    }

    private boolean issue(LeaseRequest request, List<Session> leasable) {
        BiFunction<Session, Integer, Optional<LeasedRange>> lowest = (session, max) -> session.take(request.deviceId(), max);
        boolean busy = blame.fails(request.deviceId()) && !inFlight.ofDevice(request.deviceId()).isEmpty();
        return shares.ranking(leasable).stream()
                .filter(session -> blame.mayTry(request.deviceId(), session.id(), busy, context.clock().getAsLong()))
                .anyMatch(session -> issue(request, session, lowest));
    }

    private boolean issue(LeaseRequest request, Session session, BiFunction<Session, Integer, Optional<LeasedRange>> take) {
        Optional<DeviceOffer> device = registry.device(request.deviceId());
        if (spent.contains(session)) return false;
        if (device.isPresent() && !context.policies().capacity().fits(device.get(), session.order().work())) return false;
        String costClass = session.order().work().costClass();
        int max = blame.fails(request.deviceId()) ? 1 : rates.size(request.deviceId(), costClass, request.maxBatch());
        Optional<LeasedRange> flight = take.apply(session, max);
        if (flight.isEmpty()) return false;
        Lease lease = lease(session, flight.get());
        if (lease.nonces().nonce(lease.range().end() - 1) > context.policies().proofs().maxNonce(lease.work())) {
            // Its last few nonces would have to be cut from the range for a handful of leases in a billion.
            spent.add(session);
            context.sessions().giveBack(lease.id());
            return false;
        }
        long estimate = rates.estimateNanos(request.deviceId(), costClass, lease.range().count());
        send(new ActiveLease(lease, session, request.deviceId(), estimate, Optional.empty()));
        shares.serve(session, estimate);
        return true;
    }

    private boolean issueCheck(LeaseRequest request) {
        Optional<ActiveLease> check = checks.take(request, context.clock().getAsLong());
        check.ifPresent(this::send);
        return check.isPresent();
    }

    /** Hands the judge the checks that nobody else can decide. */
    void issueToJudge() {
        for (ActiveLease issued : checks.takeForJudge(context.clock().getAsLong())) {
            note(issued);
            checks.judge(issued);
        }
    }

    private void send(ActiveLease issued) {
        note(issued);
        context.broker().send(issued.deviceId, issued.lease);
    }

    private void note(ActiveLease issued) {
        issued.started = warm.getOrDefault(issued.session, Set.of()).contains(issued.deviceId);
        setDeadline(issued);
        inFlight.add(issued);
    }

    /** A device has a lease's model ready and computes, so many nonces at a time. */
    void started(ActiveLease issued, int batch) {
        rates.ready(issued.deviceId, issued.lease.work().costClass(), batch);
        warm.computeIfAbsent(issued.session, _ -> new HashSet<>()).add(issued.deviceId);
        issued.started = true;
        issued.unclaimed = false;
        setDeadline(issued);
    }

    private void setDeadline(ActiveLease issued) {
        boolean known = rates.known(issued.deviceId, issued.lease.work().costClass());
        issued.deadlineNanos = context.clock().getAsLong() + context.rules().timeouts().nanos(issued.started, known, issued.estimateNanos);
    }
}
