package io.bignode.agent;

import io.bignode.monitor.Alarms;
import io.bignode.proof.ProofFunction;
import io.bignode.session.Session;
import io.bignode.session.Sessions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Has big nodes compute sessions, each by a {@link SessionRelay relay} on a virtual thread of its own. Thread safe. */
final class Relays implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Relays.class.getName());
    private static final Duration GRACE = Duration.ofSeconds(2);

    /** So many requests are with a big node at a time; each takes a connection there. */
    private static final int REQUESTS = 32;

    final Sessions sessions;
    final ProofFunction function;
    final BigNodes bigNodes;
    final Alarms alarms;
    final CountDownLatch closing = new CountDownLatch(1);
    final Semaphore requests = new Semaphore(REQUESTS, true);
    private final Map<Session, SessionRelay> running = new ConcurrentHashMap<>();
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();

    /** Relays nothing yet. */
    Relays(Sessions sessions, ProofFunction function, BigNodes bigNodes, Alarms alarms) {
        this.sessions = sessions;
        this.function = function;
        this.bigNodes = bigNodes;
        this.alarms = alarms;
    }

    /** Relays from now on, also what an agent before this one left. */
    void start() {
        sessions.onChange(this::look);
        sessions.kept().forEach(this::look);
    }

    /** Whether this agent ends. */
    boolean closed() {
        return closing.getCount() == 0;
    }

    private void look(Session session) {
        if (closed() || !sessions.keeps(session)) return;
        SessionRelay relay = running.get(session);
        if (relay != null) relay.changed();
        else if (isDue(session)) running.computeIfAbsent(session, this::begin);
    }

    /** Whether somebody is to compute it, or something of it is still elsewhere. */
    private static boolean isDue(Session session) {
        return session.relay().map(kept -> !kept.over()).orElse(!session.status().ended());
    }

    private SessionRelay begin(Session session) {
        SessionRelay relay = new SessionRelay(session, this);
        Thread.ofVirtual().name("relay-" + session.id()).start(() -> {
            threads.add(Thread.currentThread());
            try {
                relay.run();
            } catch (InterruptedException stop) {
                // closing: what is not here yet is fetched after the next start
            } catch (RuntimeException failed) {
                again(session, failed);
            } finally {
                running.remove(session);
                threads.remove(Thread.currentThread());
            }
            look(session);
        });
        return relay;
    }

    /** A session must not stand still because its relay failed once: it goes on with what is kept of it. */
    private void again(Session session, RuntimeException failed) {
        LOG.log(System.Logger.Level.ERROR, "the relay of session " + session.id() + " failed and begins anew", failed);
        try {
            closing.await(GRACE.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    /** The sessions of an order before and beside one, the newest first. */
    List<Session> ofSameOrder(Session session) {
        return sessions.list(session.order().tenant()).reversed().stream()
                .filter(other -> other != session && other.order().key().equals(session.order().key())).toList();
    }

    /** What keeps a session from its big node; empty where nothing does, or nobody looks after it any more. */
    Optional<String> trouble(Session session) {
        SessionRelay relay = running.get(session);
        return relay == null ? Optional.empty() : relay.trouble();
    }

    /** Ends the relays; the sessions go on at their big nodes, and are fetched after the next start. */
    @Override
    public void close() {
        closing.countDown();
        try {
            for (Thread thread : List.copyOf(threads)) {
                thread.interrupt();
                if (!thread.join(GRACE)) LOG.log(System.Logger.Level.WARNING, "{0} does not end", thread.getName());
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }
}
