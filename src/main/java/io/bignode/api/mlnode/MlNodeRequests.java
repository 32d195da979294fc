package io.bignode.api.mlnode;

import io.bignode.api.delegation.StartRequest;
import io.bignode.delivery.CallbackHosts;
import io.bignode.http.Answer;
import io.bignode.http.Problem;
import io.bignode.http.ProblemException;
import io.bignode.http.Reply;
import io.bignode.http.Request;
import io.bignode.json.InvalidDocumentException;
import io.bignode.proof.ProofFunction;
import io.bignode.protocol.Found;
import io.bignode.protocol.NonceSequence;
import io.bignode.session.Order;
import io.bignode.session.Session;
import io.bignode.session.SessionStatus;
import io.bignode.session.Sessions;
import java.io.IOException;
import java.util.List;
import java.util.UUID;

/**
 * Single calls that a backend is to answer, most of them to validate what others computed. Each is an order of one piece of work, ahead of all stages: so its
 * answer is kept, pushed and found again as other results are. Thread safe.
 */
final class MlNodeRequests {
    /** The only nonce of such an order. The function takes no other this large, so that it also tells such orders from others. */
    private static final NonceSequence ONE = new NonceSequence(Long.MAX_VALUE, 1);

    /** How many times the share of a stage it has of the devices. */
    private static final double AHEAD = 1000;

    private static final String URL = "url";

    private final ProofFunction function;
    private final Sessions sessions;
    private final CallbackHosts hosts;

    MlNodeRequests(ProofFunction function, Sessions sessions, CallbackHosts hosts) {
        this.function = function;
        this.sessions = sessions;
        this.hosts = hosts;
    }

    /** Whether a session is one of a single call. */
    static boolean isRequest(Session session) {
        return session.order().nonces().equals(ONE);
    }

    /** Takes a call; its answer is pushed to where it says, and can be asked for. */
    void generate(Request request, Reply reply) throws ProblemException, IOException {
        Order order = order(request);
        Session session = MlNodeResource.session(sessions.start(order));
        int count = request.document().path("nonces").size();
        reply.send(Answer.ok(json -> {
            json.writeStringField("status", "queued");
            json.writeStringField("request_id", session.id());
            json.writeNumberField("queued_count", count);
        }));
    }

    private Order order(Request request) throws ProblemException, IOException {
        try {
            // Asked for again it is another one: the one before may have been answered, and is not computed twice.
            Order order = StartRequest.parse(request.document(), function::readRequest, hosts, URL).order(request.tenant(), true, false);
            return ahead(order, "request " + UUID.randomUUID());
        } catch (InvalidDocumentException invalid) {
            throw new ProblemException(Problem.invalid(invalid.faults()));
        }
    }

    /** The order as one of a single piece of work, ahead of all stages. */
    static Order ahead(Order order, String key) {
        return new Order(
                order.tenant(), key, ONE, order.nodeId(), order.work(), order.weight() * AHEAD, order.epoch(), order.callback(), "requests", order.terms());
    }

    /** Tells what became of a call. */
    void look(Request request, Reply reply) throws ProblemException, IOException {
        Session session = sessions.find(request.tenant().name(), request.parameter()).filter(MlNodeRequests::isRequest)
                .filter(one -> one.order().work().function().equals(function.name()))
                .orElseThrow(() -> new ProblemException(Problem.notFound("there is no request of this id, or it was purged")));
        List<Found> found = session.delivery().following(0).found();
        reply.send(Answer.ok(json -> {
            json.writeStringField("status", found.isEmpty() ? unanswered(session) : "completed");
            json.writeStringField("request_id", session.id());
            if (!found.isEmpty()) function.writeBatch(session.order().work(), found, json);
        }));
    }

    private static String unanswered(Session session) {
        SessionStatus status = session.status();
        return switch (status) {
            case INITIALIZING -> "queued";
            case GENERATING -> "running";
            case STOPPED -> "cancelled";
            case EXPIRED, ERROR -> "failed";
        };
    }
}
