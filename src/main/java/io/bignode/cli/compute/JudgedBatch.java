package io.bignode.cli.compute;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.json.InvalidDocumentException;
import io.bignode.json.JsonFields;
import io.bignode.poc.ProofCheck;
import io.bignode.poc.ProofOrder;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A proof batch with what it is judged by.
 *
 * @param task           its nonces, to be computed again
 * @param rTarget        a nonce is invalid above this
 * @param fraudThreshold the batch is fraud below this probability
 */
record JudgedBatch(Case task, double rTarget, double fraudThreshold) {
    /**
     * Reads a batch from its fields.
     *
     * @throws InvalidDocumentException with every fault
     */
    static JudgedBatch read(JsonFields fields) throws InvalidDocumentException {
        Case task = Case.read(fields);
        double rTarget = ProofOrder.readTarget(fields);
        double fraudThreshold = fields.number("fraud_threshold", 0, true, 1, null);
        if (fields.clean()) requireBatch(fields, task.nonces(), rTarget);
        fields.check();
        return new JudgedBatch(task, rTarget, fraudThreshold);
    }

    /** The verdict, from the validator's own distances. */
    ProofCheck check(List<Double> distances) {
        return ProofCheck.of(distances, rTarget, fraudThreshold);
    }

    /** A batch with a distance that does not count, or a nonce twice, is malformed: no validator computes it. */
    private static void requireBatch(JsonFields fields, List<Long> nonces, double rTarget) {
        JsonNode distances = fields.raw("dist");
        if (distances == null || !distances.isArray() || distances.size() != nonces.size()) {
            fields.fault("dist", "must be an array of one distance for each nonce");
            return;
        }
        Set<Long> seen = new HashSet<>();
        for (int i = 0; i < nonces.size(); i++) {
            if (!distances.get(i).isNumber() || !(distances.get(i).doubleValue() < rTarget) || distances.get(i).doubleValue() < 0) {
                fields.fault("dist[" + i + "]", "must be a number of at least 0 and below r_target");
            }
            if (!seen.add(nonces.get(i))) {
                fields.fault("nonces[" + i + "]", "must not occur twice");
            }
        }
    }
}
