package io.bignode.api.delegation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.delivery.CallbackHosts;
import io.bignode.delivery.CallbackUrl;
import io.bignode.http.Tenants.Tenant;
import io.bignode.json.InvalidDocumentException;
import io.bignode.json.JsonFields;
import io.bignode.poc.ProofOrder;
import io.bignode.protocol.Epoch;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.WorkOrder;
import io.bignode.session.Order;
import io.bignode.session.Terms;
import java.net.URI;
import java.util.Optional;

/**
 * The body of a start request.
 *
 * @param proof     what to compute
 * @param nodeCount from one nonce to the next
 * @param callback  where found batches are to be pushed
 */
record StartRequest(ProofOrder proof, long nodeCount, Optional<URI> callback) {
    /**
     * Reads a body; fields it does not know are ignored.
     *
     * @param hosts who may be called back
     * @throws InvalidDocumentException with every fault
     */
    static StartRequest parse(JsonNode document, CallbackHosts hosts) throws InvalidDocumentException {
        JsonFields fields = JsonFields.of(document);
        ProofOrder proof = ProofOrder.read(fields);
        long nodeCount = fields.integer("node_count", 1, Long.MAX_VALUE);
        // Read for its faults alone: batches are as large as the polls are apart, and who checks them brings a
        // threshold of his own.
        fields.integer("batch_size", 1, Long.MAX_VALUE);
        fields.number("fraud_threshold", 0, true, 1, null);
        Optional<URI> callback = callback(fields, hosts);
        fields.check();
        return new StartRequest(proof, nodeCount, callback);
    }

    /**
     * The order this request asks for.
     *
     * @param waits   whether it may wait for its turn
     * @param lingers whether its session is shown as active for a while after its end
     */
    Order order(Tenant tenant, boolean waits, boolean lingers) {
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
        String participant = JsonNodeFactory.instance
                .objectNode()
                .put("public_key", proof.publicKey())
                .put("node_id", proof.nodeId())
                .toString();
        Terms terms = new Terms(tenant.maxSessions(), waits, lingers);
        return new Order(tenant.name(), identity.toString(), nonces, proof.nodeId(), work, tenant.weight(), epoch, callback, participant, terms);
    }

    /** What is said of a faulty one holds nothing of it: its path may be a secret. */
    private static Optional<URI> callback(JsonFields fields, CallbackHosts hosts) {
        JsonNode value = fields.raw("callback_url");
        if (value == null || value.isNull()) return Optional.empty();
        if (hosts.none()) {
            fields.fault("callback_url", "is not taken, pushing is off on this node: leave it out and poll");
            return Optional.empty();
        }
        Optional<String> fault = value.isTextual() ? CallbackUrl.fault(value.textValue()) : Optional.of("must be text");
        if (fault.isPresent()) {
            fields.fault("callback_url", fault.get());
            return Optional.empty();
        }
        CallbackUrl url = new CallbackUrl(URI.create(value.textValue()));
        if (!hosts.allows(url.host(), url.port())) {
            fields.fault("callback_url", "names a host or port this node may not request: have it added to DELEGATION_CALLBACK_HOSTS, or poll");
            return Optional.empty();
        }
        return Optional.of(url.url());
    }
}
