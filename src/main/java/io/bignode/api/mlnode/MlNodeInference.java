package io.bignode.api.mlnode;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.api.mlnode.InferenceServers.Server;
import io.bignode.http.Answer;
import io.bignode.http.Budget;
import io.bignode.http.ForwardException;
import io.bignode.http.Problem;
import io.bignode.http.ProblemException;
import io.bignode.http.Reply;
import io.bignode.http.Request;
import io.bignode.monitor.LruMap;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What an ML node serves between its stages: calls for inference are passed on to servers of the model, the least busy one first, and answered by them as they
 * would be without this node in between. While those compute a stage, they are refused as those would refuse them. Thread safe.
 */
final class MlNodeInference {
    /** Pictures come in the text of a call. */
    static final long MAX_BODY = 16 << 20;

    /** As long as a network node waits for an answer. */
    private static final Duration PATIENCE = Duration.ofMinutes(15);

    /** Calls of one tenant at a time, and of all. */
    private static final int MAX_OF_TENANT = 128;

    private static final int MAX_CALLS = 512;

    /** A stage takes minutes, and nobody is told when it ends. */
    private static final Duration STAGE_RETRY = Duration.ofSeconds(10);

    private static final Duration RETRY = Duration.ofSeconds(2);

    /** What follows {@code /v1/}: nothing that a server could take for a way out of there. */
    private static final Pattern CALL = Pattern.compile("(?!\\.)[A-Za-z0-9._-]+(?:/(?!\\.)[A-Za-z0-9._-]+)*");

    /** Calls that change a server for all who use it. */
    private static final Set<String> CHANGING = Set.of("load_lora_adapter", "unload_lora_adapter");

    /** Where a version may stand: what stands there in every other call of an ML node. */
    private static final String NO_VERSION = "api";

    private static final int REMEMBERED = 10_000;

    private final InferenceServers servers;
    private final BooleanSupplier stage;
    private final InferenceLoad load = new InferenceLoad(System::nanoTime);
    private final Budget<String> ofTenant = new Budget<>(MAX_OF_TENANT);
    private final Semaphore all = new Semaphore(MAX_CALLS);

    /** An ML node of a tenant: what stands between the token and the call. */
    private record Caller(String tenant, String segment) {
        static Caller of(Request request) {
            return new Caller(request.tenant().name(), request.parameter());
        }
    }

    /** The model that each ML node was told to serve; guarded by itself. */
    private final Map<Caller, String> wanted = new LruMap<>(REMEMBERED);

    /**
     * Passes calls on to these servers.
     *
     * @param stage whether any stage is being computed
     */
    MlNodeInference(InferenceServers servers, BooleanSupplier stage) {
        this.servers = servers;
        this.stage = stage;
    }

    /** Whether a server is there, a stage or not. */
    boolean isReachable() {
        return !servers.there().isEmpty();
    }

    /** Whether a call would be passed on now. */
    boolean serves(Request request) {
        return loadedModel(request).filter(model -> refusal(model).isEmpty()).isPresent();
    }

    /** The model that an ML node serves: the one that it was told to where that is served, otherwise that of the first server; empty where none is there. */
    Optional<String> loadedModel(Request request) {
        List<String> served = servers.there().stream().map(Server::model).toList();
        String told;
        synchronized (wanted) {
            told = wanted.get(Caller.of(request));
        }
        return told != null && served.contains(told) ? Optional.of(told) : served.stream().findFirst();
    }

    /** Why calls for a model are not passed on; empty where they are. */
    private Optional<Problem> refusal(String model) {
        if (servers.none()) {
            String fix = "set DELEGATION_INFERENCE_URL, or name the backends of its host in DELEGATION_BACKENDS";
            return Optional.of(Problem.unavailable("this node serves no inference: " + fix, RETRY));
        }
        List<Server> there = servers.there();
        if (there.isEmpty()) return Optional.of(Problem.unavailable("no server of inference answers this node", RETRY));
        if (there.stream().noneMatch(server -> server.model().equals(model))) {
            return Optional.of(Problem.unavailable("no server of inference that answers this node serves that model", RETRY));
        }
        boolean busy = servers.computeStages() && stage.getAsBoolean();
        return busy ? Optional.of(Problem.unavailable("the backends compute a stage of the proof of compute", STAGE_RETRY)) : Optional.empty();
    }

