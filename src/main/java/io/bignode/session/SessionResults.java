package io.bignode.session;

import io.bignode.monitor.Work;
import io.bignode.protocol.Found;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.Provenance;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The leases of a session and what they came to: the ranges in flight, the results that are held, how much was computed and found.
 *
 * <p>Guarded by its session's lock, with which held every change is given to the store: {@link Sessions} restores, ends and lists leases by methods that
 * take the lock; the session calls the others and holds it. The ledger is shared with other sessions of the order: its monitor is taken within that
 * lock, and held from a change of the ledger until the store has that change.
 */
final class SessionResults {
    private static final System.Logger LOG = System.getLogger(Session.class.getName());

    /**
     * A result on its way.
     *
     * @param written told when it is durable
     * @param publish makes it visible, which is to be done then; takes the session's lock
     */
    record Landed(CommitTicket written, Runnable publish) {}

    private final Session session;
    private final SessionContext around;
    private final SessionLife life;
    private final NonceLedger ledger;
    private final FoundLog log;

    /** The leases that did not end, by their ids, in the order in which they were issued. */
    private final Map<String, LeasedRange> flights = new LinkedHashMap<>();

    /** The results among them that wait to be released. */
    private final Map<String, LeaseResult> held = new HashMap<>();

    /** Sums up the session's life. */
    private final SessionSummary summary;

    private long computed;
    private long deviceNanos;
    private long uncomputable;
    private @Nullable Instant firstFoundAt;

    /** That another node computes it; null where devices of this node do. */
    private @Nullable Relay relay;

    /** The leases that did not end, and those whose results are not visible yet. */
    private int inFlight;

    /** What the store has of it; its leases are {@linkplain #restore(LeasedRange) added}. */
    SessionResults(Session session, SessionLife life, SessionProgress progress, NonceLedger ledger, FoundLog log, SessionContext around) {
        this.session = session;
        this.life = life;
        this.ledger = ledger;
        this.log = log;
        this.around = around;
        this.summary = new SessionSummary(around.activity.deviceTime());
        this.computed = progress.computed();
        this.deviceNanos = progress.deviceNanos();
        this.uncomputable = progress.uncomputable();
        this.firstFoundAt = progress.firstFoundAt();
        this.relay = progress.relay();
    }

    /** Adds a lease in flight; the ledger has its range already. */
    void restore(LeasedRange flight) {
        synchronized (session) {
            flights.put(flight.leaseId(), flight);
            around.flying.put(flight.leaseId(), session);
            inFlight++;
        }
    }

    /** Adds a result that waits to be released. */
    void restore(LeaseResult landing) {
        synchronized (session) {
            held.put(landing.leaseId(), landing);
        }
    }

    /** How many nonces were computed, whether they count or not. */
    long computed() {
        return computed;
    }

    /** How many nonces cannot be computed: they came to nothing on two devices. */
    long uncomputable() {
        return uncomputable;
    }

    /** Whether no nonce is left to take; there may be again when a range comes back. */
    boolean exhausted() {
        return ledger.exhausted();
    }

    /** Whether every nonce of the order was computed, and every result is visible. */
    boolean isComplete() {
        return inFlight == 0 && computed > 0 && ledger.exhausted();
    }

    /** Whether it ended and nothing more comes: every lease ended, its result is visible, and another node that computes it is done. */
    boolean drained() {
        return life.status().ended() && inFlight == 0 && (relay == null || relay.over());
    }

    /** That another node computes it; empty where devices of this node do. */
    Optional<Relay> relay() {
        return Optional.ofNullable(relay);
    }

    /**
     * Gives the store what another node found, if anything, together with how far its results came.
     *
     * @return what remains to be done
     */
    Landed receive(List<Found> found, Relay how, Provenance from) {
        synchronized (session) {
            relay = how;
            inFlight++;
            if (found.isEmpty()) return new Landed(around.store.write(List.of(moved())), () -> publish(0, new Work(0, 0, 0), from));
            computed += found.size();
            if (firstFoundAt == null) firstFoundAt = around.clock.instant();
            long number = log.number(found.size());
            List<Change> changes = new ArrayList<>();
            changes.add(new Change.BatchFound(session.id(), number, found, from));
            changes.add(moved());
            changes.add(new Change.Worked(
                    session.order().epoch(), session.order().tenant(), from.device(), session.order().work().function(), found.size(), found.size(), 0));
            return new Landed(around.store.write(changes), () -> publish(number, new Work(found.size(), found.size(), 0), from));
        }
    }

    /** How many leases are with devices: those in flight that no result came for. */
    int withDevices() {
        return flights.size() - held.size();
    }

    /** Leases the lowest nonce range that is free; empty when there is none. */
    Optional<LeasedRange> take(String deviceId, int max, int batch) {
        return fly(deviceId, () -> ledger.take(max, batch, deviceId));
    }

    /** Leases a range that begins at a certain index where that one is free. */
    Optional<LeasedRange> takeFrom(long first, String deviceId, int max, int batch) {
        return fly(deviceId, () -> ledger.takeFrom(first, max, batch));
    }

    private Optional<LeasedRange> fly(String deviceId, Supplier<Optional<NonceRange>> take) {
        LeasedRange flight;
        synchronized (ledger) {
            Optional<NonceRange> range = take.get();
            if (range.isEmpty()) return Optional.empty();
            flight = new LeasedRange(around.newLeaseId(), session.id(), range.get(), deviceId, around.clock.instant());
            List<Change> changes = ledger.changes();
            changes.add(new Change.Leased(flight));
            around.store.write(changes);
        }
        restore(flight);
        return Optional.of(flight);
    }

