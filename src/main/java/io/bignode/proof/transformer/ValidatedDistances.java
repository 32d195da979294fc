package io.bignode.proof.transformer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.bignode.poc.ProofOrder;
import io.bignode.protocol.Found;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a device reports of a validation, as its only proof: the distance of each of the batch's nonces, in the batch's order, as a JSON array. */
final class ValidatedDistances {
    private static final JsonMapper JSON = new JsonMapper();

    /** As many characters as a distance takes. */
    private static final int LONGEST = 32;

    /** By how much rounding may bring a distance beyond the largest. */
    private static final double ROUNDING = 1e-4;

    private ValidatedDistances() {}

    /** The proof of a validation whose nonces were computed. */
    static String proof(Validation validation, Map<Long, Double> computed) {
        return validation.nonces().stream().map(nonce -> Double.toString(Objects.requireNonNull(computed.get(nonce)))).collect(Collectors.joining(",", "[", "]"));
    }

    /**
     * Reads a proof that was checked when it came in.
     *
     * @throws IllegalStateException when it is none
     */
    static List<Double> of(Found found) {
        try {
            List<Double> distances = new ArrayList<>();
            for (JsonNode distance : JSON.readTree(found.proof())) distances.add(distance.isNumber() ? distance.doubleValue() : Double.NaN);
            return distances;
        } catch (JsonProcessingException broken) {
            throw new IllegalStateException("no list of distances", broken);
        }
    }

    /** Why nobody sound would report this; empty when somebody may. */
    static Optional<String> fault(Validation validation, List<Found> found) {
        int count = validation.nonces().size();
        if (found.size() != 1) return Optional.of("reported no distances of a validation");
        Found only = found.getFirst();
        // Read only where it is not too long to be sound.
        if (only.proof().length() > 2 + LONGEST * count) return Optional.of("reported more than the distances of a validation");
        List<Double> distances;
        try {
            distances = of(only);
        } catch (IllegalStateException broken) {
            return Optional.of("reported " + broken.getMessage() + " of a validation");
        }
        if (distances.size() != count) return Optional.of("reported " + distances.size() + " distances of a validation of " + count + " nonces");
        for (int i = 0; i < count; i++) {
            double distance = distances.get(i);
            boolean sound = distance >= 0 && distance <= ProofOrder.MAX_DISTANCE + ROUNDING;
            if (!sound) return Optional.of("reported what is no distance for nonce " + validation.nonces().get(i));
        }
        return Optional.empty();
    }

    /** How two devices' distances differ by more than a tolerance. */
    static Optional<String> deviation(List<Found> reported, List<Found> checked, double tolerance) {
        if (reported.isEmpty() || checked.isEmpty()) return Optional.empty();
        List<Double> one = of(reported.getFirst());
        List<Double> other = of(checked.getFirst());
        for (int i = 0; i < one.size(); i++) {
            if (Math.abs(one.get(i) - other.get(i)) <= tolerance) continue;
            return Optional.of("the distance of nonce number " + i + " of a validated batch is " + other.get(i) + ", not " + one.get(i));
        }
        return Optional.empty();
    }
}
