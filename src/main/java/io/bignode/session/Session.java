package io.bignode.session;

import io.bignode.monitor.RecentRate;
import io.bignode.monitor.Work;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.Provenance;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One run of an order: hands out its nonce ranges, knows what was found and how far that was delivered. Thread safe.
 *
 * <p>It is a view of the store: whatever changes is written there in the same order, what was found before it is visible here.
 *
 * <p>An ended session gets no new range; the ranges still in flight may come back computed, and what they found is kept.
 */
public final class Session {
    private static final System.Logger LOG = System.getLogger(Session.class.getName());

    /** How stale the time of the last poll may be in the store. */
    private static final Duration POLL_NOTED = Duration.ofSeconds(5);

    /** About how much a poll's answer may hold, so that a client that comes back late costs no more memory than others. */
    private static final int ANSWER_BYTES = 1 << 20;

    /** A result on its way: to be made visible once it is durable. */
    record Landed(CommitTicket written, Runnable publish) {}

    private final String id;

    /** Changes only by {@link #amend}, with the lock held. */
    private volatile Order order;

    private final Instant createdAt;
    private final SessionContext around;
    private final long startNanos;
    private final NonceLedger ledger;
    private final ReentrantLock turn = new ReentrantLock(true);
    private final FoundLog log;
    private final Attention attention = new Attention();

    /** The leases that did not end, by their ids, in the order in which they were issued. */
    private final Map<String, LeasedRange> flights = new LinkedHashMap<>();

    /** The results among them that wait to be released. */
    private final Map<String, LeaseResult> held = new HashMap<>();

    /** Told when the start is durable; null for a session from the store. */
    private @Nullable CommitTicket start;

    /** Set once; a session whose start is not durable gets no leases. */
    private boolean open;

    private SessionStatus status;
    private @Nullable String error;
    private long computed;

    private long deviceNanos;
    private @Nullable Instant firstFoundAt;

    /** Its place among those that wait for their turn; 0 for one that was admitted. */
    private long place;

    /** Whether it is to stand at the end of the line, as nobody polled it for a while. */
    private boolean placeLost;

    /** Sums up its life. */
    private final SessionSummary life;

    /** The leases that did not end, and those whose results are not visible yet. */
    private int inFlight;

    private long polledNanos;
    private long pollNotedNanos;
    private long endedNanos;
    private @Nullable Instant endedAt;

    private Session(String id, Order order, Instant createdAt, SessionProgress progress, NonceLedger ledger, SessionContext around) {
        this.id = id;
        this.order = order;
        this.createdAt = createdAt;
        this.around = around;
        this.ledger = ledger;
        this.log = new FoundLog(progress);
        this.status = progress.status();
        this.error = progress.error();
        this.computed = progress.computed();
        this.deviceNanos = progress.deviceNanos();
        this.firstFoundAt = progress.firstFoundAt();
        this.place = progress.place();
        this.life = new SessionSummary(around.activity.deviceTime());
        Instant now = around.clock.instant();
        long nanos = around.nanoTime.getAsLong();
        this.startNanos = nanos - sinceNanos(createdAt, now);
        this.polledNanos = nanos - sinceNanos(progress.polledAt(), now);
        this.pollNotedNanos = polledNanos;
        this.endedAt = progress.endedAt();
        this.endedNanos = endedAt == null ? 0 : nanos - sinceNanos(endedAt, now);
    }

    /**
     * A session that starts now; it gets no leases before {@link #open}.
     *
     * @param place  where it waits for its turn; 0 for one that does not wait
     * @param before what is to be written together with its start
     */
    static Session start(String id, Order order, long place, long lineage, NonceLedger ledger, SessionContext around, List<Change> before) {
        Instant now = around.clock.instant();
        SessionProgress progress = SessionProgress.start(now, place);
        Session session = new Session(id, order, now, progress, ledger, around);
        List<Change> changes = new ArrayList<>(before);
        changes.add(new Change.SessionStarted(id, lineage, order, now));
        changes.add(new Change.SessionMoved(id, progress));
        session.start = around.store.write(changes);
        return session;
    }

