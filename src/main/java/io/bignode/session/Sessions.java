package io.bignode.session;

import io.bignode.monitor.Activity;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.NonceSequence;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * All sessions of this node, running and ended; a view of the store. Thread safe.
 *
 * <p>Sessions of the same order follow each other: the next one goes on at the first nonce the ones before never computed, until the last
 * of them is purged.
 */
public final class Sessions {
    private static final System.Logger LOG = System.getLogger(Sessions.class.getName());
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

    private final SessionRules rules;
    private final SessionStore store;
    private final SessionContext around;
    private final SecureRandom random = new SecureRandom();
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

    /** Held while results go to the store and become visible, so that batches become visible in the order of their numbers. */
    private final ReentrantLock landing = new ReentrantLock();

    /** In the order of their start. */
    private final Map<String, Session> sessions = new LinkedHashMap<>();

    /** Those of them that ran or waited when they were last looked at: thousands that ended are not asked at every lease. */
    private final Set<Session> unended = new LinkedHashSet<>();

    private final Map<OrderIdentity, Lineage> lineages = new HashMap<>();
    private final WaitingLine line;
    private volatile Room room = Room.ENDLESS;
    private final long bornNanos;
    private long purgedNanos;
    private long lastLineage;
    private boolean closed;

    /**
     * The sessions of a store, as a head before this one left them.
     *
     * @param clock    tells when a session was created, and how much time passed while no head ran
     * @param nanoTime measures how long ago something was, as {@link System#nanoTime}
     * @throws StoreException when the store cannot be read, or what is read cannot be true
     */
    public Sessions(SessionRules rules, InstantSource clock, LongSupplier nanoTime, SessionStore store) {
        this.rules = rules;
        this.store = store;
        this.around = new SessionContext(rules, clock, nanoTime, store, this::changed);
        this.purgedNanos = nanoTime.getAsLong();
        this.line = new WaitingLine(nanoTime);
        this.bornNanos = purgedNanos;
        StoreImage image = store.load();
        try {
            restore(image);
        } catch (IllegalStateException contradiction) {
            throw new StoreException(
                    "what is stored contradicts itself: " + contradiction.getMessage() + "; put a backup in its place", contradiction);
        }
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

    /** Has somebody told how sessions begin and end from now on. */
    public void observe(SessionObserver by) {
        around.observer = by;
    }

    /** Has somebody asked from now on whether devices can take an order besides those that run. */
    public void admitBy(Room by) {
        room = by;
    }

    /** All that are kept, running and ended, in the order of their start. */
    public synchronized List<Session> kept() {
        return List.copyOf(sessions.values());
    }

    /** Why no new session may start now; empty when one may. */
    public Optional<String> refusal() {
        return store.refusal();
    }

    /**
     * Starts a session, durably; or finds the one that runs this order already, which counts as a poll of it and takes over the order's address
     * to push to. Where there is no room, an order whose terms allow it waits: its session exists, and is admitted when its turn comes.
     */
    public StartOutcome start(Order order) {
        tick();
        Placed placed = again(order).orElseGet(() -> place(order, room.look()));
        if (!placed.admitted().isEmpty()) begun(placed.admitted());
        StartOutcome outcome = placed.outcome();
        Optional<Session.Amendment> amendment = placed.amendment();
        return switch (outcome) {
            case StartOutcome.Started(Session session) -> open(session) ? outcome : notStored();
            case StartOutcome.Replaced(Session session, Session _) -> open(session) ? outcome : notStored();
            // Another thread may be starting it right now: no answer before its start is durable, nor before what this order changed is.
            case StartOutcome.Running(Session session) -> session.open() && durable(amendment) ? polled(session, outcome) : notStored();
            case StartOutcome.Redirected(Session session) -> {
                changed();
                yield session.open() && durable(amendment) ? polled(session, outcome) : notStored();
            }
            case StartOutcome.Refused _, StartOutcome.Closing _, StartOutcome.NotStored _ -> outcome;
        };
    }

    /**
     * What became of an order, before it is durable.
     *
     * @param amendment what it changed of a session that was there before
     * @param admitted  whose turn came first
     */
    private record Placed(StartOutcome outcome, Optional<Session.Amendment> amendment, List<Session> admitted) {
        static Placed of(StartOutcome outcome) {
            return new Placed(outcome, Optional.empty(), List.of());
        }
    }

    private static boolean durable(Optional<Session.Amendment> amendment) {
        return amendment.isEmpty() || amendment.get().written().await();
    }

    private static StartOutcome polled(Session session, StartOutcome outcome) {
        session.polled();
        return outcome;
    }

    /** Waits until a new session's start is durable, and stops those it takes the place of; false when it cannot be kept. */
    private boolean open(Session session) {
        if (!session.open() && withdraw(session)) return false;
        replacedBy(session).forEach(Session::stop);
        around.observer.started(session.order().tenant());
        changed();
        return true;
    }

    private synchronized List<Session> replacedBy(Session session) {
        Lineage lineage = lineages.get(OrderIdentity.of(session.order()));
        return lineage == null ? List.of() : lineage.replacedBy(session);
    }

    /** A head may have been killed between the start of a session and the end of the one it takes the place of. */
    private static void endReplaced(Lineage lineage) {
        lineage.unended().map(lineage::replacedBy).ifPresent(all -> all.forEach(Session::replaced));
    }

    /** Where a session stands that waits for its turn; empty when it does not wait, or nobody polls it. */
    public synchronized Optional<Turn> turn(Session session) {
        return line.turn(session);
    }

    /** How many sessions of all tenants wait for their turn. */
    public synchronized int waitingCount() {
        return line.length(_ -> true);
    }

    /** A tenant's session; another tenant's is not found. */
    public synchronized Optional<Session> find(String tenant, String id) {
        return Optional.ofNullable(sessions.get(id)).filter(session -> session.order().tenant().equals(tenant));
    }

    /** A tenant's sessions, running and ended, in the order of their start. */
    public synchronized List<Session> list(String tenant) {
        return sessions.values().stream().filter(session -> session.order().tenant().equals(tenant)).toList();
    }

    /**
     * Sessions as people and monitors see them, the newest first.
     *
     * @param tenant whose are wanted
     * @param most   how many at most; those that run or wait come before those that ended
     */
    public Listing views(Predicate<String> tenant, int most) {
        List<Session> wanted;
        Map<Session, Turn> turns;
        synchronized (this) {
            turns = line.turns();
            wanted = new ArrayList<>(sessions.values()).reversed().stream().filter(session -> tenant.test(session.order().tenant())).toList();
        }
        List<Session> running = wanted.stream().filter(session -> !session.status().ended()).toList();
        Set<Session> listed = new HashSet<>(running.subList(0, Math.min(most, running.size())));
        wanted.stream().filter(session -> session.status().ended()).limit(most - listed.size()).forEach(listed::add);
        long allNanos = around.activity.pace().work().deviceNanos();
        List<SessionView> views = wanted.stream().filter(listed::contains).map(session -> session.view(allNanos, Optional.ofNullable(turns.get(session)))).toList();
        int waiting = (int) running.stream().filter(Session::waiting).count();
        return new Listing(views, running.size() - waiting, waiting, wanted.size());
    }

    /**
     * Some of the sessions.
     *
     * @param views   they, the newest first
     * @param running how many there are that run, listed or not
     * @param waiting how many there are that wait for their turn
     * @param kept    how many there are
     */
    public record Listing(List<SessionView> views, int running, int waiting, int kept) {
        /** Copies the list. */
        public Listing {
            views = List.copyOf(views);
        }
    }

    /** A session as people and monitors see it. */
    public SessionView view(Session session) {
        return session.view(around.activity.pace().work().deviceNanos(), turn(session));
    }

    /** What was done lately. */
    public Activity activity() {
        return around.activity;
    }

    /** The time by the wall clock that sessions go by. */
    public Instant now() {
        return around.clock.instant();
    }

    /**
     * What devices did in each epoch, the newest block first.
     *
     * @param limit how many lines at most
     * @throws StoreException when it cannot be read
     */
    public List<History> history(int limit) {
        return store.history(limit);
    }

    /** The sessions whose batches are to be pushed and for which there is something to hand out, or still may be. */
    public List<Session> pushable() {
        return kept().stream().filter(session -> session.order().callback().isPresent() && session.active()).toList();
    }

    /** Whether a session is kept still: it was not purged. */
    public synchronized boolean keeps(Session session) {
        return sessions.get(session.id()) == session;
    }

    /** The sessions that may get leases, in the order of their start. */
    public synchronized List<Session> leasable() {
        return unended().stream().filter(Session::leasable).toList();
    }

    /** How many sessions of all tenants run; those that wait for their turn do not. */
    public synchronized int runningCount() {
        return admitted().size();
    }

    /**
     * Stops a tenant's session, durably; stopping one that ended and does not linger changes nothing.
     *
     * @return the session, empty when the tenant has none of this id
     */
    public Optional<Session> stop(String tenant, String id) {
        Optional<Session> session = find(tenant, id);
        session.ifPresent(Session::stop);
        return session;
    }

    /**
     * Ends leases with their results: these are written to the store, all together, and only then become visible to polls. Results of leases
     * that ended already change nothing. Results that are {@linkplain LeaseResult#held held} are written, and wait.
     *
     * <p>Returns when all of it is durable; or, where the store cannot write at the moment, when it is visible although it is not. Only a
     * head that lost its store and is told to end meanwhile (its thread is interrupted) returns with nothing done: whoever takes over finds
     * the leases in flight.
     */
    public void land(List<LeaseResult> landings) {
        settle(landings, LeaseResult::leaseId, (session, landing) -> session.results().land(landing));
    }

    /** Makes held results of these leases visible, in this order; returns when that is durable, as {@link #land}. */
    public void release(List<String> leaseIds) {
        settle(leaseIds, id -> id, (session, id) -> session.results().release(id));
    }

    /** Drops held results of these leases and frees their ranges; returns when that is durable, as {@link #land}. */
    public void discard(List<String> leaseIds) {
        settle(leaseIds, id -> id, (session, id) -> session.results().giveBack(id));
    }

    /**
     * Ends a lease without a result: its range may be taken again. Nothing happens when it ended before. A head that is killed before this
     * is durable finds the lease still in flight.
     */
    public void giveBack(String leaseId) {
        Session session = around.flying.get(leaseId);
        if (session != null) session.results().giveBack(leaseId).ifPresent(landed -> landed.publish().run());
    }

    /** The leases in flight that no result came for, those from before a restart too. */
    public List<LeasedRange> flights() {
        return kept().stream().flatMap(session -> session.results().flights().stream()).toList();
    }

    /** The held results, those from before a restart too. */
    public List<LeaseResult> held() {
        return kept().stream().flatMap(session -> session.results().held().stream()).toList();
    }

    /** Whose lease this is; empty when it is not in flight. */
    public Optional<Session> sessionOf(String leaseId) {
        return Optional.ofNullable(around.flying.get(leaseId));
    }

    /** Whether another head may have taken these sessions over. */
    public boolean ownershipLost() {
        return store.ownershipLost();
    }

    /** Ends sessions whose life is over, admits those whose turn has come and purges old ones; to be called a few times a second. */
    public void tick() {
        List<Session> all;
        synchronized (this) {
            all = unended();
        }
        all.forEach(Session::expireIfDue);
        if (admit()) listeners.forEach(Runnable::run);
        failMisfits();
        purge();
    }

    /** Admits those whose turn has come; false when there is nobody. */
    private boolean admit() {
        synchronized (this) {
            if (line.isEmpty()) return false;
        }
        Room.Look look = room.look();
        List<Session> admitted;
        synchronized (this) {
            admitted = line.admit(new RoomLeft(rules.maxSessions(), look, admitted()));
        }
        admitted.forEach(Sessions::tell);
        return !admitted.isEmpty();
    }

    private void begun(List<Session> admitted) {
        admitted.forEach(Sessions::tell);
        listeners.forEach(Runnable::run);
    }

    private static void tell(Session session) {
        LOG.log(System.Logger.Level.INFO, "session {0} has its turn after {1} s", session.id(), Long.toString(session.age().toSeconds()));
    }

    private void failMisfits() {
        Map<Session, Obstacle> hopeless;
        synchronized (this) {
            hopeless = line.hopeless();
        }
        hopeless.forEach((session, obstacle) -> session.fail(obstacle.text()));
    }

    /** Lets no new session start; the running ones go on. */
    public synchronized void close() {
        closed = true;
    }

    private void restore(StoreImage image) {
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
            Session session = Session.restore(stored, lineage.ledger, around);
            sessions.put(session.id(), session);
            unended.add(session);
            lineage.kept.add(session);
        }
        for (LeasedRange flight : image.flights()) known(sessions, flight.sessionId()).results().restore(flight);
        for (LeaseResult held : image.held()) known(around.flying, held.leaseId()).results().restore(held);
        lineages.values().forEach(Sessions::endReplaced);
        line.restore(sessions.values());
    }

