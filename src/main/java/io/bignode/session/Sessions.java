package io.bignode.session;

import io.bignode.monitor.Activity;
import io.bignode.protocol.Found;
import io.bignode.protocol.Provenance;
import io.bignode.session.SessionStore.History;
import io.bignode.session.SessionStore.StoreException;
import io.bignode.session.SessionView.Turn;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * All sessions of this node, running and ended; a view of the store. Thread safe.
 *
 * <p>Sessions of the same order follow each other: the next one goes on at the first nonce the ones before never computed, until the last
 * of them is purged.
 *
 * <p>Its monitor guards the {@link SessionRegistry registry}, the {@link WaitingLine line} and the {@link OrderAdmission admission}; what waits for the store
 * or calls others is done without it. The {@link ResultPublisher publisher} has a lock of its own, which is taken before.
 */
public final class Sessions {
    private static final System.Logger LOG = System.getLogger(Sessions.class.getName());

    private final SessionRules rules;
    private final SessionStore store;
    private final SessionContext around;
    private final List<Consumer<Session>> listeners = new CopyOnWriteArrayList<>();
    private final ResultPublisher publisher;
    private final SessionRegistry registry;
    private final WaitingLine line;
    private final OrderAdmission admission;
    private volatile Room room = Room.ENDLESS;

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
        this.publisher = new ResultPublisher(around);
        this.registry = new SessionRegistry(around);
        this.line = new WaitingLine(nanoTime);
        this.admission = new OrderAdmission(around, registry, line);
        StoreImage image = store.load();
        try {
            registry.restore(image);
            line.restore(registry.all());
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
     * Has something called with each session of which there may be work to lease or a lease to cancel: it started, was admitted, ended, or was polled after
     * idling. It is called by the thread that brought this about, with no lock held.
     */
    public void onChange(Consumer<Session> listener) {
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
        return registry.all();
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
        OrderAdmission.Placed placed = again(order).orElseGet(() -> place(order, room.look()));
        placed.admitted().forEach(this::begun);
        StartOutcome outcome = placed.outcome();
        Optional<Session.Amendment> amendment = placed.amendment();
        return switch (outcome) {
            case StartOutcome.Started(Session session) -> open(session) ? outcome : notStored();
            case StartOutcome.Replaced(Session session, Session _) -> open(session) ? outcome : notStored();
            // Another thread may be starting it right now: no answer before its start is durable, nor before what this order changed is.
            case StartOutcome.Running(Session session) -> session.open() && durable(amendment) ? polled(session, outcome) : notStored();
            case StartOutcome.Redirected(Session session) -> {
                tell(session);
                yield session.open() && durable(amendment) ? polled(session, outcome) : notStored();
            }
            case StartOutcome.Refused _, StartOutcome.Closing _, StartOutcome.NotStored _ -> outcome;
        };
    }

    private synchronized Optional<OrderAdmission.Placed> again(Order order) {
        return admission.again(order);
    }

    private synchronized OrderAdmission.Placed place(Order order, Room.Look look) {
        return admission.place(order, look);
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
        changed(session);
        return true;
    }

    private synchronized List<Session> replacedBy(Session session) {
        return registry.replacedBy(session);
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
        return registry.find(tenant, id);
    }

    /** A tenant's sessions, running and ended, in the order of their start. */
    public synchronized List<Session> list(String tenant) {
        return registry.of(tenant);
    }

    /**
     * Sessions as people and monitors see them, the newest first.
     *
     * @param tenant whose are wanted
     * @param max   how many at most; those that run or wait come before those that ended
     */
    public Listing views(Predicate<String> tenant, int max) {
        List<Session> wanted;
        Map<Session, Turn> turns;
        synchronized (this) {
            turns = line.turns();
            wanted = registry.all().reversed().stream().filter(session -> tenant.test(session.order().tenant())).toList();
        }
        List<Session> running = wanted.stream().filter(session -> !session.status().ended()).toList();
        Set<Session> listed = new HashSet<>(running.subList(0, Math.min(max, running.size())));
        wanted.stream().filter(session -> session.status().ended()).limit(max - listed.size()).forEach(listed::add);
        long allNanos = around.activity.pace().work().deviceNanos();
        List<SessionView> views = wanted.stream().filter(listed::contains).map(session -> session.view(allNanos, Optional.ofNullable(turns.get(session))))
                .toList();
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

    /** The work of the last minutes. */
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
        return kept().stream().filter(Session::pushable).toList();
    }

    /** Whether a session is kept still: it was not purged. */
    public synchronized boolean keeps(Session session) {
        return registry.keeps(session);
    }

    /** The sessions that may get leases, in the order of their start. */
    public synchronized List<Session> leasable() {
        return registry.unended().stream().filter(Session::leasable).toList();
    }

    /** How many sessions of all tenants run; those that wait for their turn do not. */
    public synchronized int runningCount() {
        return registry.running().size();
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
        publisher.land(landings);
    }

    /**
     * Takes what another node found of a session, written to the store together with how far that node's results came, so that whoever starts anew knows
     * both or neither. Nothing needs to be found: then the latter alone is noted. Returns when it is durable; or, where the store cannot write at the
     * moment, when it is visible although it is not.
     *
     * @param from the other node
     * @return false where this process is told to end meanwhile and nothing may be taken as done
     */
    public boolean receive(Session session, List<Found> found, Relay how, Provenance from) {
        return publisher.receive(session, found, how, from);
    }

    /** Waits until all that was given to the store is durable; false where it cannot be written at the moment. */
    public boolean durable() {
        return store.write(List.of()).await();
    }

    /** Makes held results of these leases visible, in this order; returns when that is durable, as {@link #land}. */
    public void release(List<String> leaseIds) {
        publisher.release(leaseIds);
    }

    /** Drops held results of these leases and frees their ranges; returns when that is durable, as {@link #land}. */
    public void discard(List<String> leaseIds) {
        publisher.discard(leaseIds);
    }

    /**
     * Ends a lease without a result: its range may be taken again. Nothing happens when it ended before. A head that is killed before this
     * is durable finds the lease still in flight.
     */
    public void giveBack(String leaseId) {
        publisher.giveBack(leaseId);
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
            all = registry.unended();
        }
        all.forEach(Session::expireIfDue);
        admit();
        failMisfits();
        purge();
    }

    /** Admits those whose turn has come. */
    private void admit() {
        synchronized (this) {
            if (line.isEmpty()) return;
        }
        Room.Look look = room.look();
        List<Session> admitted;
        synchronized (this) {
            admitted = line.admit(new RoomLeft(rules.maxSessions(), look, registry.running()));
        }
        admitted.forEach(this::begun);
    }

    private void begun(Session session) {
        LOG.log(System.Logger.Level.INFO, "session {0} has its turn after {1} s", session.id(), Long.toString(session.age().toSeconds()));
        tell(session);
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
        admission.close();
    }

    /** Whether this head started so lately that its devices may be still to come. */
    public boolean devicesCome() {
        return admission.devicesCome();
    }

    private synchronized boolean withdraw(Session session) {
        boolean withdrawn = session.withdraw();
        if (withdrawn) registry.purge(session);
        return withdrawn;
    }

    private StartOutcome notStored() {
        return new StartOutcome.NotStored(store.refusal().orElse("what was started could not be stored"));
    }

    private synchronized void purge() {
        registry.purgeOld();
    }

    /** A session ended or came back: others may have their turn, and devices work. */
    private void changed(Session session) {
        admit();
        tell(session);
    }

    private void tell(Session session) {
        listeners.forEach(listener -> listener.accept(session));
    }
}
