package io.bignode.api.mlnode;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.api.delegation.StartRequest;
import io.bignode.delivery.CallbackHosts;
import io.bignode.http.Answer;
import io.bignode.http.Problem;
import io.bignode.http.ProblemException;
import io.bignode.http.Reply;
import io.bignode.http.Request;
import io.bignode.json.Fault;
import io.bignode.json.InvalidDocumentException;
import io.bignode.json.JsonFields;
import io.bignode.monitor.LruMap;
import io.bignode.proof.ProofFunction;
import io.bignode.proof.ProofRequest;
import io.bignode.protocol.WorkOrder;
import io.bignode.session.Order;
import io.bignode.session.Session;
import io.bignode.session.SessionStatus;
import io.bignode.session.Sessions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;

/**
 * The calls of an ML node by which network nodes of chains that pay for the first function drive it ({@code /api/v1/pow/…}). Generating is a session that is
 * pushed to where the call says. Validating begins with a request that has the weights ready; each batch that is to be validated is a request of its own that
 * goes on with that one. So all of it is kept, computed, pushed and found again after a restart as other sessions are. Thread safe.
 */
final class FirstFunctionCalls {
    private static final String URL = "url";
    private static final String STRONGER_RNG = "poc_stronger_rng";
    private static final String PREPARATION = "preparation ";
    private static final String VALIDATION = "validation ";
    private static final int BAD_REQUEST = 400;

    /** How many ML nodes' orders are remembered, and how many validations that were ended. */
    private static final int REMEMBERED = 1000;

    /** In the words of the field. */
    private enum Phase { NOT_LOADED, GENERATING, VALIDATING }

    /** Which phase an ML node is in, and the session that says so. */
    private record State(Phase phase, Optional<Session> session) {
        private static final State NONE = new State(Phase.NOT_LOADED, Optional.empty());

        /** Whether a device has had the weights ready. */
        boolean isModelInitialized() {
            return session.filter(one -> one.status() == SessionStatus.GENERATING || one.totalComputed() > 0).isPresent();
        }

        void write(JsonGenerator json) throws IOException {
            json.writeStringField("status", phase.name());
            json.writeBooleanField("is_model_initialized", isModelInitialized());
        }
    }

    /** What an ML node was asked for last, in either phase. */
    private record Asked(Order generating, Order preparation) {}

    private final ProofFunction function;
    private final Sessions sessions;
    private final MlNodeSessions own;
    private final CallbackHosts hosts;

    /** By tenant and segment; a head that starts anew has nobody's until it is asked again. Guarded by itself. */
    private final Map<List<String>, Asked> asked = new LruMap<>(REMEMBERED);

    /** The ids of the preparations whose phase is over. A head that starts anew takes a phase that was stopped just before for going on. Guarded by itself. */
    private final Set<String> over = Collections.newSetFromMap(new LruMap<>(REMEMBERED));

    /**
     * Answers for these sessions.
     *
     * @param function what is ordered
     * @param own      the ML node's sessions among them
     * @param hosts    who may be called back
     */
    FirstFunctionCalls(ProofFunction function, Sessions sessions, MlNodeSessions own, CallbackHosts hosts) {
        this.function = function;
        this.sessions = sessions;
        this.own = own;
        this.hosts = hosts;
    }

    void status(Request request, Reply reply) throws IOException {
        State state = state(request);
        reply.send(Answer.ok(state::write));
    }

    /** Whether it generates or validates. */
    boolean isActive(Request request) {
        return state(request).phase() != Phase.NOT_LOADED;
    }

    /** The newest order tells, but for a validation's batches. */
    private State state(Request request) {
        List<Session> all = own.of(request, function.name());
        Optional<Session> newest = all.reversed().stream().filter(session -> !MlNodeRequests.isRequest(session) || isPreparation(session)).findFirst();
        if (newest.isEmpty()) return State.NONE;
        Session session = newest.get();
        if (!isPreparation(session)) return session.status().ended() ? State.NONE : new State(Phase.GENERATING, newest);
        // As long as any session may run: a network node that is gone ends no phase.
        Duration life = sessions.rules().life();
        return isOver(session) || session.age().compareTo(life) >= 0 ? State.NONE : new State(Phase.VALIDATING, newest);
    }

    private static boolean isPreparation(Session session) {
        return MlNodeRequests.isRequest(session) && session.order().key().startsWith(PREPARATION);
    }

    private boolean isOver(Session preparation) {
        synchronized (over) {
            return over.contains(preparation.id());
        }
    }

    void initGenerate(Request request, Reply reply) throws ProblemException, IOException {
        generate(request, reply, remember(request));
    }

    void initValidate(Request request, Reply reply) throws ProblemException, IOException {
        validatePhase(request, reply, remember(request));
    }

    void phaseGenerate(Request request, Reply reply) throws ProblemException, IOException {
        generate(request, reply, remembered(request));
    }

