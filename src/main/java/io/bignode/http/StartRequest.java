package io.bignode.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.poc.InvalidOrderException;
import io.bignode.poc.JsonFields;
import io.bignode.poc.ProofOrder;
import io.bignode.session.Epoch;
import io.bignode.session.NonceSequence;
import io.bignode.session.Order;
import io.bignode.session.WorkOrder;
import java.util.Optional;

/**
 * The body of a start request.
 *
 * @param proof     what to compute
 * @param nodeCount from one nonce to the next
 */
record StartRequest(ProofOrder proof, long nodeCount) {
    /**
     * Reads a body; fields it does not know are ignored.
     *
     * @throws InvalidOrderException with every fault
     */
    static StartRequest parse(JsonNode document) throws InvalidOrderException {
        JsonFields fields = JsonFields.of(document);
        ProofOrder proof = ProofOrder.read(fields);
        long nodeCount = fields.integer("node_count", 1, Long.MAX_VALUE);
        // Read for its faults alone: batches are as large as the polls are apart, and who checks them brings a
        // threshold of his own.
        fields.integer("batch_size", 1, Long.MAX_VALUE);
        fields.number("fraud_threshold", 0, true, 1, null);
        JsonNode callback = fields.raw("callback_url");
        if (callback != null && !callback.isNull()) {
            fields.fault("callback_url", "is not taken, pushing is off on this node: leave it out and poll");
        }
        fields.check();
        return new StartRequest(proof, nodeCount);
    }

    /** The order this request asks for. */
    Order order(String tenant) {
        ObjectNode identity = proof.toJson();
        // The same nonces of the same streams, whatever the height, the target or the field order of a retry.
        identity.remove("block_height");
        identity.remove("r_target");
        identity.put("node_count", nodeCount);
        WorkOrder work = new WorkOrder(
                ProofOrder.FUNCTION,
                proof.params().toJson().toString(),
                proof.toJson().toString());
        NonceSequence nonces = new NonceSequence(proof.nodeId(), nodeCount);
        Epoch epoch = new Epoch(proof.blockHeight(), proof.blockHash());
        return new Order(tenant, identity.toString(), nonces, proof.nodeId(), work, 1, epoch, Optional.empty());
    }
}
