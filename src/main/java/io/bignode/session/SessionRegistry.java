package io.bignode.session;

import io.bignode.protocol.NonceRange;
import io.bignode.protocol.NonceSequence;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The sessions that are kept, running and ended, and the orders whose nonces they share; adds sessions and purges them. Guarded by {@link Sessions}' lock.
 */
final class SessionRegistry {
    private static final Duration PURGE_PERIOD = Duration.ofSeconds(1);

    /** What makes two orders the same; the sequence is part of it, so that no two sequences can share a ledger by mistake. */
    private record OrderIdentity(String tenant, String key, NonceSequence nonces) {
        static OrderIdentity of(Order order) {
            return new OrderIdentity(order.tenant(), order.key(), order.nonces());
        }
    }

    /** The kept sessions of one order, and the ledger they share. */
    private static final class Lineage {
        final long id;
        final NonceLedger ledger;
        final List<Session> kept = new ArrayList<>();

        Lineage(long id, NonceLedger ledger) {
            this.id = id;
            this.ledger = ledger;
        }

        /** The session that runs or waits; the newest where an older one is about to be stopped. */
        Optional<Session> unended() {
            return kept.reversed().stream().filter(session -> !session.status().ended()).findFirst();
        }

        /** The sessions that a newer one took the place of, but that were not stopped yet. */
        List<Session> replacedBy(Session newest) {
            return kept.stream().takeWhile(session -> session != newest).filter(session -> !session.status().ended()).toList();
        }
    }

    private final SessionContext around;
    private final SecureRandom random = new SecureRandom();

    /** In the order of their start. */
    private final Map<String, Session> sessions = new LinkedHashMap<>();

    /** Those of them that ran or waited when they were last looked at: thousands that ended are not asked at every lease. */
    private final Set<Session> unended = new LinkedHashSet<>();

    private final Map<OrderIdentity, Lineage> lineages = new HashMap<>();
    private long purgedNanos;
    private long lastLineage;

    /** Keeps no session yet. */
    SessionRegistry(SessionContext around) {
        this.around = around;
        this.purgedNanos = around.nanoTime.getAsLong();
    }

    /**
     * Takes over what a head before this one left in the store; to be called once, while nothing is kept.
     *
     * @throws IllegalStateException when what is stored contradicts itself
     */
    void restore(StoreImage image) {
        Map<String, Long> lineageOf = new HashMap<>();
        Map<Long, List<NonceRange>> ranges = new HashMap<>();
        for (StoreImage.Stored stored : image.sessions()) lineageOf.put(stored.id(), stored.lineage());
        for (LeasedRange flight : image.flights()) {
            ranges.computeIfAbsent(known(lineageOf, flight.sessionId()), _ -> new ArrayList<>()).add(flight.range());
        }
        Map<Long, Lineage> byId = new HashMap<>();
        for (StoreImage.Lineage stored : image.lineages()) {
            Lineage lineage = new Lineage(stored.id(), new NonceLedger(stored, ranges.getOrDefault(stored.id(), List.of())));
            lineages.put(new OrderIdentity(stored.tenant(), stored.key(), stored.nonces()), lineage);
            byId.put(stored.id(), lineage);
            lastLineage = Math.max(lastLineage, stored.id());
        }
        for (StoreImage.Stored stored : image.sessions()) {
            Lineage lineage = known(byId, stored.lineage());
            keep(Session.restore(stored, lineage.ledger, around), lineage);
        }
        for (LeasedRange flight : image.flights()) known(sessions, flight.sessionId()).results().restore(flight);
        for (LeaseResult held : image.held()) known(around.flying, held.leaseId()).results().restore(held);
        lineages.values().forEach(SessionRegistry::endReplaced);
    }

    private static <K, V> V known(Map<K, V> all, K key) {
        V value = all.get(key);
        if (value == null) throw new IllegalStateException("the store speaks of " + key + ", which it does not hold");
        return value;
    }

    /** A head may have been killed between the start of a session and the end of the one it takes the place of. */
    private static void endReplaced(Lineage lineage) {
        lineage.unended().map(lineage::replacedBy).ifPresent(all -> all.forEach(Session::replaced));
    }

