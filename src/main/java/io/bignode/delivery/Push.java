package io.bignode.delivery;

import io.bignode.monitor.Alarms;
import io.bignode.protocol.Found;
import io.bignode.session.Batches;
import io.bignode.session.Session;
import io.bignode.session.SessionStore.StoreException;
import io.bignode.session.Sessions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Pushes what was found to the small nodes that asked for it, each session from a virtual thread of its own. Thread safe.
 *
 * <p>A batch that was answered with 2xx is handed out; any other is sent again, with what was found meanwhile, until the session is purged. Where batches
 * are worth nothing some time after their session's end they then rest: they stay in the store, and {@link UntakenResults} tells of them.
 * Polls may fetch what is not pushed yet: both mark it in the session, and take turns. A session whose pushes succeed, or which has nothing
 * to push, counts as polled; one whose small node does not answer idles like any other that nobody polls.
 */
public final class Push implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Push.class.getName());
    private static final Duration LOOK = Duration.ofSeconds(30);

    /** How soon an address that a small node changed is pushed to while the one before it failed. */
    private static final Duration ADDRESS_LOOK = Duration.ofSeconds(1);

    /** How soon it is noticed that a poll fetched what rests. */
    private static final Duration REST_LOOK = Duration.ofSeconds(1);

    /** Of so many turns one is for sessions that ended. */
    private static final int LATE = 4;

    private static final Duration TURN = Duration.ofSeconds(5);
    private static final Duration GRACE = Duration.ofSeconds(2);

    private final Sessions sessions;
    private final CallbackHosts hosts;
    private final BatchBody body;
    private final PushRules rules;
    private final Alarms alarms;
    private final UntakenResults untaken;
    private final CallbackPost post;
    private final DeliveryObserver observer;
    private final Semaphore together;

    /** What sessions push that ended has few of the turns: their small nodes may be done with them, and others wait for their first results. */
    private final Semaphore late;
    private final Map<Session, Thread> threads = new ConcurrentHashMap<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile boolean closed;

    /**
     * Pushes nothing before {@link #start}.
     *
     * @param hosts who may be called
     * @param body  writes what is sent
     * @param tls   makes the sockets of https
     * @param observer told what became of each attempt
     * @param alarms  told of what is never taken
     */
    public Push(
            Sessions sessions, CallbackHosts hosts, BatchBody body, Supplier<SSLSocketFactory> tls, PushRules rules, DeliveryObserver observer, Alarms alarms) {
        this(sessions, hosts, body, tls, rules, InetAddress::getAllByName, observer, alarms);
    }

    Push(
            Sessions sessions, CallbackHosts hosts, BatchBody body, Supplier<SSLSocketFactory> tls, PushRules rules, CallbackPost.Resolver resolver,
            Alarms alarms) {
        this(sessions, hosts, body, tls, rules, resolver, DeliveryObserver.NOBODY, alarms);
    }

    private Push(
            Sessions sessions, CallbackHosts hosts, BatchBody body, Supplier<SSLSocketFactory> tls, PushRules rules, CallbackPost.Resolver resolver,
            DeliveryObserver observer, Alarms alarms) {
        this.observer = observer;
        this.alarms = alarms;
        this.untaken = new UntakenResults(alarms, rules.patience());
        this.sessions = sessions;
        this.hosts = hosts;
        this.body = body;
        this.rules = rules;
        this.post = new CallbackPost(hosts, resolver, tls, rules.attempt());
        this.together = new Semaphore(rules.together(), true);
        this.late = new Semaphore(Math.max(1, rules.together() / LATE), true);
    }

    /** Pushes from now on, also what sessions from before a restart found. */
    public void start() {
        if (hosts.none()) return;
        sessions.onChange(this::look);
        sessions.pushable().forEach(this::look);
    }

    /** How many sessions are pushed now. */
    int pushing() {
        return threads.size();
    }

    /** Lets attempts in progress end for a moment, and sends nothing more; what was not acknowledged is sent after the next start. */
    @Override
    public void close() {
        closed = true;
        threads.keySet().forEach(session -> session.delivery().wake());
        closing.countDown();
        long deadline = System.nanoTime() + GRACE.toNanos();
        try {
            for (Thread thread : threads.values()) {
                Duration left = Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
                if (!thread.join(left)) thread.interrupt();
            }
        } catch (InterruptedException e) {
            threads.values().forEach(Thread::interrupt);
            Thread.currentThread().interrupt();
        }
        post.close();
    }

    /** Begins to push the sessions that are not pushed yet. */
    private void look(Session session) {
        if (!closed && session.pushable()) threads.computeIfAbsent(session, this::begin);
    }

    private Thread begin(Session session) {
        return Thread.ofVirtual().name("push-" + session.id()).start(() -> {
            try {
                run(session);
            } catch (InterruptedException e) {
                // closing: what was not acknowledged stays in the store
            } finally {
                threads.remove(session);
            }
            // Its address may have come back before this thread was off the list.
            if (goesOn(session)) look(session);
        });
    }

    /** Whether there is, or may be, something to push, and an address to push it to. */
    private boolean goesOn(Session session) {
        return session.order().callback().isPresent() && session.active() && sessions.keeps(session);
    }

    private void run(Session session) throws InterruptedException {
        Optional<URI> callback = session.order().callback();
        PushedPage page = new PushedPage(session, body, observer, alarms);
        int failures = 0;
        while (!closed && goesOn(session)) {
            if (!session.order().callback().equals(callback)) {
                failures = 0;
                session.attention().pushFailure(Optional.empty());
            }
            callback = session.order().callback();
            if (callback.isEmpty()) return;
            CallbackUrl url = new CallbackUrl(callback.get());
            // As long as nothing fails there is no sign that its small node is gone.
            if (failures == 0) session.polled();
            Optional<URI> here = callback;
            session.delivery().await(session.settled(), LOOK, () -> closed || !session.order().callback().equals(here));
            boolean moved = !session.order().callback().equals(callback);
            if (closed || moved || session.settled() == session.totalBatches()) continue;
            String failure = attempt(session, url, page);
            if (failure == null) {
                session.attention().pushFailure(Optional.empty());
                if (failures > 0) LOG.log(System.Logger.Level.INFO, "session {0}: {1} takes pushed batches again", session.id(), url);
                failures = 0;
                continue;
            }
            if (closed) return;
            observer.pushFailed();
            session.attention().pushFailure(Optional.of(failure));
            if (failures++ == 0) {
                String until = body.ends(session) ? "for " + rules.patience().toSeconds() + " s after its end" : "until the session is purged";
                LOG.log(System.Logger.Level.WARNING, "session {0}: pushing to {1} failed: {2}; it is tried again {3}", session.id(), url, failure, until);
            }
            if (isTooLate(session) && rests(session, url, page)) return;
            double luck = ThreadLocalRandom.current().nextDouble();
            if (!pause(session, callback, rules.pause(failures, body.maxPause(session), luck))) return;
        }
    }

    /** Whether who does not take the session's batches now would have no use of them any more. */
    private boolean isTooLate(Session session) {
        return body.ends(session) && session.drainedFor().filter(since -> since.compareTo(rules.patience()) >= 0).isPresent();
    }

    /**
     * Leaves what was not taken in the store, until polls fetched it or the session is purged. Nothing more is found of such a session.
     *
     * @return false where the store cannot tell now how much it is
     */
    private boolean rests(Session session, CallbackUrl url, PushedPage page) throws InterruptedException {
        long left;
        try {
            left = untaken(session, page);
        } catch (StoreException e) {
            return false;
        }
        session.attention().pushFailure(Optional.empty());
        untaken.add(session, url, left);
        while (goesOn(session)) {
            if (closing.await(REST_LOOK.toNanos(), TimeUnit.NANOSECONDS)) return true;
        }
        untaken.remove(session);
        return true;
    }

    /** How many nonces of a session were not taken; reads them page by page. */
    private long untaken(Session session, PushedPage page) throws InterruptedException {
        together.acquire();
        try {
            long settled = session.settled();
            long nonces = -page.taken(settled);
            Batches batches = session.delivery().following(settled);
            while (!batches.found().isEmpty()) {
                nonces += batches.found().size();
                batches = session.delivery().following(batches.cursor());
            }
            return nonces;
        } finally {
            together.release();
        }
    }

    /** Waits before the next attempt, but not for an address that is the session's no more; false at the end. */
    private boolean pause(Session session, Optional<URI> callback, Duration pause) throws InterruptedException {
        long deadline = System.nanoTime() + pause.toNanos();
        while (session.order().callback().equals(callback)) {
            long left = deadline - System.nanoTime();
            if (left <= 0) return true;
            if (closing.await(Math.min(left, ADDRESS_LOOK.toNanos()), TimeUnit.NANOSECONDS)) return false;
        }
        return true;
    }

    /** Pushes what is there, once; says what failed, null when nothing did. */
    private @Nullable String attempt(Session session, CallbackUrl url, PushedPage page) throws InterruptedException {
        if (!session.status().ended()) return attemptNow(session, url, page);
        late.acquire();
        try {
            return attemptNow(session, url, page);
        } finally {
            late.release();
        }
    }

    private @Nullable String attemptNow(Session session, CallbackUrl url, PushedPage page) throws InterruptedException {
        together.acquire();
        try {
            if (!session.delivery().beginTurn(TURN)) return null; // a poll hands it out just now
            try {
                Batches batches = session.delivery().unsettled();
                if (batches.found().isEmpty()) return null;
                String failure = page.send(batches.found(), session.settled(), batch -> post.send(url, body.path(session), body.of(session, batch)));
                if (failure != null) return failure;
                session.delivery().settle(batches.cursor());
                session.polled();
                return null;
            } finally {
                session.delivery().endTurn();
            }
        } catch (IOException | StoreException e) {
            return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        } finally {
            together.release();
        }
    }

    /** Writes what was found as the documents that are pushed. */
    public interface BatchBody {
        /** Cuts found nonces into what one document holds, in their order. */
        default List<List<Found>> batches(Session session, List<Found> found) {
            return List.of(found);
        }

        /** A proof batch of found nonces, as JSON. */
        byte[] of(Session session, List<Found> batch);

        /** Where documents are pushed to, behind the address that the session's order names. */
        default String path(Session session) {
            return "/generated";
        }

        /** The longest wait before a document that was not taken is sent again. */
        default Duration maxPause(Session session) {
            return Duration.ofMinutes(1);
        }

        /** Whether documents are worth nothing to who gets them some time after the session's end. */
        default boolean ends(Session session) {
            return false;
        }

        /** Whether who gets a document refuses all of it, by status 400, for one nonce in it. */
        default boolean refusedForOne(Session session) {
            return false;
        }
    }
}
