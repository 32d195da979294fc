package io.bignode.session;

import io.bignode.monitor.RecentRate;
import io.bignode.session.SessionView.Turn;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One run of an order: hands out its nonce ranges, knows what was found and how far that was delivered. Thread safe.
 *
 * <p>It is a view of the store: whatever changes is written there in the same order, what was found before it is visible here.
 *
 * <p>An ended session gets no new range; the ranges still in flight may come back computed, and what they found is kept.
 *
 * <p>One lock, the session's own monitor, guards all of it: its {@link SessionLife life}, the {@link SessionResults results} of its leases and the
 * {@link FoundLog log} of what was found, in which {@link SessionDelivery} marks what was handed out. Changes go to the store with that lock held;
 * durability is waited for, and others are told, without it.
 */
public final class Session {
    private static final System.Logger LOG = System.getLogger(Session.class.getName());

    private final String id;

    /** Changes only by {@link #amend}, with the lock held. */
    private volatile Order order;

    private final SessionContext around;
    private final SessionLife life;
    private final FoundLog log;
    private final SessionResults results;
    private final SessionDelivery delivery;
    private final Attention attention = new Attention();

    /** Told when the start is durable; null for a session from the store. */
    private @Nullable CommitTicket start;

    /** Set once; a session whose start is not durable gets no leases. */
    private boolean open;

