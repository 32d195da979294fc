package io.bignode.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.bignode.cli.terminal.Documents;
import io.bignode.json.InvalidDocumentException;
import io.bignode.lease.ProofRules;
import io.bignode.poc.ProofOrder;
import io.bignode.protocol.Found;
import io.bignode.protocol.WorkOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** Distances: sound below r_target, and the same on every device but for rounding. */
public final class DistanceRules implements ProofRules {
    /** Ten times the mean deviation a validator has to expect between engines. */
    private static final double TOLERANCE = 1e-4;

    private static final int LONGEST = 32;

    @Override
    public Optional<String> fault(WorkOrder work, List<Found> found) {
        // Where every nonce counts, what is no distance at all must not count yet.
        double limit = Math.min(rTarget(work), ProofOrder.MAX_DISTANCE + TOLERANCE);
        for (Found one : found) {
            double distance = distance(one);
            if (!(distance >= 0 && distance < limit)) return Optional.of("reported a distance that does not count for nonce " + one.nonce());
        }
        return Optional.empty();
    }

    @Override
    public Optional<String> deviation(WorkOrder work, List<Found> reported, List<Found> checked) {
        double border = rTarget(work) - TOLERANCE;
        Map<Long, Double> expected = new HashMap<>();
        checked.forEach(one -> expected.put(one.nonce(), distance(one)));
        for (Found one : reported) {
            Double other = expected.remove(one.nonce());
            if (other == null && distance(one) < border) return Optional.of("nonce " + one.nonce() + " does not count");
            if (other != null && !(Math.abs(other - distance(one)) <= TOLERANCE)) {
                return Optional.of("the distance of nonce " + one.nonce() + " is " + other + ", not " + distance(one));
            }
        }
        return expected.entrySet().stream()
                .filter(left -> left.getValue() < border)
                .findFirst()
                .map(left -> "nonce " + left.getKey() + " counts and was left out");
    }

    @Override
    public OptionalDouble expectedShare(WorkOrder work) {
        return OptionalDouble.of(order(work).expectedShare());
    }

    @Override
    public String stream(WorkOrder work) {
        return order(work).stream();
    }

    /** NaN for what is no distance. */
    private static double distance(Found found) {
        try {
            return found.proof().length() > LONGEST ? Double.NaN : Double.parseDouble(found.proof());
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    private static double rTarget(WorkOrder work) {
        return order(work).rTarget();
    }

    private static ProofOrder order(WorkOrder work) {
        try {
            return ProofOrder.parse(Documents.json().readTree(work.body()));
        } catch (JsonProcessingException | InvalidDocumentException impossible) {
            throw new IllegalStateException("a session carries a work order that cannot be read", impossible);
        }
    }
}
