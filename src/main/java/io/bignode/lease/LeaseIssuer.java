package io.bignode.lease;

import io.bignode.monitor.LruMap;
import io.bignode.protocol.DeviceId;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Lease;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.WorkOrder;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import io.bignode.session.LeasedRange;
import io.bignode.session.Session;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.Predicate;

/**
 * Gives devices that request work their next leases: a check that is due, or nonces of the session whose turn it is. A request that cannot be served waits
 * here. Not thread safe; {@link Leases} guards it.
 */
final class LeaseIssuer implements WaitingRequests.Service {
    /** How many sessions with a ready model are remembered of a device; one more is only given more time to begin. */
    private static final int READY = 16;

    private final LeaseContext context;
    private final ActiveLeases inFlight;
    private final DeviceRates rates;
    private final WorkerRegistry registry;
    private final Blame blame;
    private final CheckLeases checks;
    private final FairShare<Session> shares = new FairShare<>(session -> session.order().weight());

    /** The sessions, by their ids, whose models each device had ready last. */
    private final Map<String, Map<String, Boolean>> ready = new HashMap<>();

    /** Sessions whose next nonces are larger than any that may be computed; looked at again with every tick, as others may have come back. */
    private final Set<Session> spent = new HashSet<>();

    private final WaitingRequests waiting;

    LeaseIssuer(LeaseContext context, CheckLeases checks) {
        this.context = context;
        this.inFlight = context.inFlight();
        this.rates = context.rates();
        this.registry = context.registry();
        this.blame = context.blame();
        this.checks = checks;
        this.waiting = new WaitingRequests(registry::kind, device -> registry.serves(device) && !blame.fails(device));
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
        return waiting.count();
    }

    /** The devices whose requests wait. */
    Set<String> asking() {
        return waiting.devices();
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
        waiting.forget(gone);
        ready.keySet().removeIf(gone);
    }

    /** Forgets sessions that ended, and looks which ones have work that nobody told of: nonces came back, or the store takes results again. */
    void tick() {
        shares.forget(session -> session.status().ended());
        spent.clear();
        context.sessions().leasable().forEach(this::join);
        waiting.lookApart();
    }

    /** A session may have work from now on. */
    void join(Session session) {
        if (session.leasable() && shares.join(session)) waiting.newWork(kind -> context.policies().capacity().fits(kind, session.order().work()));
    }

    /** A worker gets leases again. */
    void admitted() {
        waiting.lookApart();
    }

    /** A lease ended and used so much device time: its session is charged that instead of the estimate. */
    void settle(ActiveLease ended, long deviceNanos) {
        shares.settle(ended.session, ended.estimateNanos, deviceNanos);
    }

    /** Serves the devices that wait, first come first served among those of one kind. */
    void serve() {
        waiting.serve(this);
    }

    @Override
    public boolean hasChecks() {
        return context.verification().asks();
    }

    @Override
    public boolean check(LeaseRequest request) {
        if (!registry.serves(request.deviceId())) return false;
        Optional<ActiveLease> check = checks.take(request, context.clock().getAsLong());
        check.ifPresent(this::send);
        return check.isPresent();
    }

    @Override
    public boolean work(LeaseRequest request) {
        if (!registry.serves(request.deviceId())) return false;
        boolean busy = blame.fails(request.deviceId()) && !inFlight.ofDevice(request.deviceId()).isEmpty();
        return shares.offer(session -> blame.mayTry(request.deviceId(), session.id(), busy, context.clock().getAsLong())
                ? issue(request, session, max -> session.take(request.deviceId(), max, request.maxBatch()))
                : FairShare.Answer.PASSES);
    }

    /** Issues what a lost lease had, or its session's next nonces, to a device that made room for it; false when it cannot have them. */
    boolean issueLost(LeaseRequest request, ActiveLease lost) {
        long first = lost.lease.range().first();
        return !blame.fails(request.deviceId())
                && issue(request, lost.session, max -> lost.session.takeFrom(first, request.deviceId(), max, request.maxBatch())) == FairShare.Answer.TAKES;
    }

    private FairShare.Answer issue(LeaseRequest request, Session session, IntFunction<Optional<LeasedRange>> take) {
        Optional<DeviceOffer> device = registry.device(request.deviceId());
        if (spent.contains(session)) return FairShare.Answer.ABSENT;
        if (device.isPresent() && !context.policies().capacity().fits(device.get(), session.order().work())) return FairShare.Answer.PASSES;
        String costClass = session.order().work().costClass();
        Optional<LeasedRange> flight = take(request, session, take);
        if (flight.isEmpty()) return FairShare.Answer.ABSENT;
        Lease lease = lease(session, flight.get());
        long estimate = rates.estimateNanos(request.deviceId(), costClass, lease.range().count());
        send(new ActiveLease(lease, session, request.deviceId(), estimate, Optional.empty()));
        shares.serve(session, estimate);
        return FairShare.Answer.TAKES;
    }

    private Optional<LeasedRange> take(LeaseRequest request, Session session, IntFunction<Optional<LeasedRange>> take) {
        int max = blame.fails(request.deviceId()) ? 1 : size(request, session.order().work());
        Optional<LeasedRange> flight = take.apply(max);
        if (flight.isEmpty()) return flight;
        int allowed = allowed(session, flight.get().range());
        if (allowed == flight.get().range().count()) return flight;
        context.sessions().giveBack(flight.get().leaseId());
        if (allowed > 0) return take.apply(allowed);
        spent.add(session);
        return Optional.empty();
    }

    private int size(LeaseRequest request, WorkOrder work) {
        return context.policies().capacity().stretches(work)
                ? rates.size(request.deviceId(), work.costClass(), request.maxBatch(), context.length().target())
                : rates.size(request.deviceId(), work.costClass(), request.maxBatch());
    }

    /** How many of a range's first nonces may be computed: the others are too large. */
    private int allowed(Session session, NonceRange range) {
        NonceSequence nonces = session.order().nonces();
        long max = context.policies().proofs().maxNonce(session.order().work());
        if (nonces.nonce(range.end() - 1) <= max) return range.count();
        long first = nonces.nonce(range.first());
        return first > max ? 0 : (int) ((max - first) / nonces.stride() + 1);
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
        issued.started = ready.getOrDefault(issued.deviceId, Map.of()).containsKey(issued.session.id());
        inFlight.add(issued, dueNanos(issued));
    }

    /** A device has a lease's model ready and computes, so many nonces at a time. */
    void started(ActiveLease issued, int batch) {
        rates.ready(issued.deviceId, issued.lease.work().costClass(), batch);
        ready.computeIfAbsent(issued.deviceId, _ -> new LruMap<>(READY)).put(issued.session.id(), true);
        issued.started = true;
        issued.unclaimed = false;
        inFlight.due(issued, dueNanos(issued));
    }

    /** A lease waits for its device. */
    void waits(ActiveLease issued) {
        issued.unclaimed = false;
        issued.turnNanos = context.clock().getAsLong();
        inFlight.due(issued, dueNanos(issued));
    }

    private long dueNanos(ActiveLease issued) {
        String costClass = issued.lease.work().costClass();
        // Of a lease that was sent before the device had done any such work, more may be known by now.
        long estimate = Math.max(issued.estimateNanos, rates.estimateNanos(issued.deviceId, costClass, issued.lease.range().count()));
        return context.clock().getAsLong() + context.rules().timeouts().nanos(issued.started, rates.known(issued.deviceId, costClass), estimate);
    }
}
