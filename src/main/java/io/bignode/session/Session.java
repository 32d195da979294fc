package io.bignode.session;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
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
    private final String id;
    private final Order order;
    private final Instant createdAt;
    private final SessionRules rules;
    private final LongSupplier nanoTime;
    private final long startNanos;
    private final NonceLedger ledger;
    private final Runnable changed;
    private final ReentrantLock turn = new ReentrantLock(true);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition news = lock.newCondition();
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
    public SessionStatus status() {
        lock.lock();
        try {
            return status;
        } finally {
            lock.unlock();
        }
    }

    /** Why it ended in {@link SessionStatus#ERROR}; empty otherwise. */
    public Optional<String> error() {
        lock.lock();
        try {
            return Optional.ofNullable(error);
        } finally {
            lock.unlock();
        }
    }

    /** How many nonces that count were found. */
    public long totalGenerated() {
        lock.lock();
        try {
            return log.total();
        } finally {
            lock.unlock();
        }
    }

    /** How many nonces were computed, whether they count or not. */
    public long totalComputed() {
        lock.lock();
        try {
            return computed;
        } finally {
            lock.unlock();
        }
    }

    /** How many batches were found: the newest cursor. */
    public long totalBatches() {
        lock.lock();
        try {
            return log.newest();
        } finally {
            lock.unlock();
        }
    }

    /** Whether anything may still be handed out: it runs, a lease is in flight, or something found was not handed out yet. */
    public boolean active() {
        lock.lock();
        try {
            return !drained() || log.settled() < log.newest();
        } finally {
            lock.unlock();
        }
    }

    /** Whether it may get leases: it runs, somebody polled it lately, and nonces are left. */
    public boolean leasable() {
        lock.lock();
        try {
            return !status.ended() && !lifeOver() && !idle() && !ledger.exhausted();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes the lowest nonce range that is free; its lease is then in flight until {@link #land}.
     *
     * @param max the most indices to take, at least 1
     * @return empty when this session may get no leases
     */
    public Optional<NonceRange> take(int max) {
        lock.lock();
        try {
            if (!leasable()) return Optional.empty();
            Optional<NonceRange> range = ledger.take(max);
            if (range.isPresent()) inFlight++;
            return range;
        } finally {
            lock.unlock();
        }
    }

    /** Notes that a device has the model ready. */
    public void generating() {
        lock.lock();
        try {
            if (status == SessionStatus.INITIALIZING) status = SessionStatus.GENERATING;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Ends the flight of a range taken from this session: what was found is stored before the range is given up.
     *
     * @param range       as {@link #take} returned it
     * @param nowComputed how many of its first indices were computed; the others go to whoever takes next
     * @param found       those of them that count
     * @throws IllegalStateException when the range is not in flight
     */
    public void land(NonceRange range, int nowComputed, List<Found> found) {
        lock.lock();
        try {
            ledger.land(range, nowComputed);
            log.append(found);
            computed += nowComputed;
            inFlight--;
            news.signalAll();
        } finally {
            lock.unlock();
        }
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
        lock.lock();
        try {
            back = idle() && !status.ended();
            polledNanos = nanoTime.getAsLong();
        } finally {
            lock.unlock();
        }
        if (back) changed.run();
    }

    /** Everything found and not yet handed out. Nothing is marked: {@link #settle} does that once it was written. */
    public Batches unsettled() {
        lock.lock();
        try {
            return read(log.settled());
        } finally {
            lock.unlock();
        }
    }

    /** Marks every batch up to a cursor of this session as handed out. */
    public void settle(long cursor) {
        lock.lock();
        try {
            log.settle(cursor);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Marks every batch up to a cursor as handed out and reads what follows it.
     *
     * @return empty, and nothing marked, when there is no such batch yet
     */
    public Optional<Batches> after(long cursor) {
        lock.lock();
        try {
            if (cursor < 0 || cursor > log.newest()) return Optional.empty();
            log.settle(cursor);
            return Optional.of(read(cursor));
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for a batch after {@code cursor}, until this session ends or nothing can follow any more.
     *
     * @param wait    the longest to wait, by the machine's clock
     * @param givenUp asked at the start and after every {@link #wake}: true ends the wait
     */
    public void await(long cursor, Duration wait, BooleanSupplier givenUp) throws InterruptedException {
        long left = wait.toNanos();
        lock.lockInterruptibly();
        try {
            boolean ran = !status.ended();
            while (left > 0 && log.newest() <= cursor && !drained() && !(ran && status.ended()) && !givenUp.getAsBoolean()) {
                left = news.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Lets everybody in {@link #await} look again. */
    public void wake() {
        lock.lock();
        try {
            news.signalAll();
        } finally {
            lock.unlock();
        }
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
    Optional<Duration> drainedFor() {
        lock.lock();
        try {
            return drained() ? Optional.of(Duration.ofNanos(nanoTime.getAsLong() - endedNanos)) : Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    private void end(SessionStatus how, @Nullable String why) {
        lock.lock();
        try {
            if (status.ended()) return;
            status = how;
            error = why;
            endedNanos = nanoTime.getAsLong();
            news.signalAll();
        } finally {
            lock.unlock();
        }
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
