package io.bignode.lease;

import io.bignode.monitor.Alarms;
import io.bignode.protocol.DeviceGone;
import io.bignode.protocol.DeviceHealth;
import io.bignode.protocol.DeviceId;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.HeadSide;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.LeaseRequest;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.Provenance;
import io.bignode.protocol.Reported;
import io.bignode.protocol.WorkerFault;
import io.bignode.protocol.WorkerGone;
import io.bignode.protocol.WorkerHello;
import io.bignode.protocol.WorkerJoined;
import io.bignode.protocol.WorkerMessage;
import io.bignode.protocol.WorkerRefused;
import io.bignode.session.Excerpt;
import io.bignode.session.LeaseResult;
import io.bignode.session.LeasedRange;
import io.bignode.session.Session;
import io.bignode.session.Sessions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Issues leases to the devices that ask, takes their reports, cancels what is not wanted any more, and has other devices check what they
 * report. Thread safe.
 *
 * <p>A request that cannot be served waits; it is served by whatever makes work: a new session, a poll after a pause, a range that came
 * back. It calls the {@link HeadSide} with its lock held, so that one only hands messages on.
 */
public final class Leases {
    private static final System.Logger LOG = System.getLogger(Leases.class.getName());

    private final Sessions sessions;
    private final LeaseRules rules;
    private final LeaseClock nanoTime;
    private final HeadSide broker;
    private final Policies policies;
    private final Alarms alarms;
    private final Verification verification;
    private final DeviceRates rates;
    private final WorkerRegistry registry;
    private final WorkerAlarms workerAlarms;
    private final DeviceGauges gauges;
    private final FairShare<Session> shares = new FairShare<>(session -> session.order().weight());
    private final Blame blame;
    private final Checkers checkers;
    private final CheckLeases checks;
    private final Quarantine quarantine;
    private final OrderWatch watch;

    /** The devices that have a session's model ready, as far as is known. */
    private final Map<Session, Set<String>> warm = new HashMap<>();

    private final ActiveLeases inFlight;
    private final Queue<LeaseRequest> waiting = new ArrayDeque<>();
    private final LostLeases lostLeases = new LostLeases();
    private LeaseObserver observer = LeaseObserver.NOBODY;

    /**
     * Shares the devices among these sessions from now on. Leases that were in flight when an earlier head ended still are, and its held results
     * are still to be verified.
     *
     * @param nanoTime the clock the sessions use
     * @param broker  carries leases to the devices
     */
    public Leases(Sessions sessions, LeaseRules rules, LongSupplier nanoTime, HeadSide broker, Policies policies, Alarms alarms) {
        this.sessions = sessions;
        this.rules = rules;
        this.nanoTime = new LeaseClock(nanoTime);
        this.broker = broker;
        this.policies = policies;
        this.alarms = alarms;
        this.rates = new DeviceRates(rules);
        this.registry = new WorkerRegistry(sessions::now);
        this.workerAlarms = new WorkerAlarms(alarms, sessions::now);
        this.gauges = new DeviceGauges(nanoTime);
        this.inFlight = new ActiveLeases(this.nanoTime);
        this.blame = new Blame(rules, alarms);
        this.checkers = new Checkers(registry, policies, rates, blame);
        this.verification = new Verification(policies, alarms, new SecureRandom());
        this.quarantine = new Quarantine(registry, broker, alarms);
        this.checks = new CheckLeases(verification, checkers, rates);
        this.watch = new OrderWatch(sessions, alarms, policies, registry, blame, inFlight, verification, this.nanoTime.getAsLong());
        sessions.flights().forEach(this::restore);
        sessions.release(sessions.held().stream().filter(this::needsNoCheck).map(LeaseResult::leaseId).toList());
        sessions.onChange(this::changed);
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
        Outcomes outcomes = new Outcomes();
        for (WorkerMessage message : messages) take(message, outcomes);
        outcomes.apply(sessions);
        serve();
    }

