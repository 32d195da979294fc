package io.bignode.api.delegation;

import io.bignode.http.Answer;
import io.bignode.proof.ProofFunction;
import io.bignode.session.Batches;
import io.bignode.session.Session;

/**
 * Writes what is handed out: everything found since, merged into one proof batch.
 *
 * @param function writes the batch
 */
public record BatchesAnswer(ProofFunction function) {
    /** The answer to a poll. */
    Answer of(Session session, Batches batches) {
        return Answer.ok(json -> {
            json.writeStringField("session_id", batches.sessionId());
            json.writeArrayFieldStart("batches");
            if (!batches.found().isEmpty()) {
                json.writeStartObject();
                function.writeBatch(session.order().work(), batches.found(), json);
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeBooleanField("session_active", batches.sessionActive());
            json.writeStringField("status", batches.status().wire());
            json.writeNumberField("total_batches_generated", batches.totalBatches());
            json.writeNumberField("cursor", batches.cursor());
        });
    }

    /** The proof batch alone, as a callback gets it. */
    public byte[] document(Session session, Batches batches) {
        return Answer.object(json -> function.writeBatch(session.order().work(), batches.found(), json));
    }
}
