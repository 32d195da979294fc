package io.bignode.session;

import io.bignode.monitor.Activity;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** What all sessions of a head have in common. */
final class SessionContext {
    final SessionRules rules;
    final InstantSource clock;
    final LongSupplier nanoTime;
    final SessionStore store;

    /** To be called, with no lock held, with a session that ended or may get leases again. */
    final Consumer<Session> changed;

    /** The work of the last minutes. */
    final Activity activity;

    /** The session of each lease in flight, by the lease's id. */
    final Map<String, Session> flying = new ConcurrentHashMap<>();

    /** Observes how sessions begin and end. */
    volatile SessionObserver observer = SessionObserver.NOBODY;

    private final long incarnation;
    private final AtomicLong lastLease = new AtomicLong();

    SessionContext(SessionRules rules, InstantSource clock, LongSupplier nanoTime, SessionStore store, Consumer<Session> changed) {
        this.rules = rules;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.store = store;
        this.changed = changed;
        this.activity = new Activity(clock, nanoTime);
        this.incarnation = store.incarnation();
    }

    /** An id that no lease had before, in this process or in one before it. */
    String newLeaseId() {
        return "lease-" + incarnation + "-" + lastLease.incrementAndGet();
    }
}
