package io.bignode.api.mlnode;

import com.fasterxml.jackson.core.JsonGenerator;
import io.bignode.api.delegation.StartRequest;
import io.bignode.api.operator.FleetView;
import io.bignode.delivery.CallbackHosts;
import io.bignode.http.Answer;
import io.bignode.http.Problem;
import io.bignode.http.ProblemException;
import io.bignode.http.Reply;
import io.bignode.http.Request;
import io.bignode.http.Route;
import io.bignode.http.Route.Credential;
import io.bignode.json.Fault;
import io.bignode.json.InvalidDocumentException;
import io.bignode.proof.ProofFunction;
import io.bignode.protocol.ProtocolVersion;
import io.bignode.session.Obstacle;
import io.bignode.session.Order;
import io.bignode.session.Session;
import io.bignode.session.Sessions;
import io.bignode.session.StartOutcome;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;

/**
 * The calls by which a network node drives an ML node, answered by this node: a start is an order that is pushed to where the call says. Every call
 * stands under {@code /mlnode/TOKEN}, with or without one more segment, as network nodes put the version of their program there. Nodes that name different
 * segments are different ML nodes of their owner. Thread safe.
 */
public final class MlNodeResource {
    /** Every path begins with it. */
    public static final String ROOT = "/mlnode";

    private static final String URL = "url";
    private static final Duration RETRY = Duration.ofSeconds(5);

    private final ProofFunction function;
    private final IntSupplier devices;
    private final CallbackHosts hosts;
    private final MlNodeRequests requests;
    private final MlNodeDevices gpus;
    private final MlNodeSessions own;
    private final FirstFunctionCalls first;
    private final MlNodeInference inference;

    /**
     * Answers for these sessions.
     *
     * @param parts   what is ordered, and who answers inference
     * @param devices how many devices serve now
     * @param hosts   who may be called back
     * @param fleet   what is shown of devices
     */
    public MlNodeResource(MlNodeParts parts, Sessions sessions, IntSupplier devices, CallbackHosts hosts, FleetView fleet) {
        this.function = parts.functions().vectors();
        this.own = new MlNodeSessions(sessions);
        this.first = new FirstFunctionCalls(parts.functions().first(), sessions, own, hosts);
        this.devices = devices;
        this.hosts = hosts;
        this.gpus = new MlNodeDevices(fleet);
        this.requests = new MlNodeRequests(function, sessions, hosts);
        this.inference = new MlNodeInference(parts.inference(), () -> sessions.leasable().stream().anyMatch(session -> MlNodeSessions.isStage(session, function.name())));
    }

    /** Where the calls stand, and by which credential. */
    private record Mount(String prefix, Credential credential) {}

    private static final List<Mount> WITH_TOKEN = List.of(
            new Mount(ROOT, Credential.BEARER), new Mount(ROOT + "/{token}", Credential.BEARER_OR_PATH),
            new Mount(ROOT + "/{token}/{version}", Credential.BEARER_OR_PATH));

    private static final List<Mount> LOCAL = List.of(
            new Mount("", Credential.LOCAL), new Mount("/{version}", Credential.LOCAL), new Mount("/{version}/{segment}", Credential.LOCAL));

    /** Every path. */
    public List<Route> routes() {
        return routes(WITH_TOKEN);
    }

    /** Every path as an ML node of the field has it, without a token: for an address that nobody else reaches. */
    public List<Route> localRoutes() {
        return routes(LOCAL);
    }

    private List<Route> routes(List<Mount> mounts) {
        Table routes = new Table(mounts, new ArrayList<>());
        routes.add("GET", "/api/v1/state", this::state);
        routes.add("POST", "/api/v1/stop", this::stopAll);
        routes.add("GET", "/api/v1/inference/pow/status", this::status);
        routes.add("POST", "/api/v1/inference/pow/init/generate", this::start);
        routes.add("POST", "/api/v1/inference/pow/stop", this::stop);
        routes.add("POST", "/api/v1/inference/pow/generate", requests::generate);
        routes.add("GET", "/api/v1/inference/pow/generate/{request_id}", requests::look);
        routes.add("GET", "/api/v1/pow/status", first::status);
        routes.add("POST", "/api/v1/pow/init/generate", first::initGenerate);
        routes.add("POST", "/api/v1/pow/init/validate", first::initValidate);
        routes.add("POST", "/api/v1/pow/phase/generate", first::phaseGenerate);
        routes.add("POST", "/api/v1/pow/phase/validate", first::phaseValidate);
        routes.add("POST", "/api/v1/pow/validate", first::validate);
        routes.add("POST", "/api/v1/pow/stop", first::stop);
        routes.add("GET", "/api/v1/gpu/devices", gpus::list);
        routes.add("POST", "/api/v1/inference/up", inference::up);
        routes.add("GET", "/v1/models", inference::models);
        routes.add("GET", "/api/v1/versions", MlNodeResource::versions);
        for (String absent : List.of("/api/v1/gpu/driver", "/api/v1/models/status", "/api/v1/models/list")) {
            routes.add("GET", absent, MlNodeResource::absent);
        }
        for (String probe : List.of("/health", "/livez", "/readyz")) routes.add("GET", probe, MlNodeResource::alive);
        // The last, as /api/v1/… looks like calls of inference of the version "api".
        for (String method : List.of("GET", "POST")) routes.add(method, "/v1/{call*}", MlNodeInference.MAX_BODY, inference::pass);
        return routes.routes();
    }

