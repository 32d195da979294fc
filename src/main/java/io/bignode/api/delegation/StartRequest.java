package io.bignode.api.delegation;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.delivery.CallbackHosts;
import io.bignode.delivery.CallbackUrl;
import io.bignode.http.Tenants.Tenant;
import io.bignode.json.InvalidDocumentException;
import io.bignode.json.JsonFields;
import io.bignode.proof.ProofRequest;
import io.bignode.protocol.NonceSequence;
import io.bignode.session.Order;
import io.bignode.session.Terms;
import java.net.URI;
import java.util.Optional;
import java.util.function.Function;

/**
 * The body of a start request.
 *
 * @param proof     what to compute, as the function read it
 * @param nodeCount from one nonce to the next
 * @param callback  where found batches are to be pushed
 */
public record StartRequest(ProofRequest proof, long nodeCount, Optional<URI> callback) {
    /**
     * Reads a body; fields it does not know are ignored.
     *
     * @param reader   reads what to compute
     * @param hosts    who may be called back
     * @param callback the name of the field with the address to push to
     * @throws InvalidDocumentException with every fault
     */
    public static StartRequest parse(JsonNode document, Function<JsonFields, ProofRequest> reader, CallbackHosts hosts, String callback) throws InvalidDocumentException {
        JsonFields fields = JsonFields.of(document);
        ProofRequest proof = reader.apply(fields);
        long nodeCount = fields.integer("node_count", 1, Long.MAX_VALUE);
        Optional<URI> url = callback(fields, hosts, callback);
        fields.check();
        return new StartRequest(proof, nodeCount, url);
    }

    /**
     * The order this request asks for.
     *
     * @param waits   whether it may wait for its turn
     * @param lingers whether its session is shown as active for a while after its end
     */
    public Order order(Tenant tenant, boolean waits, boolean lingers) {
        String key = proof.identity().deepCopy().put("node_count", nodeCount).toString();
        NonceSequence nonces = new NonceSequence(proof.nodeId(), nodeCount);
        Terms terms = new Terms(tenant.maxSessions(), waits, lingers);
        return new Order(
                tenant.name(), key, nonces, proof.nodeId(), proof.work(), tenant.weight(), proof.epoch(), callback, proof.participant().toString(), terms);
    }

    /** The message about a faulty one holds nothing of it: its path may be a secret. */
    private static Optional<URI> callback(JsonFields fields, CallbackHosts hosts, String name) {
        JsonNode value = fields.raw(name);
        if (value == null || value.isNull()) return Optional.empty();
        if (hosts.none()) {
            fields.fault(name, "is not taken, pushing is off on this node: leave it out and poll");
            return Optional.empty();
        }
        Optional<String> fault = value.isTextual() ? CallbackUrl.fault(value.textValue()) : Optional.of("must be text");
        if (fault.isPresent()) {
            fields.fault(name, fault.get());
            return Optional.empty();
        }
        CallbackUrl url = new CallbackUrl(URI.create(value.textValue()));
        if (!hosts.allows(url.host(), url.port())) {
            fields.fault(name, "names a host or port this node may not request: have it added to DELEGATION_CALLBACK_HOSTS, or poll");
            return Optional.empty();
        }
        return Optional.of(url.url());
    }
}