    void phaseValidate(Request request, Reply reply) throws ProblemException, IOException {
        validatePhase(request, reply, remembered(request));
    }

    private Asked remember(Request request) throws ProblemException, IOException {
        Asked orders = new Asked(order(request, function::read), order(request, function::readRequest));
        synchronized (asked) {
            asked.put(node(request), orders);
        }
        return orders;
    }

    private Asked remembered(Request request) throws ProblemException {
        synchronized (asked) {
            Asked orders = asked.get(node(request));
            if (orders == null) throw notRunning("call init/generate or init/validate first");
            return orders;
        }
    }

    private static List<String> node(Request request) {
        return List.of(request.tenant().name(), request.parameter());
    }

    /** As an ML node of the field says it. */
    private static ProblemException notRunning(String fix) {
        return new ProblemException(Problem.of(BAD_REQUEST, "Bad Request", "PoW is not running: " + fix));
    }

    private Order order(Request request, Function<JsonFields, ProofRequest> reader) throws ProblemException, IOException {
        try {
            StartRequest start = StartRequest.parse(request.document(), fields -> {
                // What it makes of the nonces nobody has told this program: distances without it would be wrong ones.
                if (fields.raw(STRONGER_RNG) != null && fields.flag(STRONGER_RNG, false)) fields.fault(STRONGER_RNG, "is not known for this function");
                return reader.apply(fields);
            }, hosts, URL);
            if (start.callback().isEmpty()) throw new InvalidDocumentException(List.of(new Fault(URL, "is required")));
            return start.order(request.tenant(), true, false);
        } catch (InvalidDocumentException invalid) {
            throw new ProblemException(Problem.invalid(invalid.faults()));
        }
    }

    private void generate(Request request, Reply reply, Asked orders) throws ProblemException, IOException {
        Session session = own.startStage(request, orders.generating());
        ok(reply, new State(Phase.GENERATING, Optional.of(session)));
    }

    /** Generating ends; a device has the weights ready before the first batch comes. */
    private void validatePhase(Request request, Reply reply, Asked orders) throws ProblemException, IOException {
        Optional<Session> before = validating(request).filter(session -> session.order().work().equals(orders.preparation().work()));
        Session session = before.isPresent() ? before.get() : prepare(request, orders.preparation());
        for (Session stage : own.running(request, function.name())) own.stop(stage, "the network node has others' batches validated");
        ok(reply, new State(Phase.VALIDATING, Optional.of(session)));
    }

    /** Asked for again after its end it is another one, as devices may have other weights by then. */
    private Session prepare(Request request, Order preparation) throws ProblemException {
        return own.start(request, MlNodeRequests.ahead(preparation, PREPARATION + UUID.randomUUID()));
    }

    private Optional<Session> validating(Request request) {
        State state = state(request);
        return state.phase() == Phase.VALIDATING ? state.session() : Optional.empty();
    }

    private static void ok(Reply reply, State state) throws IOException {
        reply.send(Answer.ok(json -> {
            json.writeStringField("status", "OK");
            if (state.session().isPresent()) json.writeStringField("session_id", state.session().get().id());
            json.writeObjectFieldStart("pow_status");
            state.write(json);
            json.writeEndObject();
        }));
    }

    /** Takes a batch of another participant. The same batch again is the same request, which has one verdict. */
    void validate(Request request, Reply reply) throws ProblemException, IOException {
        JsonNode document = request.document();
        Session prepared = validating(request).orElseThrow(() -> notRunning("no validation was asked for; call init/validate first"));
        try {
            JsonFields fields = JsonFields.of(document);
            ProofRequest proof = function.readRequest(prepared.order().work(), fields);
            fields.check();
            Order order = new StartRequest(proof, 1, prepared.order().callback()).order(request.tenant(), true, false);
            Order single = MlNodeRequests.ahead(order, VALIDATION + digest(proof.work()));
            Optional<Session> computed = own.of(request, function.name()).stream()
                    .filter(session -> session.order().key().equals(single.key()) && session.totalComputed() > 0).findFirst();
            Session session = computed.isPresent() ? computed.get() : own.start(request, single);
            reply.send(Answer.ok(json -> {
                json.writeStringField("status", "OK");
                json.writeStringField("request_id", session.id());
            }));
        } catch (InvalidDocumentException invalid) {
            throw new ProblemException(Problem.invalid(invalid.faults()));
        }
    }

    private static String digest(WorkOrder work) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(work.body().getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    void stop(Request request, Reply reply) throws IOException {
        stop(request);
        ok(reply, State.NONE);
    }

    /** Ends whatever phase there is, and the batches that no device computed yet: their verdicts would come too late. */
    void stop(Request request) {
        validating(request).ifPresent(session -> {
            synchronized (over) {
                over.add(session.id());
            }
        });
        synchronized (asked) {
            asked.remove(node(request));
        }
        for (Session session : own.of(request, function.name())) {
            if (!session.status().ended()) own.stop(session, "the network node ends the stage");
        }
    }
}