    private static <K, V> V known(Map<K, V> all, K key) {
        V value = all.get(key);
        if (value == null) throw new IllegalStateException("the store speaks of " + key + ", which it does not hold");
        return value;
    }

    private <T> void settle(List<T> all, Function<T, String> leaseId, BiFunction<Session, T, Optional<SessionResults.Landed>> end) {
        landing.lock();
        try {
            List<SessionResults.Landed> landed = new ArrayList<>();
            for (T one : all) {
                Session session = around.flying.get(leaseId.apply(one));
                if (session != null) end.apply(session, one).ifPresent(landed::add);
            }
            if (landed.isEmpty()) return;
            // Changes become durable in order, so that the last ones being durable means that all are.
            if (landed.getLast().written().awaitKept()) landed.forEach(one -> one.publish().run());
        } finally {
            landing.unlock();
        }
    }

    /** Finds the session of an order that runs or waits already; empty where the order needs another one. */
    private synchronized Optional<Placed> again(Order order) {
        if (closed) return Optional.of(Placed.of(new StartOutcome.Closing()));
        return unended(order).filter(same -> same.order().asksForTheSame(order)).map(same -> {
            Optional<Session.Amendment> amendment = same.amend(order);
            boolean redirected = amendment.filter(Session.Amendment::redirected).isPresent();
            return new Placed(redirected ? new StartOutcome.Redirected(same) : new StartOutcome.Running(same), amendment, List.of());
        });
    }