    /** A session as the store has it. */
    static Session restore(StoreImage.Stored stored, NonceLedger ledger, SessionContext around) {
        Session session = new Session(stored.id(), stored.order(), stored.createdAt(), stored.progress(), ledger, around);
        session.open = true;
        return session;
    }

    /** Adds a lease in flight as the store has it; the ledger has its range already. */
    synchronized void restore(LeasedRange flight) {
        flights.put(flight.leaseId(), flight);
        around.flying.put(flight.leaseId(), this);
        inFlight++;
    }

    /** Adds a result that waits to be released. */
    synchronized void restore(LeaseResult landing) {
        held.put(landing.leaseId(), landing);
    }

    /**
     * Waits until the start is durable; from then on there may be leases.
     *
     * @return false when it cannot be made so at the moment, or was withdrawn for that reason
     */
    boolean open() {
        boolean durable = start == null || start.await();
        synchronized (this) {
            open |= durable && !status.ended();
            return open;
        }
    }

    /** A name nobody can guess: 128 random bits, in URL-safe characters. */
    public String id() {
        return id;
    }

    /** What was ordered. */
    public Order order() {
        return order;
    }

    /** Why its owner gets less than he may expect. */
    public Attention attention() {
        return attention;
    }

    /** When it started, by the wall clock. */
    public Instant createdAt() {
        return createdAt;
    }

    /** Time since its start, whether it still runs or not. */
    public Duration age() {
        return Duration.ofNanos(around.nanoTime.getAsLong() - startNanos);
    }

    /** Time until it expires; zero when its life is over or it ended before. */
    public Duration timeLeft() {
        Duration left = around.rules.life().minus(age());
        return left.isNegative() || status().ended() ? Duration.ZERO : left;
    }

    /** Where it is in its life. */
    public synchronized SessionStatus status() {
        return status;
    }

    /** Where it is in its life as its small node sees it, who takes the end for good: one that lingers after its time seems to go on. */
    public synchronized SessionStatus shownStatus() {
        if (status != SessionStatus.EXPIRED || !lingers()) return status;
        return place > 0 ? SessionStatus.INITIALIZING : SessionStatus.GENERATING;
    }

    /**
     * Whether it ended by itself a while ago, on terms by which it is shown as active until somebody stops it or that while is over. It gets no
     * leases and counts against no limit.
     */
    public synchronized boolean lingers() {
        boolean endedByItself = status == SessionStatus.EXPIRED || status == SessionStatus.ERROR;
        return endedByItself && order.terms().lingers() && around.nanoTime.getAsLong() - endedNanos < around.rules.linger().toNanos();
    }

    /** Whether it waits for its turn. */
    public synchronized boolean waiting() {
        return place > 0 && !status.ended();
    }

    /** Its place among those that wait. */
    synchronized long place() {
        return place;
    }

    /** Whether nobody polled it for so long that its turn goes to others. */
    synchronized boolean idling() {
        return idle();
    }

    /** Whether its place is lost, as nobody polled it for a while. */
    synchronized boolean lostPlace() {
        return placeLost;
    }

    /** Nobody polls it: once somebody does, it is to stand at the end. */
    synchronized void losePlace() {
        placeLost = true;
    }

    /** Waits at this place from now on. */
    synchronized void standAt(long newPlace) {
        place = newPlace;
        placeLost = false;
        note();
    }

    /** Its turn has come; false when it does not wait any more. */
    synchronized boolean admit() {
        if (!waiting()) return false;
        place = 0;
        note();
        return true;
    }

    /** Whether the devices' memory is taken by it: it was admitted, runs, and somebody polls it. */
    synchronized boolean usesDevices() {
        return place == 0 && !status.ended() && !lifeOver() && !idle();
    }

    /**
     * What became of {@link #amend}.
     *
     * @param redirected whether the address to push to is another one, or gone
     * @param written    told when it is durable
     */
    record Amendment(boolean redirected, CommitTicket written) {}

