package io.bignode.cli.rehearse;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.cli.rehearse.Observed.Verdict;
import io.bignode.cli.terminal.Finding;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What the validations of samples come to. */
final class VerdictJudgement {
    private static final String CHECK = "verdict";

    /** More than that not compared are no accident. */
    private static final double COMPARED = 0.9;

    private VerdictJudgement() {}

    static List<Finding> of(Observed seen) {
        Set<Finding> findings = new LinkedHashSet<>();
        for (Verdict verdict : seen.verdicts()) findings.add(of(seen, verdict));
        return List.copyOf(findings);
    }

    private static Finding of(Observed seen, Verdict verdict) {
        if (!verdict.asked().ok()) {
            return Finding.fail(CHECK, "the node does not take a validation (" + verdict.asked().refusal()
                    + "), and one that never validates costs its owner: raise DELEGATION_MAX_VALIDATIONS on the head where it is full, otherwise update it");
        }
        String looked = verdict.lookedUp().ok() ? verdict.lookedUp().text("status") : verdict.lookedUp().refusal();
        if (verdict.posted().isEmpty()) {
            return looked.equals("completed")
                    ? Finding.fail("callback", "a verdict was made and not posted to " + seen.plan().callback() + ": see the head's alarms, with bignode status")
                    : Finding.fail(CHECK, "no verdict came on a validation of what the node itself computed (" + looked + "): see bignode devices on the head");
        }
        JsonNode posted = verdict.posted().get();
        int total = posted.path("n_total").asInt();
        int mismatches = posted.path("n_mismatch").asInt();
        String text = String.format(Locale.ROOT, "%d of %d vectors match when they are computed again (p = %.2g)", total - mismatches, total,
                posted.path("p_value").asDouble());
        String fix = ": the backends do not agree; see that all have the same model, revision, precision and vLLM";
        if (posted.path("fraud_detected").asBoolean()) return Finding.fail(CHECK, text + ", which the chain takes for fraud" + fix);
        if (total < verdict.sample() * COMPARED) {
            return Finding.fail(CHECK, text + ", of " + verdict.sample() + " that were sent, the others have no finite vector (NaN)" + fix);
        }
        if (total < verdict.sample() || mismatches > 0) return Finding.warn(CHECK, text + ", of " + verdict.sample() + " that were sent" + fix);
        return looked.equals("completed") ? Finding.ok(CHECK, text) : Finding.warn(CHECK, text + ", but the request is not known as completed (" + looked
                + "): update the node");
    }
}