    private Optional<Session> unended(Order order) {
        return Optional.ofNullable(lineages.get(OrderIdentity.of(order))).flatMap(Lineage::unended);
    }

    private synchronized Placed place(Order order, Room.Look look) {
        Optional<Placed> again = again(order);
        if (again.isPresent()) return again.get();
        RoomLeft left = new RoomLeft(rules.maxSessions(), look, admitted());
        // Who waits comes first, also where room was made a moment ago.
        List<Session> admitted = line.admit(left);
        return new Placed(place(order, left), Optional.empty(), admitted);
    }

    private StartOutcome place(Order order, RoomLeft left) {
        OrderIdentity identity = OrderIdentity.of(order);
        Optional<Session> same = unended(order);
        boolean runs = same.isPresent() && !same.get().waiting();
        Optional<Obstacle> obstacle = runs ? Optional.empty() : left.obstacle(order);
        if (same.isEmpty() && obstacle.isPresent() && !mayWait(order, obstacle.get())) {
            return new StartOutcome.Refused(obstacle.get(), order.terms().waits() && lineFull(order));
        }
        Optional<String> refusal = store.refusal();
        if (refusal.isPresent()) return new StartOutcome.NotStored(refusal.get());
        if (same.isEmpty()) return new StartOutcome.Started(add(order, identity, line.nextPlace(), obstacle));
        // It takes the place of the one before, in the line too.
        long place = same.get().waiting() && !same.get().idling() ? same.get().place() : line.nextPlace();
        return new StartOutcome.Replaced(add(order, identity, place, obstacle), same.get());
    }