    /** Takes the address to push to and the terms of an order that was sent again; empty where these are what they were. */
    synchronized Optional<Amendment> amend(Order again) {
        Terms terms = again.terms().and(order.terms());
        boolean redirected = !again.callback().equals(order.callback());
        if (!redirected && terms.equals(order.terms())) return Optional.empty();
        order = order.amended(again.callback(), terms);
        notifyAll();
        return Optional.of(new Amendment(redirected, around.store.write(List.of(new Change.SessionAmended(id, again.callback(), terms)))));
    }

    /** Why it failed, which one that was stopped later still tells; empty where it did not fail. */
    public synchronized Optional<String> error() {
        return Optional.ofNullable(error);
    }

    /** How many nonces that count were found. */
    public synchronized long totalGenerated() {
        return log.total();
    }

    /** How many nonces were computed, whether they count or not. */
    public synchronized long totalComputed() {
        return computed;
    }

    /** How many batches were found: the newest cursor. */
    public synchronized long totalBatches() {
        return log.newest();
    }

    /**
     * As people and monitors see it.
     *
     * @param allNanos the device time of all sessions' last minute
     * @param turn     where it stands; empty where it does not wait
     */
    synchronized SessionView view(long allNanos, Optional<Turn> turn) {
        RecentRate pace = around.activity.ofSession(id, age());
        long busy = pace.work().deviceNanos();
        return new SessionView(
                id, order.tenant(), order.nodeId(), order.epoch(), status, error(), createdAt, age(), timeLeft(), around.rules.life(), computed, log.total(),
                log.settledNonces(), log.newest(), log.settled(), pace, allNanos == 0 ? 0 : Math.min(1, busy / (double) allNanos), order.weight(),
                flights.size() - held.size(), Duration.ofNanos(around.nanoTime.getAsLong() - polledNanos), order.callback().isPresent(),
                idle() && !status.ended(), waiting(), turn, lingers(), attention.text());
    }

    /** Whether its small node should go on asking: it runs or lingers, a lease is in flight, or something found was not handed out yet. */
    public synchronized boolean active() {
        return !over() || log.settled() < log.newest();
    }

    /** Whether it may get leases: it runs, does not wait for its turn, somebody polled it lately, and nonces are left. */
    public synchronized boolean leasable() {
        return open && place == 0 && !status.ended() && !lifeOver() && !idle() && !ledger.exhausted() && !around.store.full();
    }

    /**
     * Takes the lowest nonce range that is free; its lease is then in flight until it lands or is given back.
     *
     * @param deviceId who is to compute it
     * @param max      the most indices to take, at least 1
     * @return empty when this session may get no leases
     */
    public Optional<LeasedRange> take(String deviceId, int max) {
        return fly(deviceId, () -> ledger.take(max));
    }

    /**
     * The same, but of indices from a certain one on where that one is free.
     *
     * @param first the index wanted
     */
    public Optional<LeasedRange> takeFrom(long first, String deviceId, int max) {
        return fly(deviceId, () -> ledger.takeFrom(first, max));
    }

    private synchronized Optional<LeasedRange> fly(String deviceId, Supplier<Optional<NonceRange>> take) {
        if (!leasable()) return Optional.empty();
        LeasedRange flight;
        synchronized (ledger) {
            Optional<NonceRange> range = take.get();
            if (range.isEmpty()) return Optional.empty();
            flight = new LeasedRange(around.newLeaseId(), id, range.get(), deviceId, around.clock.instant());
            List<Change> changes = ledger.changes();
            changes.add(new Change.Leased(flight));
            around.store.write(changes);
        }
        restore(flight);
        return Optional.of(flight);
    }

    /** Notes that a device has the model ready. */
    public synchronized void generating() {
        if (status != SessionStatus.INITIALIZING) return;
        status = SessionStatus.GENERATING;
        note();
    }

