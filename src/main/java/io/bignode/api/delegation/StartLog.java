package io.bignode.api.delegation;

import io.bignode.http.Problem;
import io.bignode.session.Excerpt;
import io.bignode.session.Session;
import io.bignode.session.SessionView.Turn;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.function.LongSupplier;

/** Logs starts: who got a session, and who was refused one and why. Safe for use by several threads. */
public final class StartLog {
    private static final System.Logger LOG = System.getLogger(StartLog.class.getName());

    /** Between two lines on the same refusal of the same tenant; small nodes ask again and again. */
    private static final long PERIOD_NANOS = Duration.ofMinutes(1).toNanos();

    /** Tenants times statuses; beyond that the oldest are forgotten. */
    private static final int MAX_REMEMBERED = 1000;

    private final LongSupplier nanoTime;
    private final LinkedHashMap<Refusal, Logged> logged = new LinkedHashMap<>();

    private record Refusal(String tenant, int status) {}

    /**
     * When a refusal was last logged.
     *
     * @param since how many like it have not been logged since
     */
    private record Logged(long atNanos, long since) {}

    /**
     * A log in which nothing stands yet.
     *
     * @param nanoTime the clock
     */
    StartLog(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /**
     * A session was started.
     *
     * @param model what it computes, in a few words
     * @param turn  its place in the line, where it waits
     */
    void started(Session session, String model, Optional<Turn> turn, String address) {
        LOG.log(
                System.Logger.Level.INFO, "session {0} started for tenant {1}, node {2}, block {3}, model {4}, from {5}{6}", session.id(),
                session.order().tenant(), Long.toString(session.order().nodeId()), Long.toString(session.order().epoch().blockHeight()),
                model, address,
                turn.map(it -> "; it waits for its turn: " + it.obstacle().text()).orElse(""));
    }

    /** A start was refused: told once a minute for each tenant and status, with how many more there were. */
    void refused(String tenant, String address, Problem problem) {
        Optional<Long> unlogged = note(new Refusal(tenant, problem.status()));
        if (unlogged.isEmpty()) return;
        LOG.log(
                System.Logger.Level.WARNING, "a start of tenant {0} from {1} is refused, status={2,number,0}: {3}{4}", tenant, address, problem.status(),
                Excerpt.of(problem.detail()), // an order can have many faults
                unlogged.get() == 0 ? "" : " (and " + unlogged.get() + " more since the last line about it)");
    }

    /** How many were left out since the last line; empty where this one is left out, too. */
    private synchronized Optional<Long> note(Refusal refusal) {
        long now = nanoTime.getAsLong();
        Logged before = logged.get(refusal);
        if (before != null && now - before.atNanos < PERIOD_NANOS) {
            logged.put(refusal, new Logged(before.atNanos, before.since + 1));
            return Optional.empty();
        }
        logged.remove(refusal);
        if (logged.size() >= MAX_REMEMBERED) logged.pollFirstEntry();
        logged.put(refusal, new Logged(now, 0));
        return Optional.of(before == null ? 0 : before.since);
    }
}