    /** The routes so far. */
    private record Table(List<Mount> mounts, List<Route> routes) {
        void add(String method, String path, long maxBody, Route.Resource resource) {
            for (Mount mount : mounts) routes.add(new Route(method, mount.prefix() + path, mount.credential(), maxBody, resource));
        }

        void add(String method, String path, Route.Resource resource) {
            add(method, path, Route.USUAL_BODY, resource);
        }
    }

    /** Callers take it for a call that is not implemented. */
    private static void absent(Request request, Reply reply) throws ProblemException {
        throw new ProblemException(Problem.notFound("this node does not answer this call of an ML node"));
    }

    private static void versions(Request request, Reply reply) throws IOException {
        reply.send(Answer.ok(json -> json.writeStringField("version", ProtocolVersion.program())));
    }

    private static void alive(Request request, Reply reply) throws IOException {
        reply.send(Answer.ok(json -> json.writeStringField("status", "healthy")));
    }

    private List<Session> running(Request request) {
        return own.running(request, function.name());
    }

    private void state(Request request, Reply reply) throws IOException {
        boolean computes = !running(request).isEmpty() || first.isActive(request);
        String state = computes ? "POW" : inference.serves(request) ? "INFERENCE" : "STOPPED";
        Optional<String> model = inference.loadedModel(request);
        reply.send(Answer.ok(json -> {
            json.writeStringField("state", state);
            json.writeStringField("version", ProtocolVersion.program());
            json.writeStringField("poc_status", state.equals("POW") ? "GENERATING" : "IDLE");
            json.writeBooleanField("inference_healthy", inference.isReachable());
            json.writeStringField("loaded_model", model.orElse(null));
        }));
    }

    private void status(Request request, Reply reply) throws IOException {
        int serving = devices.getAsInt();
        String status = serving == 0 ? "NO_BACKENDS" : running(request).isEmpty() ? "IDLE" : "GENERATING";
        reply.send(Answer.ok(json -> {
            json.writeStringField("status", status);
            backends(json, "backends", serving, status);
        }));
    }

    /** A caller counts them, and shows their numbers where an ML node has ports. */
    private static void backends(JsonGenerator json, String name, int serving, String status) throws IOException {
        json.writeArrayFieldStart(name);
        for (int number = 0; number < serving; number++) {
            json.writeStartObject();
            json.writeNumberField("port", number);
            json.writeStringField("status", status);
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void start(Request request, Reply reply) throws ProblemException, IOException {
        Session session = own.startStage(request, order(request));
        int serving = devices.getAsInt();
        reply.send(Answer.ok(json -> {
            json.writeStringField("status", "OK");
            json.writeStringField("session_id", session.id());
            json.writeNumberField("backends", serving);
            json.writeNumberField("n_groups", serving);
            backends(json, "results", serving, "OK");
        }));
    }

    /** The session of an order that was taken. */
    static Session session(StartOutcome outcome) throws ProblemException {
        return switch (outcome) {
            case StartOutcome.Started(Session started) -> started;
            case StartOutcome.Running(Session started) -> started;
            case StartOutcome.Redirected(Session started) -> started;
            case StartOutcome.Replaced(Session started, Session _) -> started;
            case StartOutcome.Refused(Obstacle.TooManySingle many, boolean _) -> throw new ProblemException(Problem.full(many.text(), RETRY));
            case StartOutcome.Refused(Obstacle obstacle, boolean _) -> throw new ProblemException(Problem.unavailable(obstacle.text(), RETRY));
            case StartOutcome.NotStored(String reason) ->
                throw new ProblemException(Problem.unavailable("the store cannot keep a new session at the moment: " + reason, RETRY));
            case StartOutcome.Closing _ -> throw new ProblemException(Problem.unavailable("this node is shutting down", RETRY));
        };
    }

    private Order order(Request request) throws ProblemException, IOException {
        try {
            StartRequest start = StartRequest.parse(request.document(), function::read, hosts, URL);
            if (start.callback().isEmpty()) throw new InvalidDocumentException(List.of(new Fault(URL, "is required")));
            return start.order(request.tenant(), true, false);
        } catch (InvalidDocumentException invalid) {
            throw new ProblemException(Problem.invalid(invalid.faults()));
        }
    }

    /** Ends what there is of either function. */
    private void stopAll(Request request, Reply reply) throws IOException {
        first.stop(request);
        stop(request, reply);
    }

    private void stop(Request request, Reply reply) throws IOException {
        for (Session session : running(request)) own.stop(session, "the network node ends the stage");
        reply.send(Answer.ok(json -> {
            json.writeStringField("status", "OK");
            backends(json, "results", devices.getAsInt(), "STOPPED");
        }));
    }
}
