package io.bignode.http;

import io.bignode.delivery.CallbackHosts;
import io.bignode.poc.InvalidOrderException;
import io.bignode.poc.ProofOrder;
import io.bignode.session.Order;
import io.bignode.session.Session;
import io.bignode.session.Sessions;
import io.bignode.session.StartOutcome;
import java.io.IOException;
import java.time.Duration;
import java.util.function.IntSupplier;

/** Starts sessions. */
final class StartResource {
    private static final Duration RETRY = Duration.ofSeconds(10);

    private final Sessions sessions;
    private final Admission admission;
    private final IntSupplier devices;
    private final CallbackHosts hosts;

    StartResource(Sessions sessions, Admission admission, IntSupplier devices, CallbackHosts hosts) {
        this.sessions = sessions;
        this.admission = admission;
        this.devices = devices;
        this.hosts = hosts;
    }

    void start(Call call, Reply reply) throws ProblemException, IOException {
        StartRequest request = parse(call);
        Order order = request.order(call.tenant());
        // A retry of what runs is answered even where a new session would find no room.
        if (!runs(order)) admit(request.proof());
        switch (sessions.start(order, call.tenant().maxSessions())) {
            case StartOutcome.Started(Session session) -> reply.send(answer(session, "session started"));
            case StartOutcome.Running(Session session) ->
                reply.send(answer(session, "this order runs already, in this session"));
            case StartOutcome.Full(Duration retryAfter) -> {
                int own = Math.min(call.tenant().maxSessions(), sessions.rules().maxSessions());
                String detail = "as many sessions run as may: " + own + " of yours, " + sessions.rules().maxSessions() + " of all tenants";
                throw new ProblemException(Problem.full(detail, retryAfter));
            }
            case StartOutcome.NotStored(String reason) ->
                throw new ProblemException(Problem.unavailable("no new session can be kept at the moment: " + reason, RETRY));
            case StartOutcome.Closing _ ->
                throw new ProblemException(Problem.unavailable("this node is shutting down", RETRY));
        }
    }

    private StartRequest parse(Call call) throws ProblemException, IOException {
        try {
            return StartRequest.parse(call.document(), hosts);
        } catch (InvalidOrderException e) {
            throw new ProblemException(Problem.invalid(e.faults()));
        }
    }

    private boolean runs(Order order) {
        return sessions.list(order.tenant()).stream()
                .anyMatch(session -> session.order().key().equals(order.key())
                        && !session.status().ended());
    }

    private void admit(ProofOrder proof) throws ProblemException {
        Admission.Refusal refusal = admission.refusal(proof).orElse(null);
        switch (refusal) {
            case null -> {}
            case Admission.Refusal.TooLarge(String sizes) ->
                throw new ProblemException(
                        Problem.invalid("params", "make a model that fits no device of this node: " + sizes));
            case Admission.Refusal.NoDevice _ ->
                throw new ProblemException(Problem.unavailable("no device works at the moment", RETRY));
            case Admission.Refusal.NoRoom(String sizes, Duration retryAfter) ->
                throw new ProblemException(
                        Problem.unavailable("other sessions' models fill the memory: " + sizes, retryAfter));
        }
    }

    private Answer answer(Session session, String message) {
        return Answer.ok(json -> {
            json.writeStringField("session_id", session.id());
            json.writeStringField("status", session.status().wire());
            json.writeStringField("message", message);
            json.writeNumberField("gpu_count", devices.getAsInt());
        });
    }
}
