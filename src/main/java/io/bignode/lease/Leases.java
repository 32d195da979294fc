package io.bignode.lease;

import io.bignode.monitor.Alarms;
import io.bignode.protocol.DeviceHealth;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.HeadSide;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.WorkerGone;
import io.bignode.protocol.WorkerHello;
import io.bignode.protocol.WorkerJoined;
import io.bignode.protocol.WorkerMessage;
import io.bignode.protocol.WorkerMessage.DeviceGone;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import io.bignode.protocol.WorkerMessage.Reported;
import io.bignode.protocol.WorkerMessage.WorkerFault;
import io.bignode.protocol.WorkerMessage.WorkerRefused;
import io.bignode.session.LeaseResult;
import io.bignode.session.LeasedRange;
import io.bignode.session.Session;
import io.bignode.session.Sessions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongSupplier;

/**
 * Issues leases to the devices that ask, takes their reports, cancels what is not wanted any more, and has other devices check what they
 * report. Thread safe.
 *
 * <p>A request that cannot be served waits; it is served by whatever makes work: a new session, a poll after a pause, a range that came
 * back. It calls the {@link HeadSide} with its lock held, so that one only hands messages on.
 *
 * <p>Its monitor guards all of its parts: {@link LeaseIssuer} gives out leases, {@link LeaseReports} takes what is reported of them, {@link LeaseReturns} takes
 * them back. Session locks are taken within it; what waits for the store or calls back is put into {@link Outcomes} and done after it.
 */
public final class Leases {
    private static final System.Logger LOG = System.getLogger(Leases.class.getName());

    /** How often all devices and orders are looked at for what is wrong with them. */
    private static final Duration WATCH = Duration.ofSeconds(1);

    private final Sessions sessions;
    private final LeaseRules rules;
    private final LeaseClock nanoTime;
    private final HeadSide broker;
    private final Alarms alarms;
    private final Verification verification;
    private final WorkerRegistry registry;
    private final WorkerAlarms workerAlarms;
    private final DeviceGauges gauges;
    private final Blame blame;
    private final Checkers checkers;
    private final CheckLeases checks;
    private final Quarantine quarantine;
    private final OrderWatch watch;
    private final EarlyShare earlyShare;
    private final ActiveLeases inFlight;
    private final LeaseLength length;
    private final LeaseIssuer issuer;
    private final LeaseReturns returns;
    private final LeaseReports reports;

    /** The sessions that ended or may have work, and were not looked at yet. */
    private final Queue<Session> changed = new ConcurrentLinkedQueue<>();

    private long watchedNanos;

