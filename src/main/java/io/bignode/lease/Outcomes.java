package io.bignode.lease;

import io.bignode.session.LeaseResult;
import io.bignode.session.Session;
import io.bignode.session.Sessions;
import java.util.ArrayList;
import java.util.List;

/** The consequences of messages that are carried out without {@link Leases}' lock, as they wait for the store or call back. */
final class Outcomes {
    private record Broken(Session session, String reason) {}

    final List<LeaseResult> landings = new ArrayList<>();
    final List<String> released = new ArrayList<>();
    final List<String> discarded = new ArrayList<>();
    private final List<Broken> broken = new ArrayList<>();

    /** A session whose work cannot be done. */
    void fail(Session session, String reason) {
        broken.add(new Broken(session, reason));
    }

    /** Carries everything out; when this returns, results are durable. */
    void apply(Sessions sessions) {
        if (!landings.isEmpty()) sessions.land(landings);
        if (!discarded.isEmpty()) sessions.discard(discarded);
        if (!released.isEmpty()) sessions.release(released);
        broken.forEach(failure -> failure.session().fail(failure.reason()));
    }
}
