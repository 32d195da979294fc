package io.bignode.session;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;

/**
 * All sessions of this node, running and ended. Thread safe.
 *
 * <p>Sessions of the same order follow each other: the next one goes on at the first nonce the ones before never computed, until the last
 * of them is purged.
 */
public final class Sessions {
    private static final System.Logger LOG = System.getLogger(Sessions.class.getName());
    private static final Duration LEAST_RETRY = Duration.ofSeconds(1);

    /** What makes two orders the same; the sequence is part of it, so that no two sequences can share a ledger by mistake. */
    private record OrderIdentity(String tenant, String key, NonceSequence nonces) {
        static OrderIdentity of(Order order) {
            return new OrderIdentity(order.tenant(), order.key(), order.nonces());
        }
    }

    /** The kept sessions of one order, and the ledger they share. */
    private static final class Lineage {
        final NonceLedger ledger;
        final List<Session> kept = new ArrayList<>();

        Lineage(NonceSequence nonces) {
            this.ledger = new NonceLedger(nonces);
        }

        Optional<Session> running() {
            return kept.stream().filter(session -> !session.status().ended()).findFirst();
        }
    }

    private final SessionRules rules;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final SecureRandom random = new SecureRandom();
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

    /** In the order of their start. */
    private final Map<String, Session> sessions = new LinkedHashMap<>();

    private final Map<OrderIdentity, Lineage> lineages = new HashMap<>();
    private boolean closed;

    /**
     * No sessions yet.
     *
     * @param clock    tells when a session was created
     * @param nanoTime measures how long ago something was, as {@link System#nanoTime}
     */
    public Sessions(SessionRules rules, InstantSource clock, LongSupplier nanoTime) {
        this.rules = rules;
        this.clock = clock;
        this.nanoTime = nanoTime;
    }

    /** The rules they live by. */
    public SessionRules rules() {
        return rules;
    }

    /**
     * Has something called whenever there may be work to lease or a lease to cancel: a session started, ended, or was polled after idling.
     * It is called by the thread that brought this about, with no lock held.
     */
    public void onChange(Runnable listener) {
        listeners.add(listener);
    }

    /** Starts a session, or finds the one that runs this order already, which counts as a poll of it. */
    public StartOutcome start(Order order) {
        tick();
        StartOutcome outcome = place(order);
        switch (outcome) {
            case StartOutcome.Started(Session session) -> {
                LOG.log(System.Logger.Level.INFO, "session {0} started for node {1}", session.id(), Long.toString(order.nodeId()));
                changed();
            }
            case StartOutcome.Running(Session session) -> session.polled();
            case StartOutcome.Full _, StartOutcome.Closing _ -> {}
        }
        return outcome;
    }

    /** A tenant's session; another tenant's is not found. */
    public synchronized Optional<Session> find(String tenant, String id) {
        return Optional.ofNullable(sessions.get(id)).filter(session -> session.order().tenant().equals(tenant));
    }

    /** A tenant's sessions, running and ended, in the order of their start. */
    public synchronized List<Session> list(String tenant) {
        return sessions.values().stream().filter(session -> session.order().tenant().equals(tenant)).toList();
    }

    /** The sessions that may get leases, in the order of their start. */
    public synchronized List<Session> leasable() {
        return running().stream().filter(Session::leasable).toList();
    }

    /** How many sessions of all tenants have not ended. */
    public synchronized int runningCount() {
        return running().size();
    }

    /**
     * Stops a tenant's session; stopping one that ended changes nothing.
     *
     * @return the session, empty when the tenant has none of this id
     */
    public Optional<Session> stop(String tenant, String id) {
        Optional<Session> session = find(tenant, id);
        session.ifPresent(Session::stop);
        return session;
    }

    /** Ends sessions whose life is over and purges old ones; to be called a few times a second. */
    public void tick() {
        List<Session> all;
        synchronized (this) {
            all = running();
        }
        all.forEach(Session::expireIfDue);
        purge();
    }

    /** Lets no new session start; the running ones go on. */
    public synchronized void close() {
        closed = true;
    }

    private synchronized StartOutcome place(Order order) {
        if (closed) return new StartOutcome.Closing();
        OrderIdentity identity = OrderIdentity.of(order);
        Optional<Session> same = Optional.ofNullable(lineages.get(identity)).flatMap(Lineage::running);
        if (same.isPresent()) return new StartOutcome.Running(same.get());
        List<Session> running = running();
        if (running.size() >= rules.maxSessions()) return new StartOutcome.Full(untilRoom(running));
        Lineage lineage = lineages.computeIfAbsent(identity, _ -> new Lineage(order.nonces()));
        Session session = new Session(newId(), order, clock.instant(), rules, nanoTime, lineage.ledger, this::changed);
        sessions.put(session.id(), session);
        lineage.kept.add(session);
        return new StartOutcome.Started(session);
    }

    private static Duration untilRoom(List<Session> running) {
        Duration left = running.stream().map(Session::timeLeft).min(Comparator.naturalOrder()).orElse(LEAST_RETRY);
        return left.compareTo(LEAST_RETRY) < 0 ? LEAST_RETRY : left;
    }

    private List<Session> running() {
        return sessions.values().stream().filter(session -> !session.status().ended()).toList();
    }

    private synchronized void purge() {
        record Ended(Session session, Duration since) {}
        List<Ended> ended = sessions.values().stream()
                .flatMap(session -> session.drainedFor().map(since -> new Ended(session, since)).stream())
                .sorted(Comparator.comparing(Ended::since).reversed())
                .toList();
        int tooMany = ended.size() - rules.maxEnded();
        for (int i = 0; i < ended.size(); i++) {
            Ended oldest = ended.get(i);
            if (i < tooMany || oldest.since().compareTo(rules.retention()) >= 0) purge(oldest.session());
        }
    }

    /** The ledger of an order goes with the last of its sessions. */
    private void purge(Session session) {
        OrderIdentity identity = OrderIdentity.of(session.order());
        sessions.remove(session.id());
        lineages.computeIfPresent(identity, (_, lineage) -> lineage.kept.remove(session) && lineage.kept.isEmpty() ? null : lineage);
    }

    private String newId() {
        byte[] bits = new byte[16];
        random.nextBytes(bits);
        return HexFormat.of().formatHex(bits);
    }

    private void changed() {
        listeners.forEach(Runnable::run);
    }
}
