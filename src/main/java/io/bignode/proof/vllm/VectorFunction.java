package io.bignode.proof.vllm;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.json.JsonFields;
import io.bignode.proof.ProofFunction;
import io.bignode.proof.ProofRequest;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Epoch;
import io.bignode.protocol.Found;
import io.bignode.protocol.WorkOrder;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.ConcurrentHashMap;

/** Vectors that vLLM backends compute on a model of theirs, as a head needs them: every nonce that has one counts. Its proof is {@code [artifact, encoding]}. */
public final class VectorFunction implements ProofFunction {
    private static final int MAX_BATCH_BYTES = 480 << 10;

    /** Far more than sessions are kept at a time. */
    private static final int REMEMBERED = 20_000;

    private final MatchRules rules;
    private final Map<WorkOrder, VectorOrder> orders = new ConcurrentHashMap<>();

    /** Vectors that are compared by the chain's own values. */
    public VectorFunction() {
        this(MatchRules.USUAL);
    }

    /** Vectors that are compared by these rules. */
    public VectorFunction(MatchRules rules) {
        this.rules = rules;
    }

    private VectorOrder order(WorkOrder work) {
        VectorOrder known = orders.get(work);
        return known == null ? remember(work, VectorOrder.of(work)) : known;
    }

    private VectorOrder remember(WorkOrder work, VectorOrder order) {
        if (orders.size() >= REMEMBERED) orders.clear();
        orders.put(work, order);
        return order;
    }

    @Override
    public String name() {
        return VectorOrder.FUNCTION;
    }

    @Override
    public boolean isMeant(JsonFields fields) {
        return VectorOrder.isMeant(fields);
    }

    @Override
    public ProofRequest read(JsonFields fields) {
        return read(VectorOrder.read(fields), fields);
    }

    @Override
    public ProofRequest readRequest(JsonFields fields) {
        return read(VectorOrder.read(fields).requesting(VectorRequests.read(fields)), fields);
    }

    private ProofRequest read(VectorOrder order, JsonFields fields) {
        // What cannot be taken is not remembered either.
        WorkOrder work = fields.clean() ? order.work() : new WorkOrder(name(), "", "");
        if (fields.clean()) remember(work, order);
        ObjectNode participant = JsonNodeFactory.instance.objectNode().put("public_key", order.publicKey()).put("node_id", order.nodeId());
        Epoch epoch = new Epoch(order.blockHeight(), order.blockHash());
        return new ProofRequest(work, epoch, order.nodeId(), order.identity(), participant, "of vectors of " + order.model());
    }

    @Override
    public ObjectNode request(WorkOrder work) {
        return order(work).document();
    }

    @Override
    public Optional<String> model(WorkOrder work) {
        return Optional.of(order(work).model());
    }

    @Override
    public List<String> changes(WorkOrder before, WorkOrder after) {
        return order(before).blockHeight() == order(after).blockHeight() ? List.of() : List.of("block_height");
    }

    /** One batch tells one encoding, and is far below what the network's node takes. */
    @Override
    public List<List<Found>> batches(WorkOrder work, List<Found> found) {
        if (order(work).request().isPresent()) return List.of(found);
        List<List<Found>> batches = new ArrayList<>();
        String encoding = "";
        int bytes = 0;
        for (Found one : found) {
            String own = VectorProof.of(one).encoding();
            bytes += one.proof().length();
            if (batches.isEmpty() || !own.equals(encoding) || bytes > MAX_BATCH_BYTES) {
                batches.add(new ArrayList<>());
                bytes = one.proof().length();
            }
            encoding = own;
            batches.getLast().add(one);
        }
        return batches;
    }

    @Override
    public boolean refusedForOne(WorkOrder work) {
        return order(work).request().isEmpty();
    }

    /** The network's node takes them for three minutes alone. */
    @Override
    public Duration maxPushPause(WorkOrder work) {
        return Duration.ofSeconds(10);
    }

    @Override
    public boolean pushEnds(WorkOrder work) {
        return true;
    }

    @Override
    public Optional<String> sessionField(WorkOrder work) {
        return order(work).request().map(_ -> "request_id");
    }

    @Override
    public String callbackPath(WorkOrder work) {
        return order(work).request().filter(VectorRequests::isValidation).isPresent() ? "/validated" : ProofFunction.super.callbackPath(work);
    }

    @Override
    public void writeBatch(WorkOrder work, List<Found> found, JsonGenerator json) throws IOException {
        order(work).writeSubject(json);
        if (order(work).request().isPresent()) {
            for (Found one : found) VectorRequests.write(proof(one), json);
            return;
        }
        json.writeArrayFieldStart("artifacts");
        for (Found one : found) json.writeRawValue(VectorProof.of(one).artifact());
        json.writeEndArray();
        if (!found.isEmpty()) {
            json.writeFieldName("encoding");
            json.writeRawValue(VectorProof.of(found.getFirst()).encoding());
        }
    }

    /** A proof that was checked when it came in. */
    private static JsonNode proof(Found found) {
        try {
            return VectorJson.MAPPER.readTree(found.proof());
        } catch (JsonProcessingException broken) {
            throw new IllegalStateException("the proof of nonce " + found.nonce() + " is not JSON", broken);
        }
    }

    @Override
    public Optional<String> fault(WorkOrder work, List<Found> found) {
        if (order(work).request().isPresent()) return VectorRequests.fault(found);
        boolean check = order(work).check().isPresent();
        for (Found one : found) {
            JsonNode proof = proof(one);
            Optional<String> fault = check ? Verdicts.fault(proof) : Artifacts.fault(proof.path(0), one.nonce());
            if (fault.isPresent()) return Optional.of("reported " + fault.get() + " for nonce " + one.nonce());
        }
        return Optional.empty();
    }

    @Override
    public WorkOrder check(WorkOrder work, List<Found> reported) {
        VectorOrder order = order(work);
        if (order.request().isPresent()) return work;
        List<JsonNode> artifacts = reported.stream().map(one -> proof(one).path(0)).toList();
        return order.checking(Verdicts.subject(artifacts, rules.distance(order.model()), rules)).work();
    }

    @Override
    public int minSample(WorkOrder work) {
        return order(work).request().isPresent() ? 1 : Verdicts.SAMPLE;
    }

    @Override
    public Optional<String> deviation(WorkOrder work, List<Found> reported, List<Found> checked) {
        return order(work).request().isPresent() ? VectorRequests.deviation(reported, checked) : Verdicts.deviation(reported, checked, rules);
    }

    @Override
    public OptionalDouble expectedShare(WorkOrder work) {
        return OptionalDouble.of(1);
    }

    @Override
    public long maxNonce(WorkOrder work) {
        return order(work).request().isPresent() ? Long.MAX_VALUE : VectorOrder.MAX_NONCE;
    }

    @Override
    public String stream(WorkOrder work) {
        VectorOrder order = order(work);
        if (order.request().isPresent()) return "";
        return JsonNodeFactory.instance.arrayNode().add(order.publicKey()).add(order.blockHash()).add(order.params()).toString();
    }

    @Override
    public Optional<String> refusal(DeviceOffer device, WorkOrder work) {
        String served = order(work).served();
        if (device.serves().equals(served)) return Optional.empty();
        return Optional.of(device.deviceId() + " does not serve " + order(work).model());
    }

    /** A backend may load the model at any time. */
    @Override
    public boolean mayCome(WorkOrder work) {
        return true;
    }

    /** A backend's lease is one call, during which nothing of it is reported. */
    @Override
    public boolean stretches(WorkOrder work) {
        return false;
    }
}
