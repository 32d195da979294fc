package io.bignode.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.poc.InvalidOrderException;
import io.bignode.poc.JsonFields;
import io.bignode.poc.ProofCheck;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code bignode verify}: a validator's verdict on a proof batch. */
@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        description = {
            "Computes a proof batch's nonces again and judges it as the network's validators do.",
            "Prints n, n_invalid, probability_honest and fraud_detected; exits with 1 when it is fraud."
        })
final class VerifyCommand implements Callable<Integer> {
    @Parameters(paramLabel = "BATCH.json", description = "A proof batch with params, r_target and fraud_threshold beside its own fields.")
    @SuppressWarnings("NullAway.Init")
    private Path file;

    @Override
    public Integer call() throws Exception {
        Case task;
        double rTarget;
        double fraudThreshold;
        try {
            JsonFields fields = JsonFields.of(Documents.read(file));
            task = Case.read(fields);
            rTarget = fields.number("r_target", 0, false, 2, null);
            fraudThreshold = fields.number("fraud_threshold", 0, true, 1, null);
            if (fields.clean()) {
                requireBatch(fields, task.nonces(), rTarget);
            }
            fields.check();
        } catch (InvalidOrderException invalid) {
            throw Documents.faulty(file, invalid);
        }
        ProofCheck check = ProofCheck.of(LocalDevice.distances(task), rTarget, fraudThreshold);
        ObjectNode answer = JsonNodeFactory.instance
                .objectNode()
                .put("n", task.nonces().size())
                .put("n_invalid", check.nInvalid())
                .put("probability_honest", check.probabilityHonest())
                .put("fraud_detected", check.fraudDetected());
        System.out.println(answer);
        return check.fraudDetected() ? ExitCode.CHECK_FAILED : ExitCode.OK;
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