    private Session(String id, Order order, Instant createdAt, SessionProgress progress, NonceLedger ledger, SessionContext around) {
        this.id = id;
        this.order = order;
        this.around = around;
        this.life = new SessionLife(createdAt, progress, around);
        this.log = new FoundLog(progress);
        this.results = new SessionResults(this, life, progress, ledger, log, around);
        this.delivery = new SessionDelivery(this, log, around.store);
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

    /**
     * Waits until the start is durable; from then on there may be leases.
     *
     * @return false when it cannot be made so at the moment, or was withdrawn for that reason
     */
    boolean open() {
        boolean durable = start == null || start.await();
        synchronized (this) {
            open |= durable && !life.status().ended();
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
        return life.createdAt();
    }

    /** Time since its start, whether it still runs or not. */
    public Duration age() {
        return life.age();
    }

    /** Time until it expires; zero when its life is over or it ended before. */
    public synchronized Duration timeLeft() {
        return life.left();
    }

    /** Where it is in its life. */
    public synchronized SessionStatus status() {
        return life.status();
    }

    /** Where it is in its life as its small node sees it, to which an end is final: a session that lingers after its time is shown as going on. */
    public synchronized SessionStatus shownStatus() {
        return life.shownStatus(order.terms());
    }

    /**
     * Whether it ended by itself a while ago, on terms by which it is shown as active until somebody stops it or that while is over. It gets no
     * leases and counts against no limit.
     */
    public synchronized boolean lingers() {
        return life.lingers(order.terms());
    }

    /** Whether it waits for its turn. */
    public synchronized boolean waiting() {
        return life.waiting();
    }

    /** Its place among those that wait. */
    synchronized long place() {
        return life.place();
    }

    /** Whether nobody polled it for so long that its turn goes to others. */
    synchronized boolean idling() {
        return life.idle();
    }

    /** Whether its place is lost, as nobody polled it for a while. */
    synchronized boolean lostPlace() {
        return life.lostPlace();
    }

    /** Nobody polls it: once somebody does, it goes to the end of the line. */
    synchronized void losePlace() {
        life.losePlace();
    }

    /** Waits at this place from now on. */
    synchronized void standAt(long newPlace) {
        life.standAt(newPlace);
        note();
    }

    /** Its turn has come; false when it does not wait any more. */
    synchronized boolean admit() {
        if (!life.waiting()) return false;
        life.admit();
        note();
        return true;
    }

    /** Whether the devices' memory is taken by it: it was admitted, runs, and somebody polls it. */
    synchronized boolean usesDevices() {
        return life.usesDevices();
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
        return life.error();
    }

    /** How many nonces that count were found. */
    public synchronized long totalGenerated() {
        return log.total();
    }

    /** How many nonces were computed, whether they count or not. */
    public synchronized long totalComputed() {
        return results.computed();
    }

    /** How many nonces cannot be computed: they came to nothing on two devices, and nobody tries them again. */
    public synchronized long uncomputable() {
        return results.uncomputable();
    }

    /** How many batches were found: the newest cursor. */
    public synchronized long totalBatches() {
        return log.newest();
    }

    /** The last batch that was handed out, 0 for none. */
    public synchronized long settled() {
        return log.settled();
    }

    /** That another node computes it; empty where devices of this node do. */
    public synchronized Optional<Relay> relay() {
        return results.relay();
    }

    /** Ends it as the node that computes it did; nothing happens to one that ended before. */
    public void endAs(SessionStatus how) {
        if (!how.ended()) throw new IllegalArgumentException(how + " is no end");
        end(how, null);
    }

    /** Its leases, and what they came to. */
    SessionResults results() {
        return results;
    }

    /** How its batches are handed out. */
    public SessionDelivery delivery() {
        return delivery;
    }

    /**
     * The session as operators and monitoring see it.
     *
     * @param allNanos the device time of all sessions' last minute
     * @param turn     where it stands; empty where it does not wait
     */
    synchronized SessionView view(long allNanos, Optional<Turn> turn) {
        RecentRate pace = around.activity.ofSession(id, age());
        long busy = pace.work().deviceNanos();
        return new SessionView(
                id, order.tenant(), order.nodeId(), order.work(), order.epoch(), status(), error(), createdAt(), age(), timeLeft(), around.rules.life(), totalComputed(),
                log.total(), log.settledNonces(), log.newest(), log.settled(), pace, allNanos == 0 ? 0 : Math.min(1, busy / (double) allNanos),
                order.weight(), results.withDevices(), life.polledAgo(), order.callback().isPresent(), life.idle() && !status().ended(), waiting(), turn,
                lingers(), attention.earlyShare(), results.uncomputable(), attention.text());
    }

    /** Whether its batches are to be pushed and there is something to hand out, or still may be. */
    public boolean pushable() {
        return order.callback().isPresent() && active();
    }

    /** Whether its small node should go on asking: it runs or lingers, a lease is in flight, or something found was not handed out yet. */
    public synchronized boolean active() {
        return !isOver() || log.settled() < log.newest();
    }

    /** Whether nothing follows and its small node may know: it ended and does not linger, and no lease is in flight. */
    synchronized boolean isOver() {
        return results.drained() && !lingers();
    }

    /** Whether it may get leases: it runs, does not wait for its turn, somebody polled it lately, and nonces are left. */
    public synchronized boolean leasable() {
        return open && life.usesDevices() && !results.exhausted() && !around.store.full();
    }

    /**
     * Takes the lowest nonce range that is free; its lease is then in flight until it lands or is given back.
     *
     * @param deviceId who is to compute it
     * @param max      the most indices to take, at least 1
     * @return empty when this session may get no leases
     */
    public synchronized Optional<LeasedRange> take(String deviceId, int max) {
        return take(deviceId, max, max);
    }

    /** The same, but no more than a batch of new nonces while those that are in flight or came back outnumber those that are computed. */
    public synchronized Optional<LeasedRange> take(String deviceId, int max, int batch) {
        return leasable() ? results.take(deviceId, max, batch) : Optional.empty();
    }

    /**
     * The same, but of indices from a certain one on where that one is free.
     *
     * @param first the index wanted
     */
    public synchronized Optional<LeasedRange> takeFrom(long first, String deviceId, int max, int batch) {
        return leasable() ? results.takeFrom(first, deviceId, max, batch) : Optional.empty();
    }

    /** Notes that a device has the model ready. */
    public synchronized void generating() {
        if (life.generating()) note();
    }

    /** The lease of this id, whether a result waits for it or not; empty when it ended. */
    public synchronized Optional<LeasedRange> flight(String leaseId) {
        return results.flight(leaseId);
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
            back = life.idle() && !life.status().ended();
            if (life.polled()) note();
        }
        if (back) around.changed.accept(this);
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
            before = life.status();
            life.stopped();
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
        life.stopped();
        return true;
    }

    /** What is to be written when it is purged. */
    synchronized Change purge() {
        return new Change.SessionPurged(id, log.numbered());
    }

    /** Ends it if its life is over, or every nonce of its order was computed. */
    void expireIfDue() {
        if (life.timeIsUp()) end(SessionStatus.EXPIRED, null);
        else if (isComplete()) end(SessionStatus.STOPPED, null);
    }

    private synchronized boolean isComplete() {
        return !life.status().ended() && results.isComplete();
    }

    /** How long ago it ended; empty while it runs or lingers or a lease is in flight, so that no session is purged under its last leases. */
    public synchronized Optional<Duration> drainedFor() {
        return isOver() ? Optional.of(life.endedAgo()) : Optional.empty();
    }

    private Optional<CommitTicket> end(SessionStatus how, @Nullable String why) {
        CommitTicket written;
        Optional<SessionSummary.Summary> summary;
        synchronized (this) {
            if (!life.end(how, why)) return Optional.empty();
            written = note();
            summary = results.summary();
            notifyAll();
        }
        LOG.log(System.Logger.Level.INFO, "session {0} {1}{2}", id, how.wire(), why == null ? "" : ": " + why);
        summary.ifPresent(line -> line.log(LOG));
        around.observer.ended(order.tenant(), how);
        around.changed.accept(this);
        return Optional.of(written);
    }

    /** Gives a change to the store. */
    synchronized CommitTicket note() {
        return around.store.write(List.of(results.moved()));
    }
}
