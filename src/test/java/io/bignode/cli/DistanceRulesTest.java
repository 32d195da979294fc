package io.bignode.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.poc.ModelParams;
import io.bignode.poc.ProofOrder;
import io.bignode.protocol.Found;
import io.bignode.protocol.WorkOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

class DistanceRulesTest {
    private static final ModelParams PARAMS = new ModelParams(8, 1, 2, 2, 16, 1.0, 8, 1e-5, 10_000, false, 2);
    private final DistanceRules rules = new DistanceRules();

    private static WorkOrder work(double rTarget) {
        return new WorkOrder(ProofOrder.FUNCTION, "shape", new ProofOrder("block", 1, "key", 0, rTarget, PARAMS).toJson().toString());
    }

    private static List<Found> found(String distance) {
        return List.of(new Found(1, distance));
    }

    @Test
    void aDistanceCountsBelowTheTargetAlone() {
        assertThat(rules.fault(work(1.4), found("1.39"))).isEmpty();
        for (String distance : List.of("1.4", "1.5", "-0.1", "NaN", "Infinity", "far")) assertThat(rules.fault(work(1.4), found(distance))).isPresent();
    }

    @Test
    void whereEveryNonceCountsWhatIsNoDistanceDoesNot() {
        assertThat(rules.fault(work(10), found("1.99"))).isEmpty();
        assertThat(rules.fault(work(10), found("2.0"))).isEmpty();
        for (String distance : List.of("2.1", "9.9", "Infinity", "NaN")) assertThat(rules.fault(work(10), found(distance))).isPresent();
    }

    @Test
    void whereEveryNonceCountsNoneMayBeLeftOutAndNoneMayDeviate() {
        assertThat(rules.deviation(work(10), found("1.45"), found("1.45001"))).isEmpty();
        assertThat(rules.deviation(work(10), found("1.45"), found("1.46"))).isPresent();
        assertThat(rules.deviation(work(10), List.of(), found("1.99"))).isPresent();
    }
}