    private synchronized void take(WorkerMessage message, Outcomes outcomes) {
        switch (message) {
            case LeaseRequest request -> asked(request, outcomes);
            case Reported(String worker, LeaseReport report) -> reported(worker, report, outcomes);
            case LeaseReport report -> report(report, outcomes);
            case DeviceGone(String deviceId) -> deviceGone(deviceId, outcomes);
            case DeviceHealth health -> {
                if (registry.device(health.deviceId()).isPresent()) gauges.measured(health);
            }
            case WorkerHello hello -> hello(hello, WorkerJoined.Origin.UNKNOWN, outcomes);
            case WorkerJoined(WorkerHello hello, WorkerJoined.Origin origin, boolean replaces) -> {
                if (replaces && registry.isConnected(hello.worker())) disconnected(hello.worker(), WorkerGone.Reason.REPLACED);
                hello(hello, origin, outcomes);
            }
            case WorkerRefused refused -> workerAlarms.refused(refused);
            case WorkerGone(String worker, WorkerGone.Reason reason) -> {
                if (registry.isConnected(worker)) disconnected(worker, reason);
                registry.gone(worker, reason);
                workerGone(worker, Set.of(), outcomes);
            }
            case WorkerFault(String worker, String reason) -> quarantine(new Source(worker), "sent " + reason, outcomes);
        }
    }

    private void reported(String worker, LeaseReport report, Outcomes outcomes) {
        ActiveLease issued = inFlight.get(report.leaseId());
        if (issued == null) return;
        if (issued.worker().equals(worker)) report(report, outcomes);
        else quarantine(new Source(worker), "reported on a lease of " + issued.deviceId, outcomes);
    }

    private void report(LeaseReport report, Outcomes outcomes) {
        switch (report) {
            case LeaseReport.Started(String id, int batch) -> started(id, batch);
            case LeaseReport.Done done -> done(done, outcomes);
            case LeaseReport.Failed(String id, String reason) -> failed(id, Excerpt.of(reason), false, outcomes); // it goes into alarms and answers
            case LeaseReport.Returned(String id) -> returned(id, outcomes);
        }
    }

    private void restore(LeasedRange flight) {
        Session session = sessions.sessionOf(flight.leaseId()).orElseThrow();
        ActiveLease issued = new ActiveLease(lease(session, flight), session, flight.deviceId(), 0, Optional.empty());
        issued.unclaimed = true;
        issued.deadlineNanos = nanoTime.getAsLong() + rules.timeouts().reattach().toNanos();
        inFlight.restore(issued);
    }

    /** Takes a held result from before a restart; one that has nothing to be checked, or that nobody wants checked any more, needs none. */
    private boolean needsNoCheck(LeaseResult held) {
        Source source = Source.of(held.provenance().device());
        Session session = sessions.sessionOf(held.leaseId()).orElseThrow();
        // Nobody is connected yet; the head's own results are let go soon where nobody comes who could check them.
        if (!verification.holds(source, () -> true) || held.computed() < 1) return true;
        registry.await(source);
        NonceRange range = session.flight(held.leaseId()).orElseThrow().range();
        verification.landed(source, held.leaseId(), session, new NonceRange(range.first(), held.computed()), held.found(), nanoTime.getAsLong());
        return false;
    }

    private static Lease lease(Session session, LeasedRange flight) {
        return new Lease(flight.leaseId(), session.id(), session.order().work(), session.order().nonces(), flight.range());
    }

    /** The head's thread stood still for so long, and heard of no device meanwhile: none is to blame for that time. */
    void stood(Duration time) {
        nanoTime.stood(time);
    }

    /** Takes back leases that take too long or that cancelled devices do not end; to be called a few times a second. */
    public void tick() {
        Outcomes outcomes = new Outcomes();
        synchronized (this) {
            sessions.activity().devices(registry.devices().size());
            workerAlarms.tick(WorkerRegistry.REMEMBERED);
            giveUp(outcomes);
            for (ActiveLease issued : checks.takeForJudge(nanoTime.getAsLong())) {
                note(issued);
                checks.judge(issued);
            }
            apply(verification.tick(nanoTime.getAsLong(), checkers::somebodyMay, registry::knows), outcomes);
            watch.tick(nanoTime.getAsLong());
        }
        outcomes.apply(sessions);
        changed();
    }

    /** Has somebody told what becomes of leases from now on. */
    public synchronized void observe(LeaseObserver by) {
        observer = by;
        inFlight.observe(by);
    }

