package io.bignode.api.delegation;

import io.bignode.delivery.CallbackHosts;
import io.bignode.http.Answer;
import io.bignode.http.Problem;
import io.bignode.http.ProblemException;
import io.bignode.http.Query;
import io.bignode.http.Reply;
import io.bignode.http.Request;
import io.bignode.json.InvalidDocumentException;
import io.bignode.proof.ProofFunction;
import io.bignode.session.Obstacle;
import io.bignode.session.Order;
import io.bignode.session.Overlaps;
import io.bignode.session.Session;
import io.bignode.session.SessionView.Turn;
import io.bignode.session.Sessions;
import io.bignode.session.StartOutcome;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntSupplier;

/**
 * Starts sessions.
 *
 * <p>Small nodes of the field, who send their token in the body, ask once: what they are refused they never ask for again. So a sound order of
 * theirs waits for room, and for the store, and their sessions seem to go on after the end of the computing until the chain's own end of the
 * stage. Others are told when to ask again, or wait where they say so.
 */
public final class StartResource {
    /** How long a small node of the field is kept waiting for a store that cannot be written; it gives up after 30 s. */
    private static final Duration STORE = Duration.ofSeconds(20);

    private static final Duration STORE_LOOK = Duration.ofMillis(200);
    private static final String CALLBACK = "callback_url";
    private static final String UNUSED = "batch_size and fraud_threshold change nothing on this node";

    private final ProofFunction function;
    private final Overlaps overlaps;
    private final Sessions sessions;
    private final IntSupplier devices;
    private final CallbackHosts hosts;
    private final StartLog log = new StartLog(System::nanoTime);

    /** A resource that takes orders of this proof function. */
    public StartResource(ProofFunction function, Sessions sessions, IntSupplier devices, CallbackHosts hosts) {
        this.function = function;
        this.overlaps = new Overlaps(session -> function.stream(session.order().work()));
        this.sessions = sessions;
        this.devices = devices;
        this.hosts = hosts;
    }

    /** Answers a start, and logs it or its refusal. */
    public void start(Request request, Reply reply) throws ProblemException, IOException, InterruptedException {
        try {
            answered(request, reply);
        } catch (ProblemException refused) {
            log.refused(request.tenant().name(), request.address(), refused.problem());
            throw refused;
        }
    }

    private void answered(Request request, Reply reply) throws ProblemException, IOException, InterruptedException {
        StartRequest start = parse(request);
        boolean deployed = request.bodyToken().isPresent();
        Order order = start.order(request.tenant(), deployed || flag(request.query(), "queue"), deployed);
        if (flag(request.query(), "existing")) {
            reply.send(answer(existing(order), "this order was started before, in this session"));
            return;
        }
        StartOutcome outcome = sessions.start(order);
        long deadline = System.nanoTime() + STORE.toNanos();
        while (deployed && outcome instanceof StartOutcome.NotStored && System.nanoTime() - deadline < 0) {
            Thread.sleep(STORE_LOOK);
            outcome = sessions.start(order);
        }
        begun(outcome).ifPresent(session -> log.started(session, start.proof().summary(), sessions.turn(session), request.address()));
        switch (outcome) {
            case StartOutcome.Started(Session session) -> reply.send(answer(session, "session started"));
            case StartOutcome.Running(Session session) -> reply.send(answer(session, "this order runs already, in this session; " + UNUSED));
            case StartOutcome.Redirected(Session session) -> reply.send(answer(session, "this order runs already, in this session; " + redirected(session)));
            case StartOutcome.Replaced(Session session, Session before) -> reply.send(answer(session, replaced(session, before)));
            case StartOutcome.Refused(Obstacle obstacle, boolean lineFull) -> throw new ProblemException(problem(obstacle, lineFull));
            case StartOutcome.NotStored(String reason) ->
                throw new ProblemException(Problem.unavailable("the store cannot keep a new session at the moment: " + reason, RetryAfter.soon()));
            case StartOutcome.Closing _ -> throw new ProblemException(Problem.unavailable("this node is shutting down; its sessions go on when it is back",
                    RetryAfter.soon()));
        }
    }

    /** The session that is new; empty where there is none. */
    private static Optional<Session> begun(StartOutcome outcome) {
        return switch (outcome) {
            case StartOutcome.Started(Session session) -> Optional.of(session);
            case StartOutcome.Replaced(Session session, Session _) -> Optional.of(session);
            case StartOutcome.Running _, StartOutcome.Redirected _, StartOutcome.Refused _, StartOutcome.NotStored _, StartOutcome.Closing _ ->
                    Optional.empty();
        };
    }