    /** Whether this head started so lately that its devices may be still to come. */
    public boolean devicesCome() {
        return around.nanoTime.getAsLong() - bornNanos < WaitingLine.DEVICES_COME.toNanos();
    }

    private boolean mayWait(Order order, Obstacle obstacle) {
        if (!order.terms().waits() || lineFull(order)) return false;
        // What fits no device never runs; but soon after a start the larger ones may be still to come.
        return !(obstacle instanceof Obstacle.FitsNoDevice) || devicesCome();
    }

    /** Whether as many of its tenant's orders wait as may: nobody can take the places of others in the line. */
    private boolean lineFull(Order order) {
        return line.length(order.tenant()::equals) >= rules.maxWaiting();
    }

    /**
     * Adds a session, which waits where there is an obstacle.
     *
     * @param place where it waits
     */
    private Session add(Order order, OrderIdentity identity, long place, Optional<Obstacle> obstacle) {
        List<Change> changes = new ArrayList<>();
        Lineage lineage = lineages.computeIfAbsent(identity, _ -> begin(order, changes));
        Session session = Session.start(newId(), order, obstacle.isPresent() ? place : 0, lineage.id, lineage.ledger, around, changes);
        sessions.put(session.id(), session);
        unended.add(session);
        lineage.kept.add(session);
        obstacle.ifPresent(one -> line.add(session, one));
        return session;
    }