    /** Has somebody decide from now on where two devices differ and no third is there. */
    public synchronized void judgeBy(Judge by) {
        checks.judgeBy(by);
    }

    /** How many requests of devices wait for work. */
    public synchronized int waiting() {
        return waiting.size();
    }

    /** How many leases are with devices. */
    public synchronized int inFlight() {
        return inFlight.all().size();
    }

    /** The devices that may get leases now. */
    public synchronized List<DeviceOffer> devices() {
        return registry.devices();
    }

    /** The devices of the workers that are connected or were lately, by worker. */
    public synchronized List<DeviceView> deviceViews() {
        Map<String, String> alarmed = new HashMap<>();
        for (Alarms.Alarm raised : alarms.list()) {
            if (raised.key().startsWith(Blame.ALARM)) alarmed.put(raised.key().substring(Blame.ALARM.length()), raised.text());
        }
        return new DeviceViews(sessions.activity(), gauges, registry::isQuarantined, deviceId -> blame.told(deviceId).isPresent())
                .of(workers(), inFlight.byDevice(), alarmed);
    }

    /** The workers that are connected, were lately, or are in quarantine, by name. */
    public synchronized List<WorkerView> workers() {
        return registry.view(worker -> inFlight.ofWorker(worker).size());
    }

    /** Gives a worker no more leases; those it has it may finish. False when no such worker is connected. */
    public synchronized boolean drain(String worker) {
        return registry.drain(worker);
    }

    /** Lets a worker that drains or was in quarantine work again, with all its devices. False when nothing of it did or was. */
    public boolean admit(String worker) {
        synchronized (this) {
            if (!quarantine.end(worker)) return false;
        }
        serve();
        return true;
    }

    private void disconnected(String worker, WorkerGone.Reason reason) {
        LOG.log(reason.isFault() ? System.Logger.Level.WARNING : System.Logger.Level.INFO, "worker {0} is gone: {1}", worker, reason.text());
        observer.disconnected(reason);
        workerAlarms.gone(worker, reason);
    }

    private void hello(WorkerHello hello, WorkerJoined.Origin origin, Outcomes outcomes) {
        String worker = hello.worker();
        if (registry.isQuarantined(worker)) {
            broker.quarantine(worker, "it is in quarantine until an operator admits it");
            return;
        }
        if (!registry.isConnected(worker)) {
            LOG.log(System.Logger.Level.INFO, "worker {0} is connected, devices: {1}{2}", worker, hello.devices().size(), origin.text());
        }
        registry.hello(hello, origin);
        workerAlarms.joined(worker);
        for (DeviceOffer device : hello.devices()) {
            observer.connected(device.deviceId());
            blame.connected(device.deviceId(), nanoTime.getAsLong());
        }
        workerGone(worker, Set.copyOf(hello.held()), outcomes);
        for (String held : hello.held()) {
            ActiveLease issued = inFlight.get(held);
            if (issued != null && issued.worker().equals(worker)) {
                issued.unclaimed = false;
                issued.deadlineNanos = nanoTime.getAsLong() + rules.timeouts().nanos(issued.started, false, 0);
            } else if (!hello.devices().isEmpty()) {
                broker.cancel(hello.devices().getFirst().deviceId(), held);
            }
        }
    }

    /** Takes back everything a worker has but these leases, and forgets what its devices asked for. */
    private void workerGone(String worker, Set<String> held, Outcomes outcomes) {
        waiting.removeIf(request -> DeviceId.of(request.deviceId()).worker().equals(worker));
        warm.values().forEach(devices -> devices.removeIf(device -> DeviceId.of(device).worker().equals(worker)));
        takeBack(inFlight.ofWorker(worker).stream().filter(one -> !held.contains(one.lease.id())).toList(), outcomes);
    }

    /** Takes back everything a device has and forgets what it asked for. */
    private void deviceGone(String deviceId, Outcomes outcomes) {
        waiting.removeIf(request -> request.deviceId().equals(deviceId));
        warm.values().forEach(devices -> devices.remove(deviceId));
        takeBack(inFlight.ofDevice(deviceId), outcomes);
    }

