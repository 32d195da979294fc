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
import io.bignode.session.Flight;
import io.bignode.session.Landing;
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
    private final Roster roster;
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

    private final InFlight inFlight;
    private final Queue<LeaseRequest> waiting = new ArrayDeque<>();
    private final Rescues rescues = new Rescues();
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
        this.roster = new Roster(sessions::now);
        this.workerAlarms = new WorkerAlarms(alarms, sessions::now);
        this.gauges = new DeviceGauges(nanoTime);
        this.inFlight = new InFlight(this.nanoTime);
        this.blame = new Blame(rules, alarms);
        this.checkers = new Checkers(roster, policies, rates, blame);
        this.verification = new Verification(policies, alarms, new SecureRandom());
        this.quarantine = new Quarantine(roster, broker, alarms);
        this.checks = new CheckLeases(verification, checkers, rates);
        this.watch = new OrderWatch(sessions, alarms, policies, roster, blame, inFlight, verification, this.nanoTime.getAsLong());
        sessions.flights().forEach(this::restore);
        sessions.release(sessions.held().stream().filter(this::needsNoCheck).map(Landing::leaseId).toList());
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
        Effects effects = new Effects();
        for (WorkerMessage message : messages) take(message, effects);
        effects.happen(sessions);
        serve();
    }

    private synchronized void take(WorkerMessage message, Effects effects) {
        switch (message) {
            case LeaseRequest request -> asked(request, effects);
            case Reported(String worker, LeaseReport report) -> reported(worker, report, effects);
            case LeaseReport report -> report(report, effects);
            case DeviceGone(String deviceId) -> deviceGone(deviceId, effects);
            case DeviceHealth health -> {
                if (roster.device(health.deviceId()).isPresent()) gauges.measured(health);
            }
            case WorkerHello hello -> hello(hello, WorkerJoined.Origin.UNKNOWN, effects);
            case WorkerJoined(WorkerHello hello, WorkerJoined.Origin origin, boolean replaces) -> {
                if (replaces && roster.isConnected(hello.worker())) disconnected(hello.worker(), WorkerGone.Reason.REPLACED);
                hello(hello, origin, effects);
            }
            case WorkerRefused refused -> workerAlarms.refused(refused);
            case WorkerGone(String worker, WorkerGone.Reason reason) -> {
                if (roster.isConnected(worker)) disconnected(worker, reason);
                roster.gone(worker, reason);
                workerGone(worker, Set.of(), effects);
            }
            case WorkerFault(String worker, String reason) -> condemn(new Source(worker), "sent " + reason, effects);
        }
    }

    private void reported(String worker, LeaseReport report, Effects effects) {
        Issued issued = inFlight.get(report.leaseId());
        if (issued == null) return;
        if (issued.worker().equals(worker)) report(report, effects);
        else condemn(new Source(worker), "reported on a lease of " + issued.deviceId, effects);
    }

    private void report(LeaseReport report, Effects effects) {
        switch (report) {
            case LeaseReport.Started(String id, int batch) -> started(id, batch);
            case LeaseReport.Done done -> done(done, effects);
            case LeaseReport.Failed(String id, String reason) -> failed(id, Excerpt.of(reason), false, effects); // it goes into alarms and answers
            case LeaseReport.Returned(String id) -> returned(id, effects);
        }
    }

    private void restore(Flight flight) {
        Session session = sessions.sessionOf(flight.leaseId()).orElseThrow();
        Issued issued = new Issued(lease(session, flight), session, flight.deviceId(), 0, Optional.empty());
        issued.unclaimed = true;
        issued.deadlineNanos = nanoTime.getAsLong() + rules.patience().reattach().toNanos();
        inFlight.restore(issued);
    }

    /** Takes a held result from before a restart; one that has nothing to be checked, or that nobody wants checked any more, needs none. */
    private boolean needsNoCheck(Landing held) {
        Source source = Source.of(held.provenance().device());
        Session session = sessions.sessionOf(held.leaseId()).orElseThrow();
        // Nobody is connected yet; the head's own results are let go soon where nobody comes who could check them.
        if (!verification.holds(source, () -> true) || held.computed() < 1) return true;
        roster.await(source);
        NonceRange range = session.flight(held.leaseId()).orElseThrow().range();
        verification.landed(source, held.leaseId(), session, new NonceRange(range.first(), held.computed()), held.found(), nanoTime.getAsLong());
        return false;
    }

    private static Lease lease(Session session, Flight flight) {
        return new Lease(flight.leaseId(), session.id(), session.order().work(), session.order().nonces(), flight.range());
    }

    /** The head's thread stood still for so long, and heard of no device meanwhile: none is to blame for that time. */
    void stood(Duration time) {
        nanoTime.stood(time);
    }

    /** Takes back leases that take too long or that cancelled devices do not end; to be called a few times a second. */
    public void tick() {
        Effects effects = new Effects();
        synchronized (this) {
            sessions.activity().devices(roster.devices().size());
            workerAlarms.tick(Roster.REMEMBERED);
            giveUp(effects);
            for (Issued issued : checks.takeForJudge(nanoTime.getAsLong())) {
                note(issued);
                checks.judge(issued);
            }
            apply(verification.tick(nanoTime.getAsLong(), checkers::somebodyMay, roster::knows), effects);
            watch.tick(nanoTime.getAsLong());
        }
        effects.happen(sessions);
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
        return roster.devices();
    }

    /** The devices of the workers that are connected or were lately, by worker. */
    public List<DeviceView> deviceViews() {
        Map<String, String> alarmed = new HashMap<>();
        for (Alarms.Alarm raised : alarms.list()) {
            if (raised.key().startsWith(Blame.ALARM)) alarmed.put(raised.key().substring(Blame.ALARM.length()), raised.text());
        }
        synchronized (this) {
            return new DeviceViews(sessions.activity(), gauges, roster::isBarred, deviceId -> blame.told(deviceId).isPresent())
                    .of(workers(), inFlight.byDevice(), alarmed);
        }
    }

    /** The workers that are connected, were lately, or are kept out, by name. */
    public synchronized List<WorkerView> workers() {
        return roster.view(worker -> inFlight.ofWorker(worker).size());
    }

    /** Gives a worker no more leases; those it has it may finish. False when no such worker is connected. */
    public synchronized boolean drain(String worker) {
        return roster.drain(worker);
    }

    /** Lets a worker that drains or was kept out work again, with all its devices. False when nothing of it did or was. */
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

    private void hello(WorkerHello hello, WorkerJoined.Origin origin, Effects effects) {
        String worker = hello.worker();
        if (roster.isBarred(worker)) {
            broker.bar(worker, "it is in quarantine until an operator admits it");
            return;
        }
        if (!roster.isConnected(worker)) {
            LOG.log(System.Logger.Level.INFO, "worker {0} is connected, devices: {1}{2}", worker, hello.devices().size(), origin.text());
        }
        roster.hello(hello, origin);
        workerAlarms.joined(worker);
        for (DeviceOffer device : hello.devices()) {
            observer.connected(device.deviceId());
            blame.connected(device.deviceId(), nanoTime.getAsLong());
        }
        workerGone(worker, Set.copyOf(hello.held()), effects);
        for (String held : hello.held()) {
            Issued issued = inFlight.get(held);
            if (issued != null && issued.worker().equals(worker)) {
                issued.unclaimed = false;
                issued.deadlineNanos = nanoTime.getAsLong() + rules.patience().nanos(issued.started, false, 0);
            } else if (!hello.devices().isEmpty()) {
                broker.cancel(hello.devices().getFirst().deviceId(), held);
            }
        }
    }

    /** Takes back everything a worker has but these leases, and forgets what its devices asked for. */
    private void workerGone(String worker, Set<String> held, Effects effects) {
        waiting.removeIf(request -> DeviceId.of(request.deviceId()).worker().equals(worker));
        warm.values().forEach(devices -> devices.removeIf(device -> DeviceId.of(device).worker().equals(worker)));
        takeBack(inFlight.ofWorker(worker).stream().filter(one -> !held.contains(one.lease.id())).toList(), effects);
    }

    /** Takes back everything a device has and forgets what it asked for. */
    private void deviceGone(String deviceId, Effects effects) {
        waiting.removeIf(request -> request.deviceId().equals(deviceId));
        warm.values().forEach(devices -> devices.remove(deviceId));
        takeBack(inFlight.ofDevice(deviceId), effects);
    }

    /** Takes leases back. Where no device waits for work, others make room for what was lost. */
    private void takeBack(Collection<Issued> all, Effects effects) {
        List<Issued> lost = new ArrayList<>();
        all.forEach(issued -> inFlight.end(issued.lease.id(), LeaseObserver.End.RETURNED));
        long idle = idleDevices();
        for (Issued issued : all) {
            broker.cancel(issued.deviceId, issued.lease.id());
            rescues.remove(issued.deviceId).ifPresent(another -> giveBack(another, effects));
            if (issued.check.isPresent() || idle-- > 0) giveBack(issued, effects);
            else lost.add(issued);
        }
        if (lost.isEmpty()) return;
        for (Issued queued : rescues.plan(lost, inFlight.byDevice(), this::mayMakeRoom, nanoTime.getAsLong())) {
            queued.recalled = true;
            broker.cancel(queued.deviceId, queued.lease.id());
        }
        lost.stream().filter(issued -> !rescues.holds(issued)).forEach(issued -> giveBack(issued, effects));
    }

    /** How many devices have nothing to compute: what comes back is begun there at once. */
    private long idleDevices() {
        Set<String> busy = inFlight.byDevice().keySet();
        return waiting.stream().map(LeaseRequest::deviceId).distinct()
                .filter(device -> roster.serves(device) && !busy.contains(device) && !blame.fails(device)).count();
    }

    private boolean mayMakeRoom(Issued queued, Issued lost) {
        return roster.serves(queued.deviceId) && !blame.fails(queued.deviceId) && fits(queued.deviceId, lost.session);
    }

    /** The device that made room for a lost lease gets that lease's range. */
    private void asked(LeaseRequest request, Effects effects) {
        Optional<Issued> lost = rescues.remove(request.deviceId());
        if (lost.isPresent()) {
            giveBack(lost.get(), effects);
            long first = lost.get().lease.range().first();
            BiFunction<Session, Integer, Optional<Flight>> there = (session, most) -> session.takeFrom(first, request.deviceId(), most);
            if (!blame.fails(request.deviceId()) && issue(request, lost.get().session, there)) return;
        }
        waiting.add(request);
    }

    /** Puts a source in quarantine and drops what of it was not verified. */
    private void condemn(Source source, String why, Effects effects) {
        boolean wasConnected = !source.own() && roster.isConnected(source.name());
        if (!quarantine.put(source, why)) return;
        if (wasConnected) disconnected(source.name(), WorkerGone.Reason.EXPELLED);
        observer.condemned();
        if (source.own()) {
            // Its alarm tells of the quarantine from now on.
            blame.forget(source.name());
            deviceGone(source.name(), effects);
        } else {
            workerGone(source.name(), Set.of(), effects);
        }
        effects.discarded.addAll(verification.condemned(source));
    }

    private void started(String leaseId, int batch) {
        Issued issued = inFlight.get(leaseId);
        if (issued == null) return;
        String costClass = issued.lease.work().costClass();
        if (issued.check.isEmpty()) issued.session.generating();
        rates.ready(issued.deviceId, costClass, batch);
        warm.computeIfAbsent(issued.session, _ -> new HashSet<>()).add(issued.deviceId);
        issued.started = true;
        issued.unclaimed = false;
        setDeadline(issued);
    }

    private void setDeadline(Issued issued) {
        boolean known = rates.known(issued.deviceId, issued.lease.work().costClass());
        issued.deadlineNanos = nanoTime.getAsLong() + rules.patience().nanos(issued.started, known, issued.estimateNanos);
    }

    private void done(LeaseReport.Done done, Effects effects) {
        Issued issued = inFlight.get(done.leaseId());
        if (issued == null) return;
        Lease lease = issued.lease;
        Source source = Source.of(issued.deviceId);
        Optional<String> fault = fault(lease, done);
        if (fault.isPresent()) {
            if (source.own()) failed(lease.id(), "device " + issued.deviceId + " " + fault.get(), false, effects);
            else condemn(source, fault.get(), effects);
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
            apply(verdicts, effects);
            return;
        }
        issued.session.generating();
        boolean held = done.computed() > 0 && verification.holds(source, () -> checkers.somebodyMay(source, issued.session));
        effects.landings.add(new Landing(lease.id(), done.computed(), done.found(), done.deviceNanos(), Provenance.of(issued.deviceId), held));
        observer.computed(issued.session.order().tenant(), issued.deviceId, done.computed(), done.found().size(), done.deviceNanos());
        shares.charge(issued.session, done.deviceNanos() - issued.estimateNanos);
        if (done.computed() < 1) return;
        NonceRange computed = new NonceRange(lease.range().first(), done.computed());
        blame.computed(issued.session, computed);
        if (held) verification.landed(source, lease.id(), issued.session, computed, done.found(), nanoTime.getAsLong());
    }

    private void apply(List<Verification.Verdict> verdicts, Effects effects) {
        for (Verification.Verdict verdict : verdicts) {
            switch (verdict) {
                case Verification.Verdict.Release(List<String> leaseIds) -> effects.released.addAll(leaseIds);
                case Verification.Verdict.Guilty(Source source, String why) -> condemn(source, "reported what is not so: " + why, effects);
                case Verification.Verdict.Disputed(List<String> leaseIds) -> effects.discarded.addAll(leaseIds);
            }
        }
    }

    /** A failed lease stays charged with its estimate, so that work which fails at once cannot keep the devices from other sessions. */
    private void failed(String leaseId, String reason, boolean hung, Effects effects) {
        Issued issued = inFlight.end(leaseId, LeaseObserver.End.FAILED).orElse(null);
        if (issued == null) return;
        LOG.log(System.Logger.Level.WARNING, "lease {0} of session {1} failed: {2}", leaseId, issued.session.id(), reason);
        // That two differ and nobody decides has an alarm; a judge that cannot is no device that fails.
        if (!issued.judged) blame.device(issued, reason, hung, nanoTime.getAsLong());
        if (issued.check.isPresent()) {
            apply(verification.returned(issued.check.get(), Source.of(issued.deviceId), true), effects);
            return;
        }
        sessions.giveBack(leaseId);
        Set<String> serving = roster.devices().stream().map(DeviceOffer::deviceId).filter(id -> fits(id, issued.session)).collect(Collectors.toSet());
        blame.work(issued, reason, serving).ifPresent(why -> effects.fail(issued.session, why));
    }

    private void returned(String leaseId, Effects effects) {
        inFlight.end(leaseId, LeaseObserver.End.RETURNED).ifPresent(issued -> {
            if (!issued.askedBack()) blame.emptyHanded(issued, nanoTime.getAsLong());
            giveBack(issued, effects);
        });
    }

    private void giveBack(Issued issued, Effects effects) {
        if (issued.check.isPresent()) {
            apply(verification.returned(issued.check.get(), Source.of(issued.deviceId), false), effects);
            return;
        }
        sessions.giveBack(issued.lease.id());
        shares.charge(issued.session, -issued.estimateNanos);
    }

    private void giveUp(Effects effects) {
        long now = nanoTime.getAsLong();
        rescues.overdue(now).forEach(lost -> giveBack(lost, effects));
        for (Issued issued : List.copyOf(inFlight.all())) {
            if (inFlight.get(issued.lease.id()) == null) continue;
            String lease = issued.lease.id();
            if (issued.cancelledNanos.isPresent()) {
                if (now - issued.cancelledNanos.getAsLong() < rules.cancelGrace().toNanos()) continue;
                LOG.log(System.Logger.Level.WARNING, "device {0} does not end cancelled lease {1}: given up", issued.deviceId, lease);
                returned(lease, effects);
            } else if (now - issued.deadlineNanos >= 0) {
                overdue(issued, effects);
            }
        }
        shares.forget(session -> session.status().ended());
        Set<String> asking = waiting.stream().map(LeaseRequest::deviceId).collect(Collectors.toSet());
        blame.tick(inFlight.byDevice(), asking, roster.connectedDevices(), roster::knows, now);
        warm.keySet().removeIf(session -> session.status().ended());
    }

    /** A device that hangs although its host is connected gets nothing more until it asks again. */
    private void overdue(Issued issued, Effects effects) {
        if (issued.unclaimed) {
            returned(issued.lease.id(), effects);
            return;
        }
        broker.cancel(issued.deviceId, issued.lease.id());
        failed(issued.lease.id(), issued.deviceId + " did not finish in time", true, effects);
        deviceGone(issued.deviceId, effects);
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
        waiting.removeIf(request -> roster.serves(request.deviceId()) && (issueCheck(request) || issue(request, leasable)));
    }

    private boolean issue(LeaseRequest request, List<Session> leasable) {
        BiFunction<Session, Integer, Optional<Flight>> lowest = (session, most) -> session.take(request.deviceId(), most);
        boolean busy = blame.fails(request.deviceId()) && !inFlight.ofDevice(request.deviceId()).isEmpty();
        return shares.ranking(leasable).stream()
                .filter(session -> blame.mayTry(request.deviceId(), session.id(), busy, nanoTime.getAsLong()))
                .anyMatch(session -> issue(request, session, lowest));
    }

    private boolean issue(LeaseRequest request, Session session, BiFunction<Session, Integer, Optional<Flight>> take) {
        Optional<DeviceOffer> device = roster.device(request.deviceId());
        if (device.isPresent() && !policies.capacity().fits(device.get(), session.order().work())) return false;
        String costClass = session.order().work().costClass();
        int most = blame.fails(request.deviceId()) ? 1 : rates.size(request.deviceId(), costClass, request.maxBatch());
        Optional<Flight> flight = take.apply(session, most);
        if (flight.isEmpty()) return false;
        Lease lease = lease(session, flight.get());
        long estimate = rates.estimateNanos(request.deviceId(), costClass, lease.range().count());
        send(new Issued(lease, session, request.deviceId(), estimate, Optional.empty()));
        shares.serve(session, estimate);
        return true;
    }

    private boolean issueCheck(LeaseRequest request) {
        Optional<Issued> check = checks.take(request, nanoTime.getAsLong());
        check.ifPresent(this::send);
        return check.isPresent();
    }

    private void send(Issued issued) {
        note(issued);
        broker.send(issued.deviceId, issued.lease);
    }

    private void note(Issued issued) {
        issued.started = warm.getOrDefault(issued.session, Set.of()).contains(issued.deviceId);
        setDeadline(issued);
        inFlight.add(issued);
    }

    private boolean fits(String deviceId, Session session) {
        return roster.device(deviceId).filter(device -> policies.capacity().fits(device, session.order().work())).isPresent();
    }

    /** What a report says that no sound device says: nonces of another lease, or one twice, or what cannot be their proof. */
    private Optional<String> fault(Lease lease, LeaseReport.Done done) {
        return done.isOf(lease) ? policies.proofs().fault(lease.work(), done.found()) : Optional.of("reported nonces it was not asked for");
    }
}