    /**
     * Gives a lease's result to the store.
     *
     * @return what remains to be done; empty when the lease ended or has a held result already, and nothing changes
     */
    synchronized Optional<Landed> land(LeaseResult landing) {
        LeasedRange flight = flights.get(landing.leaseId());
        if (flight == null || held.containsKey(landing.leaseId())) return Optional.empty();
        if (landing.computed() > flight.range().count()) throw new IllegalArgumentException(landing.computed() + " of " + flight);
        if (!landing.held()) return Optional.of(end(flight, landing, List.of()));
        held.put(landing.leaseId(), landing);
        return Optional.of(new Landed(around.store.write(List.of(new Change.ResultHeld(landing))), () -> {}));
    }

    /** Gives a held result to the store for good; empty when there is none. */
    synchronized Optional<Landed> release(String leaseId) {
        LeaseResult landing = held.remove(leaseId);
        LeasedRange flight = flights.get(leaseId);
        if (landing == null || flight == null) return Optional.empty();
        return Optional.of(end(flight, landing.released(), List.of(new Change.HoldEnded(leaseId))));
    }

    /** Ends a lease without a result, a held one is dropped: its range may be taken again. Nothing happens when it ended before. */
    synchronized Optional<Landed> giveBack(String leaseId) {
        LeasedRange flight = flights.get(leaseId);
        if (flight == null) return Optional.empty();
        List<Change> hold = held.remove(leaseId) == null ? List.of() : List.of(new Change.HoldEnded(leaseId));
        LeaseResult nothing = new LeaseResult(leaseId, 0, List.of(), 0, Provenance.of(flight.deviceId()), false);
        return Optional.of(end(flight, nothing, hold));
    }

    /** The lease of this id, whether a result waits for it or not; empty when it ended. */
    public synchronized Optional<LeasedRange> flight(String leaseId) {
        return Optional.ofNullable(flights.get(leaseId));
    }

    /** The leases in flight that no result came for. */
    synchronized List<LeasedRange> flights() {
        return flights.values().stream().filter(flight -> !held.containsKey(flight.leaseId())).toList();
    }

    /** The results that wait to be released. */
    synchronized List<LeaseResult> held() {
        return List.copyOf(held.values());
    }

    private Landed end(LeasedRange flight, LeaseResult landing, List<Change> more) {
        flights.remove(flight.leaseId());
        around.flying.remove(flight.leaseId());
        int nonces = landing.found().size();
        long number = nonces == 0 ? 0 : log.number(nonces);
        computed += landing.computed();
        if (landing.computed() > 0) deviceNanos += landing.deviceNanos();
        if (nonces > 0 && firstFoundAt == null) firstFoundAt = around.clock.instant();
        synchronized (ledger) {
            ledger.land(flight.range(), landing.computed());
            List<Change> changes = ledger.changes();
            changes.addAll(more);
            changes.add(new Change.LeaseEnded(flight.leaseId()));
            if (number > 0) changes.add(new Change.BatchFound(id, number, landing.found(), landing.provenance()));
            if (landing.computed() > 0) {
                changes.add(moved());
                changes.add(new Change.Worked(
                        order.epoch(), order.tenant(), landing.provenance().device(), landing.computed(), nonces, landing.deviceNanos()));
            }
            return new Landed(around.store.write(changes), () -> publish(number, landing));
        }
    }

    private void publish(long number, LeaseResult landing) {
        Optional<SessionSummary.Summary> summary;
        synchronized (this) {
            show(number, landing);
            summary = summary();
        }
        summary.ifPresent(line -> line.log(LOG));
    }

    /** Sums up its life, once nothing more will come; a session of which nothing came under this head is not summed up again. */
    private Optional<SessionSummary.Summary> summary() {
        if (!drained()) return Optional.empty();
        Optional<Duration> firstBatch = Optional.ofNullable(firstFoundAt).map(found -> Duration.ofNanos(sinceNanos(createdAt, found)));
        SessionSummary.Figures figures = new SessionSummary.Figures(computed, log.total(), log.settledNonces(), deviceNanos, firstBatch);
        return life.summary(id, order.tenant(), status, figures, around.activity.deviceTime());
    }

