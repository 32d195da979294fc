package io.bignode.api.delegation;

import io.bignode.http.Answer;
import io.bignode.session.Batches;
import io.bignode.session.Session;

/** Writes what a poll hands out: everything found since, merged into one proof batch. */
final class BatchesAnswer {
    private BatchesAnswer() {}

    static Answer of(Session session, Batches batches) {
        return Answer.ok(json -> {
            json.writeStringField("session_id", batches.sessionId());
            json.writeArrayFieldStart("batches");
            if (!batches.found().isEmpty()) {
                json.writeStartObject();
                ProofBatch.write(session, batches.found(), json);
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeBooleanField("session_active", batches.sessionActive());
            json.writeStringField("status", batches.status().wire());
            json.writeNumberField("total_batches_generated", batches.totalBatches());
            json.writeNumberField("cursor", batches.cursor());
        });
    }
}
