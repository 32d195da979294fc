package io.bignode.proof.transformer;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.json.JsonFields;
import io.bignode.poc.ModelParams;
import io.bignode.poc.ProofOrder;
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
import java.util.Optional;
import java.util.OptionalDouble;

/** The distances of a transformer whose weights are drawn from the block's hash, as a head needs them. */
public final class TransformerFunction implements ProofFunction {
    /** Stands for what cannot be taken. */
    private static final WorkOrder NONE = new WorkOrder(ProofOrder.FUNCTION, "", "");

    private static final Duration VERDICT_PAUSE = Duration.ofSeconds(10);

    private final WorkOrders orders = new WorkOrders();
    private final DistanceRules rules = new DistanceRules(orders);
    private final ModelSizes sizes = new ModelSizes(orders);

    @Override
    public String name() {
        return ProofOrder.FUNCTION;
    }

    @Override
    public ProofRequest read(JsonFields fields) {
        ProofOrder order = ProofOrder.read(fields);
        // Read for their faults alone: batches are as large as the polls are apart, and who checks them brings a threshold of his own.
        fields.integer("batch_size", 1, Long.MAX_VALUE);
        Validation.readThreshold(fields);
        // What cannot be taken is not remembered either.
        return request(order, fields.clean() ? orders.of(order) : NONE);
    }

    /** Reads an order to have the weights ready for validations, which has the fields of any other. */
    @Override
    public ProofRequest readRequest(JsonFields fields) {
        ProofOrder order = ProofOrder.read(fields);
        fields.integer("batch_size", 1, Long.MAX_VALUE);
        Validation validation = Validation.preparing(Validation.readThreshold(fields));
        return request(order, fields.clean() ? orders.of(order, validation) : NONE);
    }

    /** Reads a proof batch of another participant, which is to be of the block that the weights are of. */
    @Override
    public ProofRequest readRequest(WorkOrder before, JsonFields fields) {
        ProofOrder prepared = orders.order(before);
        double fraudThreshold = orders.validation(before).map(Validation::fraudThreshold).orElseThrow();
        String blockHash = fields.text("block_hash", ProofOrder.MAX_HASH);
        if (!blockHash.equals(prepared.blockHash())) fields.fault("block_hash", "must be that of the block that validation was asked for");
        long height = fields.integer("block_height", 0, Long.MAX_VALUE);
        if (height != prepared.blockHeight()) fields.fault("block_height", "must be that of the block that validation was asked for, " + prepared.blockHeight());
        String publicKey = fields.text("public_key", ProofOrder.MAX_KEY);
        long nodeId = fields.integer("node_id", 0, Long.MAX_VALUE, 0L);
        Validation validation = Validation.read(fields, fraudThreshold);
        ProofOrder order = new ProofOrder(prepared.blockHash(), prepared.blockHeight(), publicKey, nodeId, prepared.rTarget(), prepared.params());
        return request(order, fields.clean() ? orders.of(order, validation) : NONE);
    }

    private ProofRequest request(ProofOrder order, WorkOrder work) {
        ObjectNode identity = order.toJson();
        // The same nonces of the same streams, whatever the height, the target or the field order of a retry.
        identity.remove("block_height");
        identity.remove("r_target");
        ObjectNode participant = JsonNodeFactory.instance.objectNode().put("public_key", order.publicKey()).put("node_id", order.nodeId());
        ModelParams params = order.params();
        String summary = "of " + params.nLayers() + " layers of " + params.dim();
        return new ProofRequest(work, new Epoch(order.blockHeight(), order.blockHash()), order.nodeId(), identity, participant, summary);
    }

    @Override
    public ObjectNode request(WorkOrder work) {
        ProofOrder order = orders.order(work);
        Optional<Validation> validation = orders.validation(work);
        // Whoever computes has no use of either.
        double threshold = validation.map(Validation::fraudThreshold).orElse(0.0);
        ObjectNode request = order.toJson().put("batch_size", 1).put("fraud_threshold", threshold);
        if (validation.filter(one -> !one.prepares()).isEmpty()) return request;
        ObjectNode batch = validation.get().toJson().put("public_key", order.publicKey()).put("block_hash", order.blockHash())
                .put("block_height", order.blockHeight()).put("node_id", order.nodeId());
        request.set("batch", batch);
        return request;
    }