    private void show(long number, LeaseResult landing) {
        if (number > 0) log.publish(number, landing.found().size());
        inFlight--;
        if (landing.computed() > 0) {
            Work work = new Work(landing.computed(), landing.found().size(), landing.deviceNanos());
            around.activity.worked(id, landing.provenance().device(), work);
        }
        notifyAll();
    }

    /**
     * Ends it because its work cannot be done; nothing happens to one that ended before.
     *
     * @param reason what failed, for the small node to read
     */
    public void fail(String reason) {
        end(SessionStatus.ERROR, reason);
    }

    /** Notes that its small node asked for results; one that idled gets leases again. */
    public void polled() {
        boolean back;
        synchronized (this) {
            back = idle() && !status.ended();
            polledNanos = around.nanoTime.getAsLong();
            if (polledNanos - pollNotedNanos >= POLL_NOTED.toNanos()) note();
        }
        if (back) around.changed.run();
    }

    /**
     * What was found and not yet handed out, as much of it as one answer holds. Nothing is marked: {@link #settle} does that once it was
     * written.
     *
     * @throws StoreException when it cannot be read
     */
    public Batches unsettled() {
        return read(settled());
    }

    /** The last batch that was handed out, 0 for none. */
    public synchronized long settled() {
        return log.settled();
    }

    /** Marks every batch up to a cursor of this session as handed out. */
    public synchronized void settle(long cursor) {
        if (log.settle(cursor)) note().soon();
    }

    /**
     * Marks every batch up to a cursor as handed out and reads what follows it, as much of it as one answer holds.
     *
     * @return empty, and nothing marked, when there is no such batch yet
     * @throws StoreException when it cannot be read
     */
    public Optional<Batches> after(long cursor) {
        synchronized (this) {
            if (cursor < 0 || cursor > log.newest()) return Optional.empty();
            if (log.settle(cursor)) note();
        }
        return Optional.of(read(cursor));
    }

    /**
     * Reads what follows a batch, as much of it as one answer holds, and marks nothing. It says that the session is active as long as anything may follow,
     * whatever was acknowledged.
     *
     * @param cursor a batch of this session that was read before, or 0
     * @throws StoreException when it cannot be read
     */
    public Batches following(long cursor) {
        Batches read = read(cursor);
        synchronized (this) {
            boolean more = !over() || read.cursor() < log.newest();
            return new Batches(id, read.found(), more || !read.found().isEmpty(), read.status(), read.totalBatches(), read.cursor());
        }
    }

