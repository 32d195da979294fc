package io.bignode.delivery;

import io.bignode.delivery.Delivery.AnswerWriter;
import io.bignode.session.Batches;
import io.bignode.session.Session;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Answers polls, one by one or as a stream. Thread safe: every poll has a thread of its own, which waits cheaply when it is a virtual one. */
public final class Delivery implements AutoCloseable {
    /** How long a poll without cursor waits for another one of its session that is still writing, perhaps to a client that vanished. */
    private static final Duration TURN = Duration.ofSeconds(5);

    /** One poll that waits; compared by identity, as a session may have several. */
    private static final class Waiter {
        final Session session;

        Waiter(Session session) {
            this.session = session;
        }
    }

    private final Set<Waiter> waiters = ConcurrentHashMap.newKeySet();
    private final DeliveryObserver observer;
    private volatile boolean closed;

    /** Nobody polls yet, and nobody counts. */
    public Delivery() {
        this(DeliveryObserver.NOBODY);
    }

    /** Nobody polls yet. */
    public Delivery(DeliveryObserver observer) {
        this.observer = observer;
    }

    /**
     * Waits until there is something to hand out, then has it written.
     *
     * <p>Without a cursor the answer holds everything not yet handed out, and it is handed out once the writer returned normally; a second
     * such poll of the same session waits for the first one's writer. With a cursor everything up to it is acknowledged, and the answer,
     * which holds all that follows, may be asked for again.
     *
     * <p>The wait ends early when the session ends, when nothing can follow any more and when this delivery is closed; the answer may then
     * be empty.
     *
     * @param after the newest cursor the small node has; 0 for none
     * @param wait  how long to wait for something, at most
     * @throws IOException the writer's own
     */
    public PollOutcome poll(Session session, OptionalLong after, Duration wait, AnswerWriter writer)
            throws IOException, InterruptedException {
        session.polled();
        try {
            return after.isPresent() ? pollAfter(session, after.getAsLong(), wait, writer) : pollUnsettled(session, wait, writer);
        } finally {
            session.polled();
        }
    }

    /**
     * Has answers written as there is something, until nothing can follow any more or this delivery is closed; where there is nothing for a while, a beat.
     * The last answer is empty and says that the session is not active.
     *
     * <p>Without a cursor, what was written counts as handed out, as with {@link #poll}. With one, everything up to it is acknowledged and all that follows
     * is written, but acknowledged only by the cursor that the small node comes back with: whatever is lost on the way is written again.
     *
     * @param after the newest cursor the small node has
     * @param pause from one beat to the next
     * @return the last answer, or that the cursor is none, in which case nothing was written
     * @throws IOException the writer's own
     */
    public PollOutcome stream(Session session, OptionalLong after, Duration pause, StreamWriter writer) throws IOException, InterruptedException {
        session.polled();
        if (after.isEmpty()) {
            writer.beat();
            return streamUnsettled(session, pause, writer);
        }
        Optional<Batches> first = session.delivery().after(after.getAsLong());
        if (first.isEmpty()) return new PollOutcome.UnknownCursor(after.getAsLong(), session.totalBatches());
        writer.beat();
        return streamAfter(session, after.getAsLong(), pause, writer);
    }

    private PollOutcome streamUnsettled(Session session, Duration pause, StreamWriter writer) throws IOException, InterruptedException {
        AnswerWriter answers = batches -> writeOrBeat(batches, writer);
        while (true) {
            PollOutcome outcome = pollUnsettled(session, pause, answers);
            session.polled();
            if (closed || (outcome instanceof PollOutcome.Answered(Batches batches) && isLast(batches))) return outcome;
        }
    }

    private PollOutcome streamAfter(Session session, long after, Duration pause, StreamWriter writer) throws IOException, InterruptedException {
        long cursor = after;
        while (true) {
            await(session, cursor, pause);
            long begun = System.nanoTime();
            Batches batches = session.delivery().following(cursor);
            write(session, batches, answer -> writeOrBeat(answer, writer), begun);
            session.polled();
            cursor = batches.cursor();
            if (closed || isLast(batches)) return new PollOutcome.Answered(batches);
        }
    }

    /** Whether nothing follows, or nothing can: batches of a session that was purged meanwhile are gone. */
    private static boolean isLast(Batches batches) {
        boolean gone = batches.status().ended() && batches.found().isEmpty() && batches.cursor() < batches.totalBatches();
        return gone || !batches.sessionActive();
    }

    private static void writeOrBeat(Batches batches, StreamWriter writer) throws IOException {
        if (batches.found().isEmpty() && batches.sessionActive()) writer.beat();
        else writer.write(batches);
    }

    /** Answers all waiting polls at once with what there is; later ones do not wait. */
    @Override
    public void close() {
        closed = true;
        waiters.forEach(waiter -> waiter.session.delivery().wake());
    }

    private PollOutcome pollAfter(Session session, long after, Duration wait, AnswerWriter writer)
            throws IOException, InterruptedException {
        long begun = System.nanoTime();
        Optional<Batches> batches = session.delivery().after(after);
        if (batches.isPresent() && batches.get().found().isEmpty()) {
            await(session, after, wait);
            begun = System.nanoTime();
            batches = session.delivery().after(after);
        }
        if (batches.isEmpty()) return new PollOutcome.UnknownCursor(after, session.totalBatches());
        return write(session, batches.get(), writer, begun);
    }

    /** What another poll hands out meanwhile is not there any more when the turn comes: then the wait goes on. */
    private PollOutcome pollUnsettled(Session session, Duration wait, AnswerWriter writer) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + wait.toNanos();
        while (true) {
            long left = Math.max(0, deadline - System.nanoTime());
            await(session, session.settled(), Duration.ofNanos(left));
            long begun = System.nanoTime();
            if (!session.delivery().beginTurn(TURN)) return write(session, nothing(session), writer, begun);
            try {
                Batches batches = session.delivery().unsettled();
                boolean last = closed || batches.status().ended() || System.nanoTime() - deadline >= 0;
                if (batches.found().isEmpty() && !last) continue;
                PollOutcome outcome = write(session, batches, writer, begun);
                session.delivery().settle(batches.cursor());
                return outcome;
            } finally {
                session.delivery().endTurn();
            }
        }
    }

    private PollOutcome write(Session session, Batches batches, AnswerWriter writer, long begun) throws IOException {
        writer.write(batches);
        observer.answered(session.order().tenant(), batches.found().size(), System.nanoTime() - begun);
        return new PollOutcome.Answered(batches);
    }

    /** The answer to a poll whose turn did not come: what there is belongs to the poll that has the turn. */
    private static Batches nothing(Session session) {
        return new Batches(session.id(), List.of(), true, session.shownStatus(), session.totalBatches(), session.settled());
    }

    private void await(Session session, long cursor, Duration wait) throws InterruptedException {
        Waiter waiter = new Waiter(session);
        waiters.add(waiter);
        try {
            session.delivery().await(cursor, wait, () -> closed);
        } finally {
            waiters.remove(waiter);
        }
    }

    /** Writes a poll's answer to the small node's socket. */
    @FunctionalInterface
    public interface AnswerWriter {
        /**
         * Writes the whole answer and flushes it; returns normally only when the socket took all of it.
         *
         * @throws IOException when it did not; the batches then stay undelivered
         */
        void write(Batches batches) throws IOException;
    }

    /** Writes a stream of answers to the small node's socket. */
    public interface StreamWriter extends AnswerWriter {
        /**
         * Shows that both ends still live; the first of these begins the stream.
         *
         * @throws IOException when the small node is gone
         */
        void beat() throws IOException;
    }
}
