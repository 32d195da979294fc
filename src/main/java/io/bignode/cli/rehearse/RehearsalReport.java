package io.bignode.cli.rehearse;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.cli.terminal.Finding;
import io.bignode.cli.terminal.Finding.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A rehearsal's outcome in words.
 *
 * @param findings all that was found
 */
record RehearsalReport(Observed seen, List<Finding> findings) {
    /** What every report says of what a rehearsal costs. */
    private static final String COST = "While it runs, a rehearsal takes the devices' time from real orders; its keys and its block begin with " + RehearsedKey.MARK + ".";

    RehearsalReport {
        findings = List.copyOf(findings);
    }

    /** Whether the stage would be counted. */
    boolean counted() {
        return findings.stream().noneMatch(finding -> finding.verdict() == Verdict.FAIL);
    }

    /** The checks of one outcome, each once. */
    private List<String> checks(Verdict verdict) {
        Set<String> checks = new LinkedHashSet<>();
        for (Finding finding : findings) if (finding.verdict() == verdict) checks.add(finding.check());
        return List.copyOf(checks);
    }

    private String outcome() {
        if (!counted()) return "would be counted: no, because of " + String.join(", ", checks(Verdict.FAIL));
        List<String> warned = checks(Verdict.WARN);
        return "would be counted: yes" + (warned.isEmpty() ? "" : "; look at " + String.join(", ", warned));
    }

    /** Lines for people. */
    List<String> lines(boolean colour) {
        List<String> lines = new ArrayList<>();
        findings.forEach(finding -> lines.add(finding.shown(colour)));
        lines.add("");
        if (!seen.starts().isEmpty()) {
            lines.add(String.format(Locale.ROOT, "nonces a minute   %.0f", seen.perMinute()));
            lines.add(String.format(Locale.ROOT, "expected          %d in a stage of %d s", seen.expected(), seen.plan().stage().toSeconds()));
            lines.add("first artifact    " + seen.first().map(first -> String.format(Locale.ROOT, "after %.1f s", first)).orElse("none came"));
            lines.add(String.format(Locale.ROOT, "early share       %.2f, of the keys %.2f", seen.earlyShare(), seen.keyShare()));
            lines.add("");
        }
        lines.add(COST);
        lines.add(outcome());
        return lines;
    }

    /** A document for programs. */
    ObjectNode document() {
        ObjectNode document = JsonNodeFactory.instance.objectNode().put("counted", counted()).put("address", seen.plan().address()).put("model", seen.plan().model());
        document.put("seconds", seen.seconds()).put("keys", seen.plan().keys());
        ArrayNode why = document.putArray("because");
        checks(Verdict.FAIL).forEach(why::add);
        document.put("artifacts", seen.count()).put("artifacts_after_stop", seen.all() - seen.count());
        document.put("nonces_per_minute", seen.perMinute()).put("expected", seen.expected()).put("stage_seconds", seen.plan().stage().toSeconds());
        document.put("first_artifact_seconds", seen.first().orElse(null)).put("early_share", seen.earlyShare()).put("key_share", seen.keyShare());
        ArrayNode verdicts = document.putArray("verdicts");
        seen.verdicts().forEach(verdict -> verdict.posted().ifPresent(posted -> verdicts.addObject().put("n_total", posted.path("n_total").asInt())
                .put("n_mismatch", posted.path("n_mismatch").asInt()).put("p_value", posted.path("p_value").asDouble())
                .put("fraud_detected", posted.path("fraud_detected").asBoolean())));
        ArrayNode checks = document.putArray("checks");
        for (Finding finding : findings) {
            checks.addObject().put("check", finding.check()).put("verdict", finding.verdict().name().toLowerCase(Locale.ROOT)).put("message", finding.message());
        }
        return document.put("cost", COST);
    }
}