    /**
     * Waits for a batch after {@code cursor}, until this session ends or nothing can follow any more.
     *
     * @param wait    the longest to wait, by the machine's clock
     * @param givenUp asked at the start and after every {@link #wake}: true ends the wait
     */
    public synchronized void await(long cursor, Duration wait, BooleanSupplier givenUp) throws InterruptedException {
        long deadline = System.nanoTime() + wait.toNanos();
        boolean ran = !status.ended();
        while (log.newest() <= cursor && !over() && !(ran && status.ended()) && !givenUp.getAsBoolean()) {
            long left = deadline - System.nanoTime();
            if (left <= 0) return;
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
    }

    /** Lets everybody in {@link #await} look again. */
    public synchronized void wake() {
        notifyAll();
    }

    /**
     * Waits for the right to hand out {@link #unsettled} batches, which one at a time has from reading them until they are settled.
     *
     * @return whether it was obtained in time; if so, {@link #endTurn} gives it back
     */
    public boolean beginTurn(Duration wait) throws InterruptedException {
        return turn.tryLock(wait.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Gives back the right that {@link #beginTurn} obtained for this thread. */
    public void endTurn() {
        turn.unlock();
    }

    /** Stops it, durably; one that ended before stays as it is, unless it lingers. */
    void stop() {
        dismiss().or(() -> end(SessionStatus.STOPPED, null)).ifPresent(CommitTicket::await);
    }

    /** Stops it as a newer one took its place, which needs not be durable: the next head would do the same. */
    void replaced() {
        end(SessionStatus.STOPPED, null);
    }

    /** Ends the lingering. */
    private Optional<CommitTicket> dismiss() {
        CommitTicket written;
        SessionStatus before;
        synchronized (this) {
            if (!lingers()) return Optional.empty();
            before = status;
            status = SessionStatus.STOPPED;
            written = note();
            notifyAll();
        }
        LOG.log(System.Logger.Level.INFO, "session {0} stopped after it ended: {1}", id, before.wire());
        return Optional.of(written);
    }

    /**
     * Takes back a start that could not be made durable: nobody was told of it.
     *
     * @return false when it became durable after all
     */
    synchronized boolean withdraw() {
        if (open) return false;
        status = SessionStatus.STOPPED;
        return true;
    }

    /** What is to be written when it is purged. */
    synchronized Change purge() {
        return new Change.SessionPurged(id, log.numbered());
    }

    /** Ends it if its life is over. */
    void expireIfDue() {
        if (lifeOver()) end(SessionStatus.EXPIRED, null);
    }

    /** How long ago it ended; empty while it runs or lingers or a lease is in flight, so that no session is purged under its last leases. */
    synchronized Optional<Duration> drainedFor() {
        return over() ? Optional.of(Duration.ofNanos(around.nanoTime.getAsLong() - endedNanos)) : Optional.empty();
    }

    private Optional<CommitTicket> end(SessionStatus how, @Nullable String why) {
        CommitTicket written;
        Optional<SessionSummary.Summary> summary;
        synchronized (this) {
            if (status.ended()) return Optional.empty();
            status = how;
            error = why;
            endedNanos = around.nanoTime.getAsLong();
            endedAt = around.clock.instant();
            written = note();
            summary = summary();
            notifyAll();
        }
        LOG.log(System.Logger.Level.INFO, "session {0} {1}{2}", id, how.wire(), why == null ? "" : ": " + why);
        summary.ifPresent(line -> line.log(LOG));
        around.observer.ended(order.tenant(), how);
        around.changed.run();
        return Optional.of(written);
    }

    private Batches read(long cursor) {
        long newest;
        boolean mayFollow;
        SessionStatus now;
        synchronized (this) {
            newest = log.newest();
            mayFollow = !over() || log.settled() < newest;
            now = shownStatus();
        }
        // Read with no lock held: batches that are visible do not change any more.
        FoundPage page = newest > cursor ? around.store.found(id, cursor, newest, ANSWER_BYTES) : new FoundPage(List.of(), cursor);
        // Who is told that nothing follows may never ask again. What makes that true, perhaps a lease given back a moment ago, has to outlive this head.
        boolean active = mayFollow || !page.found().isEmpty() || !around.store.write(List.of()).awaitKept();
        return new Batches(id, page.found(), active, now, newest, page.last());
    }

    /** Gives the store what it is to know. */
    private CommitTicket note() {
        return around.store.write(List.of(moved()));
    }

    private Change moved() {
        pollNotedNanos = polledNanos;
        Instant polledAt = around.clock.instant().minusNanos(around.nanoTime.getAsLong() - polledNanos);
        return new Change.SessionMoved(
                id,
                new SessionProgress(
                        status, error, computed, log.numberedTotal(), log.numbered(), log.settled(), polledAt, endedAt, place, deviceNanos, firstFoundAt));
    }

    /** Nanoseconds since a moment by the wall clock, none when the clock was set back behind it. */
    private static long sinceNanos(Instant then, Instant now) {
        return then.isBefore(now) ? Duration.between(then, now).toNanos() : 0;
    }

    private boolean drained() {
        return status.ended() && inFlight == 0;
    }

    /** Whether nothing follows and its small node may know. */
    private boolean over() {
        return drained() && !lingers();
    }

    private boolean lifeOver() {
        return around.nanoTime.getAsLong() - startNanos >= around.rules.life().toNanos();
    }

    private boolean idle() {
        return around.nanoTime.getAsLong() - polledNanos >= around.rules.idle().toNanos();
    }
}