    private StartRequest parse(Request request) throws ProblemException, IOException {
        try {
            return StartRequest.parse(request.document(), function::read, hosts, CALLBACK);
        } catch (InvalidDocumentException e) {
            throw new ProblemException(Problem.invalid(e.faults()));
        }
    }

    /** The newest session of an order, running or ended: whoever did not get the answer to a start asks for it. */
    private Session existing(Order order) throws ProblemException {
        return sessions.list(order.tenant()).reversed().stream().filter(session -> session.order().key().equals(order.key())).findFirst()
                .orElseThrow(() -> new ProblemException(Problem.notFound("there is no session of this order, or it was purged")));
    }

    private static boolean flag(Query query, String name) throws ProblemException {
        Optional<String> flag = query.value(name);
        if (flag.isEmpty() || flag.get().equals("false")) return false;
        if (flag.get().equals("true")) return true;
        throw new ProblemException(Problem.invalid(name, "must be true or false"));
    }

    private Problem problem(Obstacle obstacle, boolean lineFull) {
        if (lineFull) {
            String detail = obstacle.text() + ", and " + sessions.rules().maxWaiting() + " of yours wait for their turn already, which is the limit";
            return Problem.full(detail, RetryAfter.soon());
        }
        return switch (obstacle) {
            case Obstacle.NodeFull _, Obstacle.TenantFull _, Obstacle.TooManySingle _ -> Problem.full(obstacle.text(), RetryAfter.soon());
            case Obstacle.NoDevice _ when sessions.devicesCome() ->
                    Problem.unavailable(obstacle.text() + "; its devices are still being found", RetryAfter.atOnce());
            case Obstacle.NoDevice _ -> Problem.unavailable(obstacle.text() + "; the operator of this node sees why on its dashboard", RetryAfter.soon());
            case Obstacle.NoMemory _ -> Problem.unavailable(obstacle.text(), RetryAfter.soon());
            case Obstacle.FitsNoDevice(String sizes) -> Problem.invalid("params", "make a model that fits no device of this node: " + sizes);
        };
    }

    private static String redirected(Session session) {
        return session.order().callback().isPresent()
                ? "what was not handed out yet is pushed to the new callback_url from now on"
                : "nothing is pushed any more, as this start has no callback_url: poll for what was not handed out yet";
    }

    private String replaced(Session session, Session before) {
        List<String> changes = function.changes(before.order().work(), session.order().work());
        return String.join(" and ", changes) + " changed: this session goes on with the new values after the nonces of session " + before.id()
                + ", which was stopped; what that one found can still be read; " + UNUSED;
    }

    /** Warnings about orders of the same tenant that compute the same nonces; orders of other tenants are not mentioned. */
    private List<String> warnings(Session session) {
        List<Session> others = sessions.list(session.order().tenant()).stream()
                .filter(other -> !other.status().ended() || other.totalComputed() > 0)
                .toList();
        return overlaps.with(session, others).stream().map(other -> overlap(session, other)).toList();
    }

    private static String overlap(Session session, Session other) {
        return String.format(
                Locale.ROOT, "session %s of the same public_key and block_hash, node %d of %d, %s nonces of this one, node %d of %d: the chain counts a"
                        + " nonce once",
                other.id(), other.order().nodeId(), other.order().nonces().stride(), other.status().ended() ? "computed" : "computes",
                session.order().nodeId(), session.order().nonces().stride());
    }

    private Answer answer(Session session, String message) {
        Optional<Turn> turn = sessions.turn(session);
        String all = message + turn.map(it -> "; it waits for its turn, " + Ordinal.of(it.position()) + " in line: " + it.obstacle().text()).orElse("");
        List<String> warnings = warnings(session);
        return Answer.ok(json -> {
            json.writeStringField("session_id", session.id());
            json.writeStringField("status", session.shownStatus().wire());
            json.writeStringField("message", all);
            json.writeNumberField("gpu_count", devices.getAsInt());
            if (warnings.isEmpty()) return;
            json.writeArrayFieldStart("warnings");
            for (String warning : warnings) json.writeString(warning);
            json.writeEndArray();
        });
    }
}
