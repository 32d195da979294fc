package io.bignode.session;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One run of an order: hands out its nonce ranges, keeps what was found and how far that was delivered. Thread safe.
 *
 * <p>An ended session gets no new range; the ranges still in flight may come back computed, and what they found is kept.
 */
public final class Session {
    private static final System.Logger LOG = System.getLogger(Session.class.getName());

    private final String id;
    private final Order order;
    private final Instant createdAt;
    private final SessionRules rules;
    private final LongSupplier nanoTime;
    private final long startNanos;
    private final NonceLedger ledger;
    private final Runnable changed;
    private final ReentrantLock turn = new ReentrantLock(true);
    private final FoundLog log = new FoundLog();
    private SessionStatus status = SessionStatus.INITIALIZING;
    private @Nullable String error;
    private long computed;
    private int inFlight;
    private long polledNanos;
    private long endedNanos;

    /**
     * A session that starts now.
     *
     * @param changed called, with no lock held, when this session ended or may get leases again
     */
    Session(String id, Order order, Instant createdAt, SessionRules rules, LongSupplier nanoTime, NonceLedger ledger, Runnable changed) {
        this.id = id;
        this.order = order;
        this.createdAt = createdAt;
        this.rules = rules;
        this.nanoTime = nanoTime;
        this.ledger = ledger;
        this.changed = changed;
        this.startNanos = nanoTime.getAsLong();
        this.polledNanos = startNanos;
    }

    /** A name nobody can guess: 128 random bits, in URL-safe characters. */
    public String id() {
        return id;
    }

    /** What was ordered. */
    public Order order() {
        return order;
    }

    /** When it started, by the wall clock. */
    public Instant createdAt() {
        return createdAt;
    }

    /** Time since its start, whether it still runs or not. */
    public Duration age() {
        return Duration.ofNanos(nanoTime.getAsLong() - startNanos);
    }

    /** Time until it expires; zero when its life is over or it ended before. */
    public Duration timeLeft() {
        Duration left = rules.life().minus(age());
        return left.isNegative() || status().ended() ? Duration.ZERO : left;
    }

    /** Where it is in its life. */
    public synchronized SessionStatus status() {
        return status;
    }

    /** Why it ended in {@link SessionStatus#ERROR}; empty otherwise. */
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

    /** Whether anything may still be handed out: it runs, a lease is in flight, or something found was not handed out yet. */
    public synchronized boolean active() {
        return !drained() || log.settled() < log.newest();
    }

    /** Whether it may get leases: it runs, somebody polled it lately, and nonces are left. */
    public synchronized boolean leasable() {
        return !status.ended() && !lifeOver() && !idle() && !ledger.exhausted();
    }

    /**
     * Takes the lowest nonce range that is free; its lease is then in flight until {@link #land}.
     *
     * @param max the most indices to take, at least 1
     * @return empty when this session may get no leases
     */
    public synchronized Optional<NonceRange> take(int max) {
        if (!leasable()) return Optional.empty();
        Optional<NonceRange> range = ledger.take(max);
        if (range.isPresent()) inFlight++;
        return range;
    }

    /** Notes that a device has the model ready. */
    public synchronized void generating() {
        if (status == SessionStatus.INITIALIZING) status = SessionStatus.GENERATING;
    }

    /**
     * Ends the flight of a range taken from this session: what was found is stored before the range is given up.
     *
     * @param range       as {@link #take} returned it
     * @param nowComputed how many of its first indices were computed; the others go to whoever takes next
     * @param found       those of them that count
     * @throws IllegalStateException when the range is not in flight
     */
    public synchronized void land(NonceRange range, int nowComputed, List<Found> found) {
        ledger.land(range, nowComputed);
        log.append(found);
        computed += nowComputed;
        inFlight--;
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
            polledNanos = nanoTime.getAsLong();
        }
        if (back) changed.run();
    }

    /** Everything found and not yet handed out. Nothing is marked: {@link #settle} does that once it was written. */
    public synchronized Batches unsettled() {
        return read(log.settled());
    }

    /** The last batch that was handed out, 0 for none. */
    public synchronized long settled() {
        return log.settled();
    }

    /** Marks every batch up to a cursor of this session as handed out. */
    public synchronized void settle(long cursor) {
        log.settle(cursor);
    }

    /**
     * Marks every batch up to a cursor as handed out and reads what follows it.
     *
     * @return empty, and nothing marked, when there is no such batch yet
     */
    public synchronized Optional<Batches> after(long cursor) {
        if (cursor < 0 || cursor > log.newest()) return Optional.empty();
        log.settle(cursor);
        return Optional.of(read(cursor));
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
        while (log.newest() <= cursor && !drained() && !(ran && status.ended()) && !givenUp.getAsBoolean()) {
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

    /** Stops it; one that ended before stays as it is. */
    void stop() {
        end(SessionStatus.STOPPED, null);
    }

    /** Ends it if its life is over. */
    void expireIfDue() {
        if (lifeOver()) end(SessionStatus.EXPIRED, null);
    }

    /** How long ago it ended; empty while it runs or a lease is in flight, so that no session is purged under its last leases. */
    synchronized Optional<Duration> drainedFor() {
        return drained() ? Optional.of(Duration.ofNanos(nanoTime.getAsLong() - endedNanos)) : Optional.empty();
    }

    private void end(SessionStatus how, @Nullable String why) {
        synchronized (this) {
            if (status.ended()) return;
            status = how;
            error = why;
            endedNanos = nanoTime.getAsLong();
            notifyAll();
        }
        LOG.log(System.Logger.Level.INFO, "session {0} {1}{2}", id, how.wire(), why == null ? "" : ": " + why);
        changed.run();
    }

    private Batches read(long cursor) {
        List<Found> found = log.after(cursor);
        boolean more = !found.isEmpty() || !drained() || log.settled() < log.newest();
        return new Batches(id, found, more, status, log.newest(), log.newest());
    }

    private boolean drained() {
        return status.ended() && inFlight == 0;
    }

    private boolean lifeOver() {
        return nanoTime.getAsLong() - startNanos >= rules.life().toNanos();
    }

    private boolean idle() {
        return nanoTime.getAsLong() - polledNanos >= rules.idle().toNanos();
    }
}