    @Override
    public List<String> changes(WorkOrder before, WorkOrder after) {
        ProofOrder was = orders.order(before);
        ProofOrder is = orders.order(after);
        List<String> changes = new ArrayList<>();
        if (was.rTarget() != is.rTarget()) changes.add("r_target");
        if (was.blockHeight() != is.blockHeight()) changes.add("block_height");
        return changes;
    }

    /** That the weights are ready is nobody's batch. */
    @Override
    public List<List<Found>> batches(WorkOrder work, List<Found> found) {
        return orders.validation(work).filter(Validation::prepares).isPresent() ? List.of() : List.of(found);
    }

    @Override
    public String callbackPath(WorkOrder work) {
        return orders.validation(work).isPresent() ? "/validated" : ProofFunction.super.callbackPath(work);
    }

    /** The network's node takes verdicts for a few minutes alone. */
    @Override
    public Duration maxPushPause(WorkOrder work) {
        return orders.validation(work).isPresent() ? VERDICT_PAUSE : ProofFunction.super.maxPushPause(work);
    }

    @Override
    public boolean pushEnds(WorkOrder work) {
        return orders.validation(work).isPresent();
    }

    @Override
    public void writeBatch(WorkOrder work, List<Found> found, JsonGenerator json) throws IOException {
        ProofOrder order = orders.order(work);
        Optional<Validation> validation = orders.validation(work);
        if (validation.isPresent()) {
            for (Found verdict : found) writeVerdict(order, validation.get(), ValidatedDistances.of(verdict), json);
            return;
        }
        // The device's own digits, so that the reader gets the very double that was computed.
        writeBatch(order, found.stream().map(Found::nonce).toList(), found.stream().map(Found::proof).toList(), json);
    }

    private static void writeVerdict(ProofOrder order, Validation validation, List<Double> distances, JsonGenerator json) throws IOException {
        writeBatch(order, validation.nonces(), distances.stream().map(distance -> Double.toString(distance)).toList(), json);
        validation.writeVerdict(order, distances, json);
    }

    private static void writeBatch(ProofOrder order, List<Long> nonces, List<String> distances, JsonGenerator json) throws IOException {
        json.writeStringField("public_key", order.publicKey());
        json.writeStringField("block_hash", order.blockHash());
        json.writeNumberField("block_height", order.blockHeight());
        json.writeArrayFieldStart("nonces");
        for (long nonce : nonces) json.writeNumber(nonce);
        json.writeEndArray();
        json.writeArrayFieldStart("dist");
        for (String distance : distances) json.writeNumber(distance);
        json.writeEndArray();
        json.writeNumberField("node_id", order.nodeId());
    }

    @Override
    public Optional<String> fault(WorkOrder work, List<Found> found) {
        return rules.fault(work, found);
    }

    @Override
    public Optional<String> deviation(WorkOrder work, List<Found> reported, List<Found> checked) {
        return rules.deviation(work, reported, checked);
    }

    @Override
    public OptionalDouble expectedShare(WorkOrder work) {
        return OptionalDouble.of(orders.validation(work).isPresent() ? 1 : orders.order(work).expectedShare());
    }

    @Override
    public String stream(WorkOrder work) {
        return orders.validation(work).isPresent() ? "" : orders.order(work).stream();
    }

    @Override
    public Optional<String> refusal(DeviceOffer device, WorkOrder work) {
        return sizes.refusal(device, work);
    }

    @Override
    public OptionalDouble operations(WorkOrder work) {
        return sizes.operations(work);
    }

    @Override
    public Optional<Shared> shared(WorkOrder work) {
        return Optional.of(sizes.pool(work));
    }
}