    /** Takes leases back. Where no device waits for work, others make room for what was lost. */
    private void takeBack(Collection<ActiveLease> all, Outcomes outcomes) {
        List<ActiveLease> lost = new ArrayList<>();
        all.forEach(issued -> inFlight.end(issued.lease.id(), LeaseObserver.End.RETURNED));
        long idle = idleDevices();
        for (ActiveLease issued : all) {
            broker.cancel(issued.deviceId, issued.lease.id());
            lostLeases.remove(issued.deviceId).ifPresent(another -> giveBack(another, outcomes));
            if (issued.check.isPresent() || idle-- > 0) giveBack(issued, outcomes);
            else lost.add(issued);
        }
        if (lost.isEmpty()) return;
        for (ActiveLease queued : lostLeases.plan(lost, inFlight.byDevice(), this::mayMakeRoom, nanoTime.getAsLong())) {
            queued.recalled = true;
            broker.cancel(queued.deviceId, queued.lease.id());
        }
        lost.stream().filter(issued -> !lostLeases.holds(issued)).forEach(issued -> giveBack(issued, outcomes));
    }

    /** How many devices have nothing to compute: what comes back is begun there at once. */
    private long idleDevices() {
        Set<String> busy = inFlight.byDevice().keySet();
        return waiting.stream().map(LeaseRequest::deviceId).distinct()
                .filter(device -> registry.serves(device) && !busy.contains(device) && !blame.fails(device)).count();
    }

    private boolean mayMakeRoom(ActiveLease queued, ActiveLease lost) {
        return registry.serves(queued.deviceId) && !blame.fails(queued.deviceId) && fits(queued.deviceId, lost.session);
    }

    /** The device that made room for a lost lease gets that lease's range. */
    private void asked(LeaseRequest request, Outcomes outcomes) {
        Optional<ActiveLease> lost = lostLeases.remove(request.deviceId());
        if (lost.isPresent()) {
            giveBack(lost.get(), outcomes);
            long first = lost.get().lease.range().first();
            BiFunction<Session, Integer, Optional<LeasedRange>> there = (session, most) -> session.takeFrom(first, request.deviceId(), most);
            if (!blame.fails(request.deviceId()) && issue(request, lost.get().session, there)) return;
        }
        waiting.add(request);
    }

    /** Puts a source in quarantine and drops what of it was not verified. */
    private void quarantine(Source source, String why, Outcomes outcomes) {
        boolean wasConnected = !source.own() && registry.isConnected(source.name());
        if (!quarantine.put(source, why)) return;
        if (wasConnected) disconnected(source.name(), WorkerGone.Reason.EXPELLED);
        observer.quarantined();
        if (source.own()) {
            // Its alarm tells of the quarantine from now on.
            blame.forget(source.name());
            deviceGone(source.name(), outcomes);
        } else {
            workerGone(source.name(), Set.of(), outcomes);
        }
        outcomes.discarded.addAll(verification.quarantined(source));
    }

    private void started(String leaseId, int batch) {
        ActiveLease issued = inFlight.get(leaseId);
        if (issued == null) return;
        String costClass = issued.lease.work().costClass();
        if (issued.check.isEmpty()) issued.session.generating();
        rates.ready(issued.deviceId, costClass, batch);
        warm.computeIfAbsent(issued.session, _ -> new HashSet<>()).add(issued.deviceId);
        issued.started = true;
        issued.unclaimed = false;
        setDeadline(issued);
    }

    private void setDeadline(ActiveLease issued) {
        boolean known = rates.known(issued.deviceId, issued.lease.work().costClass());
        issued.deadlineNanos = nanoTime.getAsLong() + rules.timeouts().nanos(issued.started, known, issued.estimateNanos);
    }

