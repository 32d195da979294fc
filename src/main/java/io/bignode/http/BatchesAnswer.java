package io.bignode.http;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.bignode.poc.InvalidOrderException;
import io.bignode.poc.ProofOrder;
import io.bignode.session.Batches;
import io.bignode.session.Found;
import io.bignode.session.Session;
import java.io.IOException;
import java.util.List;

/** Writes what a poll hands out: everything found since, merged into one proof batch. */
final class BatchesAnswer {
    private static final JsonMapper JSON = new JsonMapper();

    private BatchesAnswer() {}

    static Answer of(Session session, Batches batches) {
        return Answer.ok(json -> {
            json.writeStringField("session_id", batches.sessionId());
            json.writeArrayFieldStart("batches");
            if (!batches.found().isEmpty()) writeBatch(order(session), batches.found(), json);
            json.writeEndArray();
            json.writeBooleanField("session_active", batches.sessionActive());
            json.writeStringField("status", batches.status().wire());
            json.writeNumberField("total_batches_generated", batches.totalBatches());
            json.writeNumberField("cursor", batches.cursor());
        });
    }

    private static void writeBatch(ProofOrder order, List<Found> found, JsonGenerator json) throws IOException {
        json.writeStartObject();
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
        json.writeEndObject();
    }

    private static ProofOrder order(Session session) {
        try {
            return ProofOrder.parse(JSON.readTree(session.order().work().body()));
        } catch (JsonProcessingException | InvalidOrderException e) {
            throw new IllegalStateException(
                    "session " + session.id() + " holds an order that start would not have taken", e);
        }
    }
}