    /** Of the registry, for those who ask while leases are issued. */
    private volatile List<DeviceOffer> devices = List.of();

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
        this.alarms = alarms;
        this.registry = new WorkerRegistry(sessions::now);
        this.workerAlarms = new WorkerAlarms(alarms, sessions::now);
        this.gauges = new DeviceGauges(nanoTime);
        this.inFlight = new ActiveLeases(this.nanoTime);
        this.blame = new Blame(rules, alarms);
        this.verification = new Verification(policies, alarms, new SecureRandom());
        this.quarantine = new Quarantine(registry, broker, alarms);
        this.length = new LeaseLength(rules, nanoTime);
        DeviceRates rates = new DeviceRates(rules);
        LeaseContext context = new LeaseContext(sessions, rules, this.nanoTime, broker, policies, registry, inFlight, rates, length, blame, verification);
        this.checkers = new Checkers(registry, policies, rates, blame);
        this.checks = new CheckLeases(verification, checkers, rates);
        this.issuer = new LeaseIssuer(context, checks);
        this.returns = new LeaseReturns(context, issuer, workerAlarms, quarantine);
        this.reports = new LeaseReports(context, checkers, gauges, issuer, returns);
        this.watch = new OrderWatch(sessions, alarms, policies, registry, blame, inFlight, verification);
        this.earlyShare = new EarlyShare(alarms);
        this.watchedNanos = this.nanoTime.getAsLong() - WATCH.toNanos();
        sessions.flights().forEach(this::restore);
        sessions.release(sessions.held().stream().filter(this::needsNoCheck).map(LeaseResult::leaseId).toList());
        sessions.onChange(this::changed);
    }

    /** Takes a worker's message. Reports about leases that ended already are ignored. */
    public void handle(WorkerMessage message) {
        handle(List.of(message));
    }

    /**
     * Takes workers' messages, in this order, and then what became of sessions; when it returns, all their results are durable. Reports about leases that
     * ended already are ignored.
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
            case Reported(String worker, LeaseReport report) -> reports.take(worker, report, outcomes);
            case LeaseReport report -> reports.take(report, outcomes);
            case DeviceGone(String deviceId) -> returns.deviceGone(deviceId, outcomes);
            case DeviceHealth health -> {
                if (registry.device(health.deviceId()).isPresent()) gauges.measured(health);
            }
            case WorkerHello hello -> hello(hello, WorkerJoined.Origin.UNKNOWN, outcomes);
            case WorkerJoined(WorkerHello hello, WorkerJoined.Origin origin, boolean replaces) -> {
                if (replaces && registry.isConnected(hello.worker())) returns.disconnected(hello.worker(), WorkerGone.Reason.REPLACED);
                hello(hello, origin, outcomes);
            }
            case WorkerRefused refused -> workerAlarms.refused(refused);
            case WorkerGone(String worker, WorkerGone.Reason reason) -> {
                if (registry.isConnected(worker)) returns.disconnected(worker, reason);
                registry.gone(worker, reason);
                returns.workerGone(worker, Set.of(), outcomes);
            }
            case WorkerFault(String worker, String reason) -> returns.quarantine(new Source(worker), "sent " + reason, outcomes);
        }
    }

    private void restore(LeasedRange flight) {
        Session session = sessions.sessionOf(flight.leaseId()).orElseThrow();
        ActiveLease issued = new ActiveLease(LeaseIssuer.lease(session, flight), session, flight.deviceId(), 0, Optional.empty());
        issued.unclaimed = true;
        inFlight.restore(issued, nanoTime.getAsLong() + rules.timeouts().reattach().toNanos());
    }

    /** Takes a held result from before a restart; one with nothing to check, or that need not be checked any more, is released. */
    private boolean needsNoCheck(LeaseResult held) {
        Source source = Source.of(held.provenance().device());
        Session session = sessions.sessionOf(held.leaseId()).orElseThrow();
        // No worker is connected yet; the head's own results are released soon where no device comes that could check them.
        if (!verification.holds(source, () -> true) || held.computed() < 1) return true;
        registry.await(source);
        NonceRange range = session.flight(held.leaseId()).orElseThrow().range();
        verification.landed(source, held.leaseId(), session, new NonceRange(range.first(), held.computed()), held.found(), nanoTime.getAsLong());
        return false;
    }

    /** The head's thread stood still for so long and read no messages meanwhile: no device is to blame for that time. */
    void stood(Duration time) {
        nanoTime.stood(time);
    }

    /** Takes back leases that take too long or that cancelled devices do not end; to be called a few times a second. */
    public void tick() {
        Outcomes outcomes = new Outcomes();
        synchronized (this) {
            sessions.activity().devices(registry.devices().size());
            workerAlarms.tick(WorkerRegistry.REMEMBERED);
            length.tick();
            long now = nanoTime.getAsLong();
            returns.giveBackOverdue(outcomes);
            reports.giveUp(outcomes);
            issuer.tick();
            if (now - watchedNanos >= WATCH.toNanos()) {
                watchedNanos = now;
                blame.tick(inFlight.byDevice(), issuer.asking(), registry.connectedDevices(), registry::knows, now);
                watch.tick(now);
                earlyShare.tick(sessions.leasable(), now);
            }
            issuer.issueToJudge();
            returns.apply(verification.tick(now, checkers::somebodyMay, registry::knows), outcomes);
            inFlight.sessions().forEach(this::cancelIfEnded);
        }
        outcomes.apply(sessions);
        serve();
    }

    /** Sets the observer of leases. */
    public synchronized void observe(LeaseObserver by) {
        inFlight.observe(by);
    }

    /** Sets the judge, which decides from now on where two sources differ and no third device is there. */
    public synchronized void judgeBy(Judge by) {
        checks.judgeBy(by);
    }

    /**
     * Sets what tells the processor time that serving leases took so far, in nanoseconds: from now on leases become longer where they would take more than half
     * a core. It is asked every few seconds, with the lock held.
     */
    public synchronized void measureBy(LongSupplier servingNanos) {
        length.measureBy(servingNanos);
    }

    /** The device time that a lease should take at present. */
    public synchronized Duration target() {
        return length.target();
    }

    /** How many cores serving leases took lately; 0 until that was measured. */
    public synchronized double servingCores() {
        return length.cores();
    }

    /** How many requests of devices wait for work. */
    public synchronized int waiting() {
        return issuer.waiting();
    }

    /** How many leases are with devices. */
    public synchronized int inFlight() {
        return inFlight.count();
    }

    /** The devices that may get leases, as of the last round. Waits for nobody: each start asks. */
    public List<DeviceOffer> devices() {
        return devices;
    }

    /** The devices of the workers that are connected or were lately, by worker. */
    public synchronized List<DeviceView> deviceViews() {
        Map<String, String> alarmed = new HashMap<>();
        for (Alarms.Alarm raised : alarms.list()) {
            if (raised.key().startsWith(Blame.ALARM)) alarmed.put(raised.key().substring(Blame.ALARM.length()), raised.text());
        }
        return new DeviceViews(sessions.activity(), gauges, registry::isQuarantined, deviceId -> blame.failing(deviceId).isPresent())
                .of(workers(), inFlight.byDevice(), alarmed);
    }

    /** The workers that are connected, were lately, or are in quarantine, by name. */
    public synchronized List<WorkerView> workers() {
        return registry.view(worker -> inFlight.ofWorker(worker).size());
    }

    /** Gives a worker no more leases; those it has it may finish. False when no such worker is connected. */
    public synchronized boolean drain(String worker) {
        boolean drains = registry.drain(worker);
        devices = registry.devices();
        return drains;
    }

    /** Lets a worker that drains or was in quarantine work again, with all its devices. False when nothing of it did or was. */
    public boolean admit(String worker) {
        synchronized (this) {
            if (!quarantine.end(worker)) return false;
            issuer.admitted();
        }
        serve();
        return true;
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
            inFlight.observer().connected(device.deviceId());
            blame.connected(device.deviceId(), nanoTime.getAsLong());
        }
        returns.workerGone(worker, Set.copyOf(hello.held()), outcomes);
        for (String held : hello.held()) {
            ActiveLease issued = inFlight.get(held);
            if (issued != null && issued.worker().equals(worker)) {
                issued.unclaimed = false;
                inFlight.due(issued, nanoTime.getAsLong() + rules.timeouts().nanos(issued.started, false, 0));
            } else if (!hello.devices().isEmpty()) {
                broker.cancel(hello.devices().getFirst().deviceId(), held);
            }
        }
    }

    /** The device that made room for a lost lease gets that lease's range. */
    private void asked(LeaseRequest request, Outcomes outcomes) {
        Optional<ActiveLease> lost = returns.takeLost(request.deviceId(), outcomes);
        if (lost.isEmpty() || !issuer.issueLost(request, lost.get())) issuer.ask(request);
    }

    /** A session ended, or may have work. The head's thread looks at it: who starts one does not wait while others' leases are issued. */
    private void changed(Session session) {
        changed.add(session);
        broker.wake();
    }

    private void cancelIfEnded(Session session) {
        if (!session.status().ended()) return;
        long now = nanoTime.getAsLong();
        inFlight.cancel(session, now, now + rules.cancelGrace().toNanos()).forEach(issued -> broker.cancel(issued.deviceId, issued.lease.id()));
    }

    /** Cancels what sessions have in flight that ended, and serves the devices that wait. */
    private synchronized void serve() {
        devices = registry.devices();
        for (Session session = changed.poll(); session != null; session = changed.poll()) {
            cancelIfEnded(session);
            issuer.join(session);
        }
        issuer.serve();
    }
}
