package io.bignode.api.delegation;

import io.bignode.delivery.Push;
import io.bignode.http.Answer;
import io.bignode.proof.ProofFunction;
import io.bignode.protocol.Found;
import io.bignode.session.Batches;
import io.bignode.session.Session;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Writes what is handed out: everything found since, merged into one proof batch.
 *
 * @param function writes the batch
 */
public record BatchesAnswer(ProofFunction function) implements Push.BatchBody {
    /** The answer to a poll. */
    Answer of(Session session, Batches batches) {
        return Answer.ok(json -> {
            json.writeStringField("session_id", batches.sessionId());
            json.writeArrayFieldStart("batches");
            if (!batches.found().isEmpty()) {
                for (List<Found> batch : batches(session, batches.found())) {
                    json.writeStartObject();
                    function.writeBatch(session.order().work(), batch, json);
                    json.writeEndObject();
                }
            }
            json.writeEndArray();
            json.writeBooleanField("session_active", batches.sessionActive());
            json.writeStringField("status", batches.status().wire());
            json.writeNumberField("total_batches_generated", batches.totalBatches());
            json.writeNumberField("cursor", batches.cursor());
        });
    }

    @Override
    public List<List<Found>> batches(Session session, List<Found> found) {
        return function.batches(session.order().work(), found);
    }

    @Override
    public String path(Session session) {
        return function.callbackPath(session.order().work());
    }

    @Override
    public Duration maxPause(Session session) {
        return function.maxPushPause(session.order().work());
    }

    @Override
    public boolean ends(Session session) {
        return function.pushEnds(session.order().work());
    }

    @Override
    public boolean refusedForOne(Session session) {
        return function.refusedForOne(session.order().work());
    }

    /** A proof batch alone, as a callback gets it. */
    @Override
    public byte[] of(Session session, List<Found> batch) {
        return Answer.object(json -> {
            Optional<String> named = function.sessionField(session.order().work());
            if (named.isPresent()) json.writeStringField(named.get(), session.id());
            function.writeBatch(session.order().work(), batch, json);
        });
    }
}
