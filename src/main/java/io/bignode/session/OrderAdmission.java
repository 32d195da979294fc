package io.bignode.session;

import java.util.List;
import java.util.Optional;

/**
 * Decides what becomes of an order: its session is there already, or one starts, waits for its turn, takes the place of another, or does not start. Guarded
 * by {@link Sessions}' lock; nothing here waits for the store.
 */
final class OrderAdmission {
    private final SessionContext around;
    private final SessionRegistry registry;
    private final WaitingLine line;
    private final long bornNanos;
    private boolean closed;

    /** Adds sessions to this registry, and to this line where they wait. */
    OrderAdmission(SessionContext around, SessionRegistry registry, WaitingLine line) {
        this.around = around;
        this.registry = registry;
        this.line = line;
        this.bornNanos = around.nanoTime.getAsLong();
    }

    /**
     * What became of an order, before it is durable.
     *
     * @param amendment what it changed of a session that was there before
     * @param admitted  whose turn came first
     */
    record Placed(StartOutcome outcome, Optional<Session.Amendment> amendment, List<Session> admitted) {
        private static Placed of(StartOutcome outcome) {
            return new Placed(outcome, Optional.empty(), List.of());
        }
    }

    /** Lets no new session start. */
    void close() {
        closed = true;
    }

    /** Finds the session of an order that runs or waits already; empty where the order needs another one. */
    Optional<Placed> again(Order order) {
        if (closed) return Optional.of(Placed.of(new StartOutcome.Closing()));
        return registry.unended(order).filter(same -> same.order().asksForTheSame(order)).map(same -> {
            Optional<Session.Amendment> amendment = same.amend(order);
            boolean redirected = amendment.filter(Session.Amendment::redirected).isPresent();
            return new Placed(redirected ? new StartOutcome.Redirected(same) : new StartOutcome.Running(same), amendment, List.of());
        });
    }

    /**
     * Finds the session of an order, or adds one where there is room or it may wait.
     *
     * @param look the devices of this moment
     */
    Placed place(Order order, Room.Look look) {
        Optional<Placed> again = again(order);
        if (again.isPresent()) return again.get();
        RoomLeft left = new RoomLeft(around.rules.maxSessions(), look, registry.running());
        // Waiting sessions come first, even where a place has just become free.
        List<Session> admitted = line.admit(left);
        return new Placed(place(order, left), Optional.empty(), admitted);
    }

    private StartOutcome place(Order order, RoomLeft left) {
        if (order.isSingle() && tooManySingle(order)) return new StartOutcome.Refused(new Obstacle.TooManySingle(around.rules.maxSingle()), false);
        Optional<Session> same = registry.unended(order);
        boolean runs = same.isPresent() && !same.get().waiting();
        Optional<Obstacle> obstacle = runs ? Optional.empty() : left.obstacle(order);
        if (same.isEmpty() && obstacle.isPresent() && !mayWait(order, obstacle.get())) {
            return new StartOutcome.Refused(obstacle.get(), order.terms().waits() && lineFull(order));
        }
        Optional<String> refusal = around.store.refusal();
        if (refusal.isPresent()) return new StartOutcome.NotStored(refusal.get());
        if (same.isEmpty()) return new StartOutcome.Started(add(order, line.nextPlace(), obstacle));
        // It takes the place of the session before it, also in the waiting line.
        long place = same.get().waiting() && !same.get().idling() ? same.get().place() : line.nextPlace();
        return new StartOutcome.Replaced(add(order, place, obstacle), same.get());
    }

    private boolean mayWait(Order order, Obstacle obstacle) {
        if (!order.terms().waits() || !order.isSingle() && lineFull(order)) return false;
        // An order that fits no device never runs; but soon after a start larger devices may still come.
        return !(obstacle instanceof Obstacle.FitsNoDevice) || devicesCome();
    }

    /** Whether this head started so lately that its devices may be still to come. Needs no lock. */
    boolean devicesCome() {
        return around.nanoTime.getAsLong() - bornNanos < WaitingLine.DEVICES_COME.toNanos();
    }

    /** Whether as many of its tenant's orders wait as may: nobody can take the places of others in the line. */
    private boolean lineFull(Order order) {
        return line.length(other -> other.tenant().equals(order.tenant()) && !other.isSingle()) >= around.rules.maxWaiting();
    }

    /** Whether as many of its tenant's orders of a single nonce are not done as may: stages take no notice of them. */
    private boolean tooManySingle(Order order) {
        long unended = registry.unended().stream().map(Session::order).filter(other -> other.isSingle() && other.tenant().equals(order.tenant())).count();
        return unended >= around.rules.maxSingle();
    }

    /** Adds a session, which waits at this place where there is an obstacle. */
    private Session add(Order order, long place, Optional<Obstacle> obstacle) {
        Session session = registry.add(order, obstacle.isPresent() ? place : 0);
        obstacle.ifPresent(reason -> line.add(session, reason));
        return session;
    }
}