    /**
     * Gives a lease's result to the store.
     *
     * @return what remains to be done; empty when the lease ended or has a held result already, and nothing changes
     */
    Optional<Landed> land(LeaseResult landing) {
        synchronized (session) {
            LeasedRange flight = flights.get(landing.leaseId());
            if (flight == null || held.containsKey(landing.leaseId())) return Optional.empty();
            if (landing.computed() > flight.range().count()) throw new IllegalArgumentException(landing.computed() + " of " + flight);
            if (!landing.held()) return Optional.of(end(flight, landing, List.of()));
            held.put(landing.leaseId(), landing);
            return Optional.of(new Landed(around.store.write(List.of(new Change.ResultHeld(landing))), () -> {}));
        }
    }

    /** Gives a held result to the store for good; empty when there is none. */
    Optional<Landed> release(String leaseId) {
        synchronized (session) {
            LeaseResult landing = held.remove(leaseId);
            LeasedRange flight = flights.get(leaseId);
            if (landing == null || flight == null) return Optional.empty();
            return Optional.of(end(flight, landing.released(), List.of(new Change.HoldEnded(leaseId))));
        }
    }

    /** Ends a lease without a result, a held one is dropped: its range may be taken again. Nothing happens when it ended before. */
    Optional<Landed> giveBack(String leaseId) {
        synchronized (session) {
            LeasedRange flight = flights.get(leaseId);
            if (flight == null) return Optional.empty();
            List<Change> hold = held.remove(leaseId) == null ? List.of() : List.of(new Change.HoldEnded(leaseId));
            LeaseResult nothing = new LeaseResult(leaseId, 0, List.of(), 0, Provenance.of(flight.deviceId()), false);
            return Optional.of(end(flight, nothing, hold));
        }
    }

    /** The lease of this id, whether a result waits for it or not; empty when it ended. */
    Optional<LeasedRange> flight(String leaseId) {
        return Optional.ofNullable(flights.get(leaseId));
    }

    /** The leases in flight that no result came for. */
    List<LeasedRange> flights() {
        synchronized (session) {
            return flights.values().stream().filter(flight -> !held.containsKey(flight.leaseId())).toList();
        }
    }

    /** The results that wait to be released. */
    List<LeaseResult> held() {
        synchronized (session) {
            return List.copyOf(held.values());
        }
    }

    private Landed end(LeasedRange flight, LeaseResult result, List<Change> more) {
        flights.remove(flight.leaseId());
        around.flying.remove(flight.leaseId());
        synchronized (ledger) {
            int again = ledger.land(flight.range(), result.computed(), flight.deviceId(), result.uncomputed());
            List<Change> changes = ledger.changes();
            LeaseResult landing = result.without(again);
            count(landing, result.uncomputed().size() - again);
            int nonces = landing.found().size();
            long number = nonces == 0 ? 0 : log.number(nonces);
            changes.addAll(more);
            changes.add(new Change.LeaseEnded(flight.leaseId()));
            if (number > 0) changes.add(new Change.BatchFound(session.id(), number, landing.found(), landing.provenance()));
            if (landing.computed() > 0) {
                changes.add(moved());
                changes.add(new Change.Worked(
                        session.order().epoch(), session.order().tenant(), landing.provenance().device(), session.order().work().function(), landing.computed(),
                        nonces, landing.deviceNanos()));
            }
            return new Landed(around.store.write(changes), () -> publish(number, landing));
        }
    }

    private void count(LeaseResult landing, int hopeless) {
        computed += landing.computed();
        if (landing.computed() > 0) deviceNanos += landing.deviceNanos();
        if (!landing.found().isEmpty() && firstFoundAt == null) firstFoundAt = around.clock.instant();
        uncomputable += hopeless;
        if (hopeless == 0) return;
        LOG.log(System.Logger.Level.WARNING, "session {0}: {1} nonces cannot be computed: they came to nothing on two devices", session.id(), hopeless);
    }

    private void publish(long number, LeaseResult landing) {
        publish(number, new Work(landing.computed(), landing.found().size(), landing.deviceNanos()), landing.provenance());
    }

    private void publish(long number, Work work, Provenance from) {
        Optional<SessionSummary.Summary> line;
        synchronized (session) {
            if (number > 0) log.publish(number, Math.toIntExact(work.found()));
            inFlight--;
            if (work.computed() > 0) around.activity.worked(session.id(), from.device(), work);
            session.delivery().wake();
            line = summary();
        }
        line.ifPresent(summed -> summed.log(LOG));
    }

    /** How far the session got, for the store. */
    Change moved() {
        return new Change.SessionMoved(session.id(), life.progress(computed, log, deviceNanos, uncomputable, firstFoundAt, relay));
    }

    /** Sums up the session's life, once nothing more will come; a session of which nothing came under this head is not summed up again. */
    Optional<SessionSummary.Summary> summary() {
        if (!drained()) return Optional.empty();
        Optional<Duration> firstBatch = Optional.ofNullable(firstFoundAt).map(life::ageAt);
        SessionSummary.Figures figures = new SessionSummary.Figures(computed, log.total(), log.settledNonces(), deviceNanos, firstBatch);
        return summary.summary(session.id(), session.order().tenant(), life.status(), figures, around.activity.deviceTime());
    }
}
