package io.bignode.api.delegation;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.delivery.Delivery;
import io.bignode.delivery.PollOutcome;
import io.bignode.http.Answer;
import io.bignode.http.Problem;
import io.bignode.http.ProblemException;
import io.bignode.http.Reply;
import io.bignode.http.Request;
import io.bignode.http.Tenants;
import io.bignode.json.Fault;
import io.bignode.json.InvalidDocumentException;
import io.bignode.json.JsonFields;
import io.bignode.session.Session;
import io.bignode.session.SessionStatus;
import io.bignode.session.SessionStore.StoreException;
import io.bignode.session.SessionView.Turn;
import io.bignode.session.Sessions;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.IntSupplier;

/** Polls, shows and stops sessions. */
public final class SessionResource {
    private static final System.Logger LOG = System.getLogger(SessionResource.class.getName());
    private static final Duration RETRY = Duration.ofSeconds(2);

    /** How long a stream may be silent: shorter than proxies allow, and often enough to notice that a client is gone. */
    private static final Duration BEAT = Duration.ofSeconds(15);

    private final BatchesAnswer answers;
    private final Sessions sessions;
    private final Delivery delivery;
    private final IntSupplier devices;

    /** A resource over these sessions. */
    public SessionResource(BatchesAnswer answers, Sessions sessions, Delivery delivery, IntSupplier devices) {
        this.answers = answers;
        this.sessions = sessions;
        this.delivery = delivery;
        this.devices = devices;
    }

    /** Answers a poll, at once or once something was found. */
    public void poll(Request request, Reply reply) throws ProblemException, IOException, InterruptedException {
        Session session = find(request);
        List<Fault> faults = new ArrayList<>();
        OptionalLong after = PollQuery.after(request.query(), request.wantsEvents() ? request.lastEventId() : "", faults);
        Duration wait = PollQuery.wait(request.query(), faults);
        if (!faults.isEmpty()) throw new ProblemException(Problem.invalid(faults));
        PollOutcome outcome;
        try {
            if (request.wantsHeadAlone()) {
                reply.send(answers.of(session, session.delivery().unsettled()));
                return;
            }
            outcome = request.wantsEvents()
                    ? stream(session, after, reply)
                    : delivery.poll(session, after, wait, batches -> {
                        // Without a cursor what is written counts as handed out.
                        if (after.isEmpty() && !batches.found().isEmpty()) reply.requireClient();
                        reply.send(answers.of(session, batches));
                    });
        } catch (StoreException e) {
            LOG.log(System.Logger.Level.WARNING, "a poll of session {0} is refused: {1}", session.id(), e.getMessage());
            throw new ProblemException(Problem.unavailable("what was found cannot be read from the store at the moment; nothing of it is lost", RETRY));
        }
        switch (outcome) {
            case PollOutcome.Answered _ -> {}
            case PollOutcome.UnknownCursor unknown ->
                throw new ProblemException(Problem.invalid("after", unknown.detail()));
        }
    }

    private PollOutcome stream(Session session, OptionalLong after, Reply reply) throws IOException, InterruptedException {
        try (BatchStream stream = new BatchStream(answers, session, reply)) {
            return delivery.stream(session, after, BEAT, stream);
        }
    }

    /** Lists the tenant's sessions. */
    public void list(Request request, Reply reply) throws IOException {
        List<Session> own = sessions.list(request.tenant().name());
        list(own, maxSessionsOf(request.tenant()), own, this::describe, reply);
    }

    /**
     * The deployed dialect's list. A session that lingers is shown as active, as its small node sees it. A request without a token gets the counts of the
     * whole node and no session.
     */
    public void status(Request request, Reply reply) throws IOException {
        List<Session> counted = request.hasTenant() ? sessions.list(request.tenant().name()) : sessions.kept();
        int max = request.hasTenant() ? maxSessionsOf(request.tenant()) : sessions.rules().maxSessions();
        list(counted, max, request.hasTenant() ? counted : List.of(), this::describeAsDeployed, reply);
    }

    private int maxSessionsOf(Tenants.Tenant tenant) {
        return Math.min(tenant.maxSessions(), sessions.rules().maxSessions());
    }

    /** Writes a session's fields. */
    @FunctionalInterface
    private interface Description {
        void write(Session session, JsonGenerator json) throws IOException;
    }