    /** Tells an ML node which model it is to serve from now on. */
    void up(Request request, Reply reply) throws ProblemException, IOException {
        JsonNode model = request.document().path("model");
        if (!model.isTextual() || model.textValue().isEmpty()) throw new ProblemException(Problem.invalid("model", "must be text"));
        Optional<Problem> refusal = refusal(model.textValue());
        if (refusal.isPresent()) throw new ProblemException(refusal.get());
        synchronized (wanted) {
            wanted.put(Caller.of(request), model.textValue());
        }
        reply.send(Answer.ok(json -> {
            json.writeStringField("status", "OK");
            json.writeStringField("model", model.textValue());
        }));
    }

    /** The models that are served, the ML node's own first, as a network node looks at the first. */
    void models(Request request, Reply reply) throws ProblemException, IOException {
        if (servers.none()) throw new ProblemException(Problem.notFound("this node serves no inference"));
        List<Server> there = servers.there();
        if (there.isEmpty()) throw new ProblemException(Problem.unavailable("no server of inference answers this node", RETRY));
        Set<String> models = new LinkedHashSet<>(Stream.concat(loadedModel(request).stream(), there.stream().map(Server::model)).toList());
        reply.send(Answer.ok(json -> {
            json.writeStringField("object", "list");
            json.writeArrayFieldStart("data");
            for (String model : models) {
                json.writeStartObject();
                json.writeStringField("id", model);
                json.writeStringField("object", "model");
                json.writeEndObject();
            }
            json.writeEndArray();
        }));
    }

    /** Passes a call on. */
    void pass(Request request, Reply reply) throws ProblemException, IOException, InterruptedException {
        String call = request.rest();
        if (request.parameter().equals(NO_VERSION)) throw new ProblemException(Problem.notFound("this node does not answer this call of an ML node"));
        if (!CALL.matcher(call).matches() || CHANGING.contains(call)) throw new ProblemException(Problem.notFound("there is no such call of inference here"));
        String model = loadedModel(request).orElse("");
        Optional<Problem> refusal = refusal(model);
        if (refusal.isPresent()) throw new ProblemException(refusal.get());
        String tenant = request.tenant().name();
        if (!ofTenant.take(tenant)) {
            throw new ProblemException(Problem.unavailable("as many calls of yours are being answered as may be: " + MAX_OF_TENANT, RETRY));
        }
        try {
            if (!all.tryAcquire()) throw new ProblemException(Problem.unavailable("as many calls are being answered as may be: " + MAX_CALLS, RETRY));
            try {
                pass(call, model, reply);
            } finally {
                all.release();
            }
        } finally {
            ofTenant.giveBack(tenant);
        }
    }

    /** Asks one server after the other until one takes the call. */
    private void pass(String call, String model, Reply reply) throws ProblemException, IOException, InterruptedException {
        List<Server> untried = new ArrayList<>(servers.there());
        untried.removeIf(server -> !server.model().equals(model));
        for (Optional<Server> next = load.begin(untried); next.isPresent(); next = load.begin(untried)) {
            Server server = next.get();
            try {
                reply.forward(target(server.url(), call), server.bearer(), MAX_BODY, PATIENCE);
                return;
            } catch (ForwardException failed) {
                load.failed(server);
                if (failed.reached()) throw new ProblemException(Problem.badGateway("the server of inference did not answer: " + failed.getMessage()));
                untried.remove(server);
            } finally {
                load.end(server);
            }
        }
        throw new ProblemException(Problem.unavailable("no server of inference takes this node's connections", RETRY));
    }

    private static URI target(URI server, String call) {
        return URI.create(server.toString().replaceAll("/+$", "") + "/v1/" + call);
    }
}
