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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** The distances of a transformer whose weights are drawn from the block's hash, as a head needs them. */
public final class TransformerFunction implements ProofFunction {
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
        fields.number("fraud_threshold", 0, true, 1, null);
        ObjectNode identity = order.toJson();
        // The same nonces of the same streams, whatever the height, the target or the field order of a retry.
        identity.remove("block_height");
        identity.remove("r_target");
        ObjectNode participant = JsonNodeFactory.instance.objectNode().put("public_key", order.publicKey()).put("node_id", order.nodeId());
        ModelParams params = order.params();
        String summary = "of " + params.nLayers() + " layers of " + params.dim();
        // What cannot be taken is not remembered either.
        WorkOrder work = fields.clean() ? orders.of(order) : new WorkOrder(name(), "", "");
        return new ProofRequest(work, new Epoch(order.blockHeight(), order.blockHash()), order.nodeId(), identity, participant, summary);
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

    @Override
    public void writeBatch(WorkOrder work, List<Found> found, JsonGenerator json) throws IOException {
        ProofOrder order = orders.order(work);
        json.writeStringField("public_key", order.publicKey());
        json.writeStringField("block_hash", order.blockHash());
        json.writeNumberField("block_height", order.blockHeight());
        json.writeArrayFieldStart("nonces");
        for (Found nonce : found) json.writeNumber(nonce.nonce());
        json.writeEndArray();
        json.writeArrayFieldStart("dist");
        // The device's own digits, so that the reader gets the very double that was computed.
        for (Found nonce : found) json.writeNumber(nonce.proof());
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
        return OptionalDouble.of(orders.order(work).expectedShare());
    }

    @Override
    public String stream(WorkOrder work) {
        return orders.order(work).stream();
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