    private static void list(List<Session> counted, int max, List<Session> shown, Description description, Reply reply) throws IOException {
        reply.send(Answer.ok(json -> {
            json.writeNumberField("total_sessions", counted.size());
            json.writeNumberField(
                    "active_sessions",
                    counted.stream().filter(session -> !session.status().ended()).count());
            json.writeNumberField("max_sessions", max);
            json.writeObjectFieldStart("sessions");
            for (Session session : shown) {
                json.writeObjectFieldStart(session.id());
                description.write(session, json);
                json.writeEndObject();
            }
            json.writeEndObject();
        }));
    }

    /** Shows one session. */
    public void detail(Request request, Reply reply) throws ProblemException, IOException {
        Session session = find(request);
        reply.send(Answer.ok(json -> {
            json.writeStringField("session_id", session.id());
            describe(session, json);
        }));
    }

    /** Stops the session that the path names. */
    public void stop(Request request, Reply reply) throws ProblemException, IOException {
        stop(request.tenant().name(), request.parameter(), reply);
    }

    /** The deployed dialect's stop, which names the session in the body. */
    public void stopNamed(Request request, Reply reply) throws ProblemException, IOException {
        String id;
        try {
            JsonNode document = request.document();
            JsonFields fields = JsonFields.of(document);
            id = fields.text("session_id", 256);
            fields.check();
        } catch (InvalidDocumentException e) {
            throw new ProblemException(Problem.invalid(e.faults()));
        }
        stop(request.tenant().name(), id, reply);
    }

    private void stop(String tenant, String id, Reply reply) throws ProblemException, IOException {
        Session session = sessions.stop(tenant, id).orElseThrow(SessionResource::unknown);
        String status = session.status().wire();
        reply.send(Answer.ok(json -> {
            json.writeStringField("session_id", session.id());
            json.writeStringField("status", status);
            json.writeStringField("message", "session is " + status + "; what it found can be read until it is purged");
            json.writeNumberField("total_batches_generated", session.totalBatches());
        }));
    }

    private Session find(Request request) throws ProblemException {
        return sessions.find(request.tenant().name(), request.parameter()).orElseThrow(SessionResource::unknown);
    }

    private static ProblemException unknown() {
        return new ProblemException(Problem.notFound("there is no such session of yours, or it ended long ago and was purged; GET"
                + " /api/v1/delegation/sessions lists those there are"));
    }

    private void describe(Session session, JsonGenerator json) throws IOException {
        json.writeNumberField("total_generated", session.totalGenerated());
        json.writeStringField("created_at", session.createdAt().toString());
        describeInCommon(session, session.status(), json);
    }

    /** The field's small nodes read the time as a number of seconds, and count batches. */
    private void describeAsDeployed(Session session, JsonGenerator json) throws IOException {
        json.writeNumberField("total_generated", session.totalBatches());
        json.writeNumberField("created_at", BigDecimal.valueOf(session.createdAt().toEpochMilli(), 3));
        describeInCommon(session, session.shownStatus(), json);
    }

    private void describeInCommon(Session session, SessionStatus status, JsonGenerator json) throws IOException {
        json.writeStringField("status", status.wire());
        json.writeBooleanField("session_active", session.active());
        json.writeNumberField("node_id", session.order().nodeId());
        json.writeStringField("function", session.order().work().function());
        Optional<String> model = answers.function().model(session.order().work());
        if (model.isPresent()) json.writeStringField("model", model.get());
        json.writeNumberField("gpu_count", devices.getAsInt());
        json.writeNumberField("total_computed", session.totalComputed());
        json.writeNumberField("total_batches_generated", session.totalBatches());
        json.writeNumberField("age_seconds", session.age().toMillis() / 1000.0);
        json.writeNumberField("seconds_left", session.timeLeft().toMillis() / 1000.0);
        Optional<Double> earlyShare = session.attention().earlyShare();
        if (earlyShare.isPresent()) json.writeNumberField("early_share", earlyShare.get());
        if (session.uncomputable() > 0) json.writeNumberField("total_uncomputable", session.uncomputable());
        Optional<Turn> turn = sessions.turn(session);
        if (turn.isPresent()) {
            json.writeNumberField("waiting_position", turn.get().position());
            json.writeStringField("waiting_for", turn.get().obstacle().text());
        }
        if (session.error().isPresent())
            json.writeStringField("error", session.error().get());
        Optional<String> attention = session.attention().text();
        if (attention.isPresent()) json.writeStringField("attention", attention.get());
    }
}
