package io.bignode.session;

import io.bignode.session.SessionView.Turn;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * The sessions that wait for their turn, first come first served. One that its own limit or its need of memory holds back does not hold back
 * those behind it. One that nobody polls is passed over, and stands at the end when it is polled again. Guarded by {@link Sessions}' lock.
 */
final class WaitingLine {
    /** How long devices that are all too small are given to be joined by larger ones: after a start the workers come one by one. */
    static final Duration DEVICES_COME = Duration.ofSeconds(30);

    /** With less left than this nothing would be found: the model's weights alone take longer. */
    private static final Duration WORTH_IT = Duration.ofSeconds(5);

    private final LongSupplier nanoTime;
    private final List<Session> line = new ArrayList<>();
    private final Map<Session, Obstacle> obstacles = new HashMap<>();

    /** Since when sessions fit none of the devices there are. */
    private final Map<Session, Long> misfits = new HashMap<>();

    private long lastPlace;

    /** Nobody waits. */
    WaitingLine(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Puts those at their places that wait according to the store. */
    void restore(Collection<Session> all) {
        all.stream().filter(Session::waiting).sorted(Comparator.comparingLong(Session::place)).forEach(line::add);
        if (!line.isEmpty()) lastPlace = line.getLast().place();
    }

    boolean isEmpty() {
        return line.isEmpty();
    }

    /** The place behind all others. */
    long nextPlace() {
        return ++lastPlace;
    }

    /** Adds a session at the place it has. */
    void add(Session session, Obstacle obstacle) {
        int index = line.size();
        while (index > 0 && line.get(index - 1).place() > session.place()) index--;
        line.add(index, session);
        obstacles.put(session, obstacle);
    }

    /** How many wait that somebody polls, of some orders. */
    int length(Predicate<Order> of) {
        return (int) line.stream().filter(session -> of.test(session.order()) && session.waiting() && !session.idling()).count();
    }

    /** Where a session stands; empty when it waits no more, or nobody polls it. */
    Optional<Turn> turn(Session session) {
        Obstacle obstacle = obstacles.get(session);
        if (obstacle == null || !session.waiting() || session.idling()) return Optional.empty();
        int before = 0;
        for (Session ahead : line) {
            if (ahead == session) break;
            if (ahead.waiting() && !ahead.idling()) before++;
        }
        return Optional.of(new Turn(before + 1, obstacle));
    }

    /** What each that waits waits for. */
    Map<Session, Turn> turns() {
        Map<Session, Turn> turns = new HashMap<>();
        for (Session session : line) {
            Obstacle obstacle = obstacles.get(session);
            if (obstacle != null && session.waiting() && !session.idling()) turns.put(session, new Turn(turns.size() + 1, obstacle));
        }
        return turns;
    }

    /**
     * Admits everybody there is room for.
     *
     * @param left what is left; less afterwards
     * @return who was admitted
     */
    List<Session> admit(RoomLeft left) {
        tidy();
        List<Session> admitted = new ArrayList<>();
        for (Session session : List.copyOf(line)) {
            if (session.idling() || !worthIt(session)) continue;
            Optional<Obstacle> obstacle = left.obstacle(session.order());
            if (obstacle.isPresent()) {
                obstacles.put(session, obstacle.get());
                if (obstacle.get() instanceof Obstacle.FitsNoDevice) misfits.putIfAbsent(session, nanoTime.getAsLong());
                else misfits.remove(session);
            } else if (session.admit()) {
                left.take(session.order());
                forget(session);
                line.remove(session);
                admitted.add(session);
            }
        }
        return admitted;
    }

    /** Whether enough of its life is left, or it never had more. */
    private static boolean worthIt(Session session) {
        Duration left = session.timeLeft();
        return left.compareTo(WORTH_IT) >= 0 || left.isPositive() && session.age().compareTo(left) <= 0;
    }

    /** Those that fit none of the devices there are, and have not for long enough. */
    Map<Session, Obstacle> hopeless() {
        Map<Session, Obstacle> hopeless = new HashMap<>();
        misfits.forEach((session, since) -> {
            Obstacle obstacle = obstacles.get(session);
            if (obstacle != null && nanoTime.getAsLong() - since >= DEVICES_COME.toNanos()) hopeless.put(session, obstacle);
        });
        return hopeless;
    }

    /** Lets go of those that ended, and sends those to the end who were not polled for a while and are again. */
    private void tidy() {
        List<Session> back = new ArrayList<>();
        for (Iterator<Session> all = line.iterator(); all.hasNext(); ) {
            Session session = all.next();
            if (!session.waiting()) {
                all.remove();
                forget(session);
            } else if (session.idling()) {
                session.losePlace();
            } else if (session.lostPlace()) {
                all.remove();
                back.add(session);
            }
        }
        for (Session session : back) {
            session.standAt(nextPlace());
            line.add(session);
        }
    }

    private void forget(Session session) {
        obstacles.remove(session);
        misfits.remove(session);
    }
}
