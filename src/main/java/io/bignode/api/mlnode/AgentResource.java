package io.bignode.api.mlnode;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.api.delegation.StartRequest;
import io.bignode.api.operator.FleetView;
import io.bignode.api.operator.Overview;
import io.bignode.delivery.CallbackHosts;
import io.bignode.delivery.Delivery;
import io.bignode.delivery.PollOutcome;
import io.bignode.http.Answer;
import io.bignode.http.Problem;
import io.bignode.http.ProblemException;
import io.bignode.http.Reply;
import io.bignode.http.Request;
import io.bignode.http.Route;
import io.bignode.http.Route.Credential;
import io.bignode.json.Fault;
import io.bignode.json.InvalidDocumentException;
import io.bignode.json.JsonFields;
import io.bignode.proof.ProofFunction;
import io.bignode.proof.ProofRequest;
import io.bignode.protocol.Found;
import io.bignode.session.Batches;
import io.bignode.session.Order;
import io.bignode.session.Session;
import io.bignode.session.SessionStore.StoreException;
import io.bignode.session.Sessions;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.IntSupplier;

/**
 * What an agent asks of this node besides a small node's calls: single requests, results as devices reported them, and what this node is. An agent poses as an
 * ML node elsewhere and has this node compute. Thread safe.
 */
public final class AgentResource {
    private static final Duration RETRY = Duration.ofSeconds(2);
    private static final int MAX_ID = 128;
    private static final String BATCH = "batch";
    private static final String CALLBACK = "callback_url";

    private final ProofFunction function;
    private final Sessions sessions;
    private final Delivery delivery;
    private final IntSupplier devices;
    private final CallbackHosts hosts;
    private final FleetView fleet;
    private final InferenceServers inference;

    /**
     * Answers for these sessions.
     *
     * @param devices   how many devices serve now
     * @param hosts     who may be called back
     * @param inference who answers calls for inference
     */
    public AgentResource(
            ProofFunction function, Sessions sessions, Delivery delivery, IntSupplier devices, CallbackHosts hosts, FleetView fleet,
            InferenceServers inference) {
        this.function = function;
        this.sessions = sessions;
        this.delivery = delivery;
        this.devices = devices;
        this.hosts = hosts;
        this.fleet = fleet;
        this.inference = inference;
    }

    /**
     * Every path.
     *
     * @param root what each begins with
     */
    public List<Route> routes(String root) {
        return List.of(
                new Route("POST", root + "/request", Credential.BEARER, this::request),
                new Route("GET", root + "/found/{session_id}", Credential.BEARER, this::found),
                new Route("GET", root + "/node", Credential.BEARER, this::node));
    }

    /** Takes a request that one device is to answer as a whole. The same id again is the same request, whatever became of it. */
    private void request(Request request, Reply reply) throws ProblemException, IOException {
        String id = request.query().value("order_id").filter(text -> !text.isEmpty() && text.length() <= MAX_ID)
                .orElseThrow(() -> new ProblemException(Problem.invalid("order_id", "must have 1 to " + MAX_ID + " characters, other ones for each request")));
        Order order = MlNodeRequests.ahead(single(request), "request of an agent " + id);
        Optional<Session> before = sessions.list(request.tenant().name()).reversed().stream()
                .filter(session -> session.order().key().equals(order.key()) && (session.totalComputed() > 0 || !session.status().ended())).findFirst();
        Session session = before.isPresent() ? before.get() : MlNodeResource.session(sessions.start(order));
        reply.send(Answer.ok(json -> {
            json.writeStringField("session_id", session.id());
            json.writeStringField("status", session.status().wire());
        }));
    }

    private Order single(Request request) throws ProblemException, IOException {
        try {
            JsonNode document = request.document();
            StartRequest whole = StartRequest.parse(document, function::readRequest, hosts, CALLBACK);
            if (!document.path(BATCH).isObject()) return whole.order(request.tenant(), true, false);
            JsonFields fields = JsonFields.of(document.get(BATCH));
            ProofRequest batch = function.readRequest(whole.proof().work(), fields);
            fields.check();
            return new StartRequest(batch, 1, whole.callback()).order(request.tenant(), true, false);
        } catch (InvalidDocumentException invalid) {
            throw new ProblemException(Problem.invalid(invalid.faults()));
        }
    }

    /** Answers a poll with what was found after a cursor, each nonce with its proof exactly as it was reported. */
    private void found(Request request, Reply reply) throws ProblemException, IOException, InterruptedException {
        Session session = sessions.find(request.tenant().name(), request.parameter())
                .orElseThrow(() -> new ProblemException(Problem.notFound("there is no such session of yours, or it was purged")));
        List<Fault> faults = new ArrayList<>();
        long after = number(request, "after", Long.MAX_VALUE, faults);
        long wait = number(request, "wait", 30, faults);
        if (!faults.isEmpty()) throw new ProblemException(Problem.invalid(faults));
        PollOutcome outcome;
        try {
            outcome = delivery.poll(session, OptionalLong.of(after), Duration.ofSeconds(wait), batches -> reply.send(answer(session, batches)));
        } catch (StoreException unreadable) {
            throw new ProblemException(Problem.unavailable("what was found cannot be read from the store at the moment; nothing of it is lost", RETRY));
        }
        if (outcome instanceof PollOutcome.UnknownCursor unknown) throw new ProblemException(Problem.invalid("after", unknown.detail()));
    }

    private static long number(Request request, String name, long max, List<Fault> faults) throws ProblemException {
        Optional<String> text = request.query().value(name);
        if (text.isEmpty()) return 0;
        if (text.get().matches("[0-9]{1,18}") && Long.parseLong(text.get()) <= max) return Long.parseLong(text.get());
        faults.add(new Fault(name, "must be a whole number from 0" + (max == Long.MAX_VALUE ? "" : " to " + max)));
        return 0;
    }

    private Answer answer(Session session, Batches batches) {
        Optional<String> waitingFor = sessions.turn(session).map(turn -> turn.obstacle().text());
        return Answer.ok(json -> {
            json.writeStringField("session_id", session.id());
            json.writeStringField("status", session.status().wire());
            json.writeBooleanField("session_active", batches.sessionActive());
            json.writeNumberField("cursor", batches.cursor());
            json.writeNumberField("seconds_left", session.timeLeft().toMillis() / 1000.0);
            if (session.error().isPresent()) json.writeStringField("error", session.error().get());
            Optional<String> attention = waitingFor.or(() -> session.attention().text());
            if (attention.isPresent()) json.writeStringField("attention", attention.get());
            json.writeArrayFieldStart("found");
            for (Found one : batches.found()) {
                json.writeStartArray();
                json.writeNumber(one.nonce());
                json.writeString(one.proof());
                json.writeEndArray();
            }
            json.writeEndArray();
        });
    }

    /** What this node is: its version and time, its devices, and the models that it answers inference on. */
    private void node(Request request, Reply reply) throws IOException {
        List<Overview.DeviceLine> all = fleet.devices();
        List<InferenceServers.Server> servers = inference.there();
        reply.send(Answer.ok(json -> {
            json.writeStringField("version", fleet.version());
            json.writeStringField("time", Instant.now().toString());
            json.writeNumberField("device_count", devices.getAsInt());
            json.writeArrayFieldStart("devices");
            for (int index = 0; index < all.size(); index++) MlNodeDevices.write(json, index, all.get(index));
            json.writeEndArray();
            json.writeBooleanField("inference", !inference.none());
            json.writeArrayFieldStart("models");
            for (InferenceServers.Server server : servers) json.writeString(server.model());
            json.writeEndArray();
        }));
    }
}