    private void done(LeaseReport.Done done, Outcomes outcomes) {
        ActiveLease issued = inFlight.get(done.leaseId());
        if (issued == null) return;
        Lease lease = issued.lease;
        Source source = Source.of(issued.deviceId);
        Optional<String> fault = fault(lease, done);
        if (fault.isPresent()) {
            if (source.own()) failed(lease.id(), "device " + issued.deviceId + " " + fault.get(), false, outcomes);
            else quarantine(source, fault.get(), outcomes);
            return;
        }
        inFlight.end(lease.id(), LeaseObserver.End.DONE);
        if (done.computed() > 0) blame.worked(issued.deviceId);
        else if (!issued.askedBack()) blame.emptyHanded(issued, nanoTime.getAsLong());
        rates.measured(issued.deviceId, lease.work().costClass(), done.computed(), done.deviceNanos());
        gauges.computed(issued.deviceId, policies.capacity().operations(lease.work()), done.computed(), done.deviceNanos());
        if (issued.check.isPresent()) {
            List<Verification.Verdict> verdicts = verification.done(issued.check.get(), source, lease, done.computed(), done.found());
            verdicts.forEach(verdict -> observer.verified(verdict instanceof Verification.Verdict.Release));
            apply(verdicts, outcomes);
            return;
        }
        issued.session.generating();
        boolean held = done.computed() > 0 && verification.holds(source, () -> checkers.somebodyMay(source, issued.session));
        outcomes.landings.add(new LeaseResult(lease.id(), done.computed(), done.found(), done.deviceNanos(), Provenance.of(issued.deviceId), held));
        observer.computed(issued.session.order().tenant(), issued.deviceId, done.computed(), done.found().size(), done.deviceNanos());
        shares.charge(issued.session, done.deviceNanos() - issued.estimateNanos);
        if (done.computed() < 1) return;
        NonceRange computed = new NonceRange(lease.range().first(), done.computed());
        blame.computed(issued.session, computed);
        if (held) verification.landed(source, lease.id(), issued.session, computed, done.found(), nanoTime.getAsLong());
    }

    private void apply(List<Verification.Verdict> verdicts, Outcomes outcomes) {
        for (Verification.Verdict verdict : verdicts) {
            switch (verdict) {
                case Verification.Verdict.Release(List<String> leaseIds) -> outcomes.released.addAll(leaseIds);
                case Verification.Verdict.Wrong(Source source, String why) -> quarantine(source, "reported what is not so: " + why, outcomes);
                case Verification.Verdict.Disputed(List<String> leaseIds) -> outcomes.discarded.addAll(leaseIds);
            }
        }
    }

    /** A failed lease stays charged with its estimate, so that work which fails at once cannot keep the devices from other sessions. */
    private void failed(String leaseId, String reason, boolean hung, Outcomes outcomes) {
        ActiveLease issued = inFlight.end(leaseId, LeaseObserver.End.FAILED).orElse(null);
        if (issued == null) return;
        LOG.log(System.Logger.Level.WARNING, "lease {0} of session {1} failed: {2}", leaseId, issued.session.id(), reason);
        // That two differ and nobody decides has an alarm; a judge that cannot is no device that fails.
        if (!issued.judged) blame.device(issued, reason, hung, nanoTime.getAsLong());
        if (issued.check.isPresent()) {
            apply(verification.returned(issued.check.get(), Source.of(issued.deviceId), true), outcomes);
            return;
        }
        sessions.giveBack(leaseId);
        Set<String> serving = registry.devices().stream().map(DeviceOffer::deviceId).filter(id -> fits(id, issued.session)).collect(Collectors.toSet());
        blame.work(issued, reason, serving).ifPresent(why -> outcomes.fail(issued.session, why));
    }

    private void returned(String leaseId, Outcomes outcomes) {
        inFlight.end(leaseId, LeaseObserver.End.RETURNED).ifPresent(issued -> {
            if (!issued.askedBack()) blame.emptyHanded(issued, nanoTime.getAsLong());
            giveBack(issued, outcomes);
        });
    }

    private void giveBack(ActiveLease issued, Outcomes outcomes) {
        if (issued.check.isPresent()) {
            apply(verification.returned(issued.check.get(), Source.of(issued.deviceId), false), outcomes);
            return;
        }
        sessions.giveBack(issued.lease.id());
        shares.charge(issued.session, -issued.estimateNanos);
    }

