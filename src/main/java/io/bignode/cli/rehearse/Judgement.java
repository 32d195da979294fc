package io.bignode.cli.rehearse;

import io.bignode.cli.terminal.Finding;
import io.bignode.cli.terminal.UrlToken;
import java.util.ArrayList;
import java.util.List;

/** All that a rehearsal finds. */
final class Judgement {
    private Judgement() {}

    /** Every finding; a stage would be counted where none of them is a failure. */
    static List<Finding> of(Observed seen) {
        List<Finding> findings = new ArrayList<>(NodeJudgement.of(seen));
        findings.addAll(seen.given());
        if (!seen.starts().isEmpty()) {
            findings.addAll(StartJudgement.of(seen));
            if (seen.all() > 0) {
                findings.addAll(StageJudgement.of(seen));
                findings.addAll(VerdictJudgement.of(seen));
            }
        }
        return findings.stream().map(Judgement::plain).toList();
    }

    /** What an unknown server sent moves no cursor, and no token is shown that it sent back. */
    private static Finding plain(Finding finding) {
        return new Finding(finding.verdict(), finding.check(), UrlToken.hidden(finding.message().replaceAll("[\\p{Cntrl}\\p{Cf}\\p{Zl}\\p{Zp}]", "?")));
    }
}