    private Lineage begin(Order order, List<Change> changes) {
        long id = ++lastLineage;
        changes.add(new Change.LineageBegun(id, order.tenant(), order.key(), order.nonces()));
        return new Lineage(id, new NonceLedger(id, order.nonces()));
    }

    private synchronized boolean withdraw(Session session) {
        boolean withdrawn = session.withdraw();
        if (withdrawn) purge(session);
        return withdrawn;
    }

    private StartOutcome notStored() {
        return new StartOutcome.NotStored(store.refusal().orElse("what was started could not be stored"));
    }

    /** Those that run or wait. */
    private List<Session> unended() {
        unended.removeIf(session -> session.status().ended());
        return List.copyOf(unended);
    }

    /** Those that run. */
    private List<Session> admitted() {
        return unended().stream().filter(session -> !session.waiting()).toList();
    }

    private synchronized void purge() {
        long now = around.nanoTime.getAsLong();
        boolean tooManyKept = sessions.size() - unended().size() > rules.maxEnded();
        if (now - purgedNanos < PURGE_PERIOD.toNanos() && !tooManyKept) return;
        purgedNanos = now;
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
        List<Change> changes = new ArrayList<>();
        changes.add(session.purge());
        lineages.computeIfPresent(identity, (_, lineage) -> {
            lineage.kept.remove(session);
            if (!lineage.kept.isEmpty()) return lineage;
            changes.add(new Change.LineageForgotten(lineage.id));
            return null;
        });
        store.write(changes);
    }

    private String newId() {
        byte[] bits = new byte[16];
        random.nextBytes(bits);
        return HexFormat.of().formatHex(bits);
    }

    /** Something ended or came back: others may have their turn, and devices work. */
    private void changed() {
        admit();
        listeners.forEach(Runnable::run);
    }
}
