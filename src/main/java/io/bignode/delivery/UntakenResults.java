package io.bignode.delivery;

import io.bignode.monitor.Alarms;
import io.bignode.session.Session;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What callbacks did not take as long as it was of use to them. It is pushed no more and stays in the store; an alarm tells how much it is, and who did not take
 * it, until polls fetched it or it is purged. Thread safe.
 */
final class UntakenResults {
    private static final System.Logger LOG = System.getLogger(Push.class.getName());
    private static final String ALARM = "push/not-taken";
    private static final int NAMED = 4;

    /** So many nonces of a session, and where they were pushed to. */
    private record Untaken(long nonces, String url) {}

    private final Alarms alarms;
    private final Duration patience;

    /** Guarded by this object's monitor. */
    private final Map<Session, Untaken> sessions = new LinkedHashMap<>();

    UntakenResults(Alarms alarms, Duration patience) {
        this.alarms = alarms;
        this.patience = patience;
    }

    /** These many nonces of a session were not taken. */
    synchronized void add(Session session, CallbackUrl url, long nonces) {
        String text = nonces + " nonces were not taken by " + url + " within " + patience.toSeconds() + " s after its end and are not pushed any more";
        LOG.log(System.Logger.Level.WARNING, "session {0} of node {1}: {2}; they stay in the store until the session is purged", session.id(),
                Long.toString(session.order().nodeId()), text);
        session.attention().untaken(Optional.of(text));
        sessions.put(session, new Untaken(nonces, url.toString()));
        tell();
    }

    /** Nothing of a session is left that was not taken, or it is kept no more. */
    synchronized void remove(Session session) {
        session.attention().untaken(Optional.empty());
        sessions.remove(session);
        tell();
    }

    private void tell() {
        if (sessions.isEmpty()) {
            alarms.clear(ALARM);
            return;
        }
        String some = sessions.entrySet().stream().limit(NAMED)
                .map(one -> one.getValue().nonces() + " of session " + one.getKey().id() + " of node " + one.getKey().order().nodeId() + ", by "
                        + one.getValue().url())
                .collect(Collectors.joining("; "));
        String more = sessions.size() > NAMED ? "; and " + (sessions.size() - NAMED) + " more sessions" : "";
        long all = sessions.values().stream().mapToLong(Untaken::nonces).sum();
        alarms.raise(ALARM, all + " nonces were not taken within " + patience.toSeconds() + " s after their sessions' end and are not pushed any more: " + some + more,
                "look at those small nodes' callbacks; polls can fetch what was found until the sessions are purged");
    }
}
