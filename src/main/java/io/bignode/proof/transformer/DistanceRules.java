package io.bignode.proof.transformer;

import io.bignode.poc.ProofOrder;
import io.bignode.proof.ProofRules;
import io.bignode.protocol.Found;
import io.bignode.protocol.WorkOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Distances: sound below r_target, and the same on every device but for rounding. */
record DistanceRules(WorkOrders orders) {
    /** Ten times the mean deviation a validator has to expect between engines. */
    private static final double TOLERANCE = 1e-4;

    private static final int LONGEST = 32;

    /** See {@link io.bignode.proof.ProofRules#fault}. */
    Optional<String> fault(WorkOrder work, List<Found> found) {
        Optional<Validation> validation = orders.validation(work);
        if (validation.isPresent()) return ValidatedDistances.fault(validation.get(), found);
        // Where every nonce counts, what is no distance at all must not count yet.
        double limit = Math.min(rTarget(work), ProofOrder.MAX_DISTANCE + TOLERANCE);
        for (Found result : found) {
            double distance = distance(result);
            if (!(distance >= 0 && distance < limit)) return Optional.of("reported a distance that does not count for nonce " + result.nonce());
        }
        return Optional.empty();
    }

    /** See {@link io.bignode.proof.ProofRules#deviation}. */
    Optional<String> deviation(WorkOrder work, List<Found> reported, List<Found> checked) {
        if (orders.validation(work).isPresent()) return ValidatedDistances.deviation(reported, checked, TOLERANCE);
        double border = rTarget(work) - TOLERANCE;
        Map<Long, Double> expected = new HashMap<>();
        checked.forEach(result -> expected.put(result.nonce(), distance(result)));
        for (Found result : reported) {
            Double other = expected.remove(result.nonce());
            if (other == null && distance(result) < border) return Optional.of("nonce " + result.nonce() + " does not count");
            if (other != null && !(Math.abs(other - distance(result)) <= TOLERANCE)) {
                return Optional.of("the distance of nonce " + result.nonce() + " is " + other + ", not " + distance(result));
            }
        }
        return expected.entrySet().stream()
                .filter(left -> left.getValue() < border)
                .findFirst()
                .map(left -> "nonce " + left.getKey() + " counts and was left out");
    }

    /** NaN for what is no distance. */
    private static double distance(Found found) {
        try {
            return found.proof().length() > LONGEST ? Double.NaN : Double.parseDouble(found.proof());
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    private double rTarget(WorkOrder work) {
        return orders.order(work).rTarget();
    }
}
