package io.bignode.session;

import io.bignode.session.SessionStore.FoundPage;
import io.bignode.session.SessionStore.StoreException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * How a session's batches are handed out: read, acknowledged by a cursor, waited for. Thread safe.
 *
 * <p>What it knows of the session is guarded by the session's lock, which it takes itself and never holds while it reads the store. The right to hand out
 * batches, {@link #beginTurn}, is a lock of its own that is taken before the session's and held while an answer is written.
 */
public final class SessionDelivery {
    /** About how much a poll's answer may hold, so that a client that comes back late costs no more memory than others. */
    private static final int ANSWER_BYTES = 1 << 20;

    private final Session session;
    private final SessionStore store;

    /** Guarded by the session's lock. */
    private final FoundLog log;

    private final ReentrantLock turn = new ReentrantLock(true);

    SessionDelivery(Session session, FoundLog log, SessionStore store) {
        this.session = session;
        this.log = log;
        this.store = store;
    }

    /**
     * What was found and not yet handed out, as much of it as one answer holds. Nothing is marked: {@link #settle} does that once it was
     * written.
     *
     * @throws StoreException when it cannot be read
     */
    public Batches unsettled() {
        return read(session.settled());
    }

    /** Marks every batch up to a cursor of this session as handed out. */
    public void settle(long cursor) {
        synchronized (session) {
            if (log.settle(cursor)) session.note().soon();
        }
    }

    /**
     * Marks every batch up to a cursor as handed out and reads what follows it, as much of it as one answer holds.
     *
     * @return empty, and nothing marked, when there is no such batch yet
     * @throws StoreException when it cannot be read
     */
    public Optional<Batches> after(long cursor) {
        synchronized (session) {
            if (cursor < 0 || cursor > log.newest()) return Optional.empty();
            if (log.settle(cursor)) session.note();
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
        synchronized (session) {
            boolean more = !session.isOver() || read.cursor() < log.newest();
            return new Batches(session.id(), read.found(), more || !read.found().isEmpty(), read.status(), read.totalBatches(), read.cursor());
        }
    }

    private Batches read(long cursor) {
        long newest;
        boolean mayFollow;
        SessionStatus now;
        synchronized (session) {
            newest = log.newest();
            mayFollow = session.active();
            now = session.shownStatus();
        }
        // Read with no lock held: batches that are visible do not change any more.
        FoundPage page = newest > cursor ? store.found(session.id(), cursor, newest, ANSWER_BYTES) : new FoundPage(List.of(), cursor);
        // A client that reads that nothing follows may never poll again. What makes it true, perhaps a lease given back a moment ago, has to be durable first.
        boolean active = mayFollow || !page.found().isEmpty() || !store.write(List.of()).awaitKept();
        return new Batches(session.id(), page.found(), active, now, newest, page.last());
    }

    /**
     * Waits for a batch after {@code cursor}, until this session ends or nothing can follow any more.
     *
     * @param wait    the longest to wait, by the machine's clock
     * @param givenUp asked at the start and after every {@link #wake}: true ends the wait
     */
    public void await(long cursor, Duration wait, BooleanSupplier givenUp) throws InterruptedException {
        synchronized (session) {
            long deadline = System.nanoTime() + wait.toNanos();
            boolean ran = !session.status().ended();
            while (log.newest() <= cursor && !session.isOver() && !(ran && session.status().ended()) && !givenUp.getAsBoolean()) {
                long left = deadline - System.nanoTime();
                if (left <= 0) return;
                TimeUnit.NANOSECONDS.timedWait(session, left);
            }
        }
    }

    /** Wakes everybody who waits in {@link #await}. */
    public void wake() {
        synchronized (session) {
            session.notifyAll();
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
}
