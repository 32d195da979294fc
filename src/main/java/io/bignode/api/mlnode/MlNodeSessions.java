package io.bignode.api.mlnode;

import io.bignode.http.ProblemException;
import io.bignode.http.Request;
import io.bignode.monitor.LruMap;
import io.bignode.session.Order;
import io.bignode.session.Session;
import io.bignode.session.Sessions;
import io.bignode.session.StartOutcome;
import java.util.List;
import java.util.Map;

/**
 * The sessions that network nodes start here, by the segment of the path by which each calls: those that name different ones drive different ML nodes. Thread
 * safe.
 */
final class MlNodeSessions {
    private static final System.Logger LOG = System.getLogger(MlNodeSessions.class.getName());

    /** Far more than are kept at a time. */
    private static final int REMEMBERED = 20_000;

    private final Sessions sessions;

    /** The segment by which each session was started under this head; those of before that push are everybody's. Guarded by itself. */
    private final Map<String, String> segments = new LruMap<>(REMEMBERED);

    MlNodeSessions(Sessions sessions) {
        this.sessions = sessions;
    }

    /** The sessions of a function that whoever calls had this ML node start, running and ended, in the order of their start. */
    List<Session> of(Request request, String function) {
        List<Session> all = sessions.list(request.tenant().name());
        synchronized (segments) {
            return all.stream()
                    .filter(session -> session.order().work().function().equals(function) && session.order().callback().isPresent())
                    .filter(session -> segments.getOrDefault(session.id(), request.parameter()).equals(request.parameter()))
                    .toList();
        }
    }

    /** Those of its stages that go on. */
    List<Session> running(Request request, String function) {
        return of(request, function).stream().filter(session -> isStage(session, function) && !session.status().ended()).toList();
    }

    /** Whether a session is a stage of a function, and no single request. */
    static boolean isStage(Session session, String function) {
        return session.order().work().function().equals(function) && !MlNodeRequests.isRequest(session);
    }

    /** Starts a session, or finds the one that runs this order. */
    Session start(Request request, Order order) throws ProblemException {
        StartOutcome outcome = sessions.start(order);
        Session session = MlNodeResource.session(outcome);
        if (outcome instanceof StartOutcome.Started) {
            LOG.log(System.Logger.Level.INFO, "session {0} started by the ML node''s API for tenant {1}, node {2}, block {3}, from {4}", session.id(),
                    request.tenant().name(), Long.toString(order.nodeId()), Long.toString(order.epoch().blockHeight()), request.address());
        }
        synchronized (segments) {
            segments.put(session.id(), request.parameter());
        }
        return session;
    }

    /** The same for a stage, which ends the stages of other blocks that the same ML node is at. */
    Session startStage(Request request, Order order) throws ProblemException {
        Session session = start(request, order);
        for (Session other : sessions.list(request.tenant().name())) {
            if (isBefore(other, order)) stop(other, "another block, " + order.epoch().blockHeight() + ", is asked for");
        }
        return session;
    }

    private static boolean isBefore(Session session, Order order) {
        Order other = session.order();
        return !session.status().ended() && isStage(session, order.work().function()) && other.participant().equals(order.participant())
                && !other.epoch().blockHash().equals(order.epoch().blockHash());
    }

    /** Stops a session; what it found is pushed still. */
    void stop(Session session, String why) {
        sessions.stop(session.order().tenant(), session.id());
        LOG.log(System.Logger.Level.INFO, "session {0} is stopped: {1}; what it found is pushed still", session.id(), why);
    }
}