    private void giveUp(Outcomes outcomes) {
        long now = nanoTime.getAsLong();
        lostLeases.overdue(now).forEach(lost -> giveBack(lost, outcomes));
        for (ActiveLease issued : List.copyOf(inFlight.all())) {
            if (inFlight.get(issued.lease.id()) == null) continue;
            String lease = issued.lease.id();
            if (issued.cancelledNanos.isPresent()) {
                if (now - issued.cancelledNanos.getAsLong() < rules.cancelGrace().toNanos()) continue;
                LOG.log(System.Logger.Level.WARNING, "device {0} does not end cancelled lease {1}: given up", issued.deviceId, lease);
                returned(lease, outcomes);
            } else if (now - issued.deadlineNanos >= 0) {
                overdue(issued, outcomes);
            }
        }
        shares.forget(session -> session.status().ended());
        Set<String> asking = waiting.stream().map(LeaseRequest::deviceId).collect(Collectors.toSet());
        blame.tick(inFlight.byDevice(), asking, registry.connectedDevices(), registry::knows, now);
        warm.keySet().removeIf(session -> session.status().ended());
    }

    /** A device that hangs although its host is connected gets nothing more until it asks again. */
    private void overdue(ActiveLease issued, Outcomes outcomes) {
        if (issued.unclaimed) {
            returned(issued.lease.id(), outcomes);
            return;
        }
        broker.cancel(issued.deviceId, issued.lease.id());
        failed(issued.lease.id(), issued.deviceId + " did not finish in time", true, outcomes);
        deviceGone(issued.deviceId, outcomes);
    }

    /** Cancels what ended sessions have in flight, then serves the devices that wait. */
    private synchronized void changed() {
        inFlight.cancelEnded(nanoTime.getAsLong()).forEach(issued -> broker.cancel(issued.deviceId, issued.lease.id()));
        serve();
    }

    /** Serves the devices that wait, first come first served. A session that takes part from now on only has them served again. */
    private synchronized void serve() {
        if (waiting.isEmpty()) return;
        List<Session> leasable = sessions.leasable();
        // Ranked all the same, so that who comes back later counts as one that was away.
        if (leasable.isEmpty() && shares.ranking(leasable).isEmpty() && !verification.asks()) return;
        waiting.removeIf(request -> registry.serves(request.deviceId()) && (issueCheck(request) || issue(request, leasable)));
    }

    private boolean issue(LeaseRequest request, List<Session> leasable) {
        BiFunction<Session, Integer, Optional<LeasedRange>> lowest = (session, most) -> session.take(request.deviceId(), most);
        boolean busy = blame.fails(request.deviceId()) && !inFlight.ofDevice(request.deviceId()).isEmpty();
        return shares.ranking(leasable).stream()
                .filter(session -> blame.mayTry(request.deviceId(), session.id(), busy, nanoTime.getAsLong()))
                .anyMatch(session -> issue(request, session, lowest));
    }

    private boolean issue(LeaseRequest request, Session session, BiFunction<Session, Integer, Optional<LeasedRange>> take) {
        Optional<DeviceOffer> device = registry.device(request.deviceId());
        if (device.isPresent() && !policies.capacity().fits(device.get(), session.order().work())) return false;
        String costClass = session.order().work().costClass();
        int most = blame.fails(request.deviceId()) ? 1 : rates.size(request.deviceId(), costClass, request.maxBatch());
        Optional<LeasedRange> flight = take.apply(session, most);
        if (flight.isEmpty()) return false;
        Lease lease = lease(session, flight.get());
        long estimate = rates.estimateNanos(request.deviceId(), costClass, lease.range().count());
        send(new ActiveLease(lease, session, request.deviceId(), estimate, Optional.empty()));
        shares.serve(session, estimate);
        return true;
    }

    private boolean issueCheck(LeaseRequest request) {
        Optional<ActiveLease> check = checks.take(request, nanoTime.getAsLong());
        check.ifPresent(this::send);
        return check.isPresent();
    }

    private void send(ActiveLease issued) {
        note(issued);
        broker.send(issued.deviceId, issued.lease);
    }

    private void note(ActiveLease issued) {
        issued.started = warm.getOrDefault(issued.session, Set.of()).contains(issued.deviceId);
        setDeadline(issued);
        inFlight.add(issued);
    }

    private boolean fits(String deviceId, Session session) {
        return registry.device(deviceId).filter(device -> policies.capacity().fits(device, session.order().work())).isPresent();
    }

    /** What a report says that no sound device says: nonces of another lease, or one twice, or what cannot be their proof. */
    private Optional<String> fault(Lease lease, LeaseReport.Done done) {
        return done.isOf(lease) ? policies.proofs().fault(lease.work(), done.found()) : Optional.of("reported nonces it was not asked for");
    }
}