    /** All that are kept, in the order of their start. */
    List<Session> all() {
        return List.copyOf(sessions.values());
    }

    /** A tenant's sessions, in the order of their start. */
    List<Session> of(String tenant) {
        return sessions.values().stream().filter(session -> session.order().tenant().equals(tenant)).toList();
    }

    /** A tenant's session; another tenant's is not found. */
    Optional<Session> find(String tenant, String id) {
        return Optional.ofNullable(sessions.get(id)).filter(session -> session.order().tenant().equals(tenant));
    }

    /** Whether a session is kept still. */
    boolean keeps(Session session) {
        return sessions.get(session.id()) == session;
    }

    /** Those that run or wait. */
    List<Session> unended() {
        unended.removeIf(session -> session.status().ended());
        return List.copyOf(unended);
    }

    /** Those that run. */
    List<Session> running() {
        return unended().stream().filter(session -> !session.waiting()).toList();
    }

    /** The session of an order that runs or waits. */
    Optional<Session> unended(Order order) {
        return Optional.ofNullable(lineages.get(OrderIdentity.of(order))).flatMap(Lineage::unended);
    }

    /** The sessions that this one took the place of, but that were not stopped yet. */
    List<Session> replacedBy(Session session) {
        Lineage lineage = lineages.get(OrderIdentity.of(session.order()));
        return lineage == null ? List.of() : lineage.replacedBy(session);
    }

    /**
     * Adds a session, whose start goes to the store.
     *
     * @param place where it waits for its turn; 0 for one that does not wait
     */
    Session add(Order order, long place) {
        List<Change> changes = new ArrayList<>();
        Lineage lineage = lineages.computeIfAbsent(OrderIdentity.of(order), _ -> begin(order, changes));
        Session session = Session.start(newId(), order, place, lineage.id, lineage.ledger, around, changes);
        keep(session, lineage);
        return session;
    }

    private Lineage begin(Order order, List<Change> changes) {
        long id = ++lastLineage;
        changes.add(new Change.LineageBegun(id, order.tenant(), order.key(), order.nonces()));
        return new Lineage(id, new NonceLedger(id, order.nonces()));
    }

    private String newId() {
        byte[] bits = new byte[16];
        random.nextBytes(bits);
        return HexFormat.of().formatHex(bits);
    }

    private void keep(Session session, Lineage lineage) {
        sessions.put(session.id(), session);
        unended.add(session);
        lineage.kept.add(session);
    }

    /**
     * Purges those that ended long ago, and the oldest of those that ended where there are too many, those of a single nonce first; looks once a second unless
     * there are.
     */
    void purgeOld() {
        long now = around.nanoTime.getAsLong();
        boolean tooManyKept = sessions.size() - unended().size() > around.rules.maxEnded();
        if (now - purgedNanos < PURGE_PERIOD.toNanos() && !tooManyKept) return;
        purgedNanos = now;
        record Ended(Session session, Duration since) {}
        List<Ended> ended = sessions.values().stream()
                .flatMap(session -> session.drainedFor().map(since -> new Ended(session, since)).stream())
                .sorted(Comparator.comparing((Ended one) -> one.session().order().isSingle()).thenComparing(Ended::since).reversed())
                .toList();
        int tooMany = ended.size() - around.rules.maxEnded();
        for (int i = 0; i < ended.size(); i++) {
            Ended oldest = ended.get(i);
            if (i < tooMany || oldest.since().compareTo(around.rules.retention()) >= 0) purge(oldest.session());
        }
    }

    /** Forgets a session and what it found; the ledger of an order goes with the last of its sessions. */
    void purge(Session session) {
        OrderIdentity identity = OrderIdentity.of(session.order());
        sessions.remove(session.id());
        List<Change> changes = new ArrayList<>();
        changes.add(session.purge());
        lineages.computeIfPresent(identity, (_, lineage) -> {
            lineage.kept.remove(session);
            if (!lineage.kept.isEmpty()) return lineage;
            changes.add(new Change.LineageForgotten(lineage.id));
            return null;
        });
        around.store.write(changes);
    }
}
