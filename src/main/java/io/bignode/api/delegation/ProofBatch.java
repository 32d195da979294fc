package io.bignode.api.delegation;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.bignode.http.Answer;
import io.bignode.json.InvalidDocumentException;
import io.bignode.poc.ProofOrder;
import io.bignode.protocol.Found;
import io.bignode.session.Batches;
import io.bignode.session.Session;
import java.io.IOException;
import java.util.List;

/** The proof batch as small nodes read it, in a poll's answer and where it is pushed. */
public final class ProofBatch {
    private static final JsonMapper JSON = new JsonMapper();

    private ProofBatch() {}

    /** Everything found, as a document. */
    public static byte[] document(Session session, Batches batches) {
        return Answer.object(json -> write(session, batches.found(), json));
    }

    /** Writes the fields of the batch into an object that was begun. */
    static void write(Session session, List<Found> found, JsonGenerator json) throws IOException {
        ProofOrder order = order(session);
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

    private static ProofOrder order(Session session) {
        try {
            return ProofOrder.parse(JSON.readTree(session.order().work().body()));
        } catch (JsonProcessingException | InvalidDocumentException e) {
            throw new IllegalStateException(
                    "session " + session.id() + " holds an order that start would not have taken", e);
        }
    }
}
