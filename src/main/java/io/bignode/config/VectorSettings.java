package io.bignode.config;

import java.util.HashMap;
import java.util.Map;

/**
 * How vectors are checked, and how many requests to validate others are taken.
 *
 * @param distances      the largest distance at which two vectors of a model match, by the model's id, for models that have another than the usual one
 * @param pMismatch      how often vectors of sound backends are further apart than that
 * @param fraudThreshold how rare a number of mismatches must be among sound backends to count as a deviation
 * @param maxValidations how many requests to validate others each tenant may have that are not answered
 */
public record VectorSettings(Map<String, Double> distances, double pMismatch, double fraudThreshold, int maxValidations) {
    private static final double MAX_DISTANCE = 100;
    private static final int MAX_MODEL = 256;

    /** Copies the map. */
    public VectorSettings {
        distances = Map.copyOf(distances);
    }

    /** Reads them, and names every entry that is none. */
    static VectorSettings read(EnvironmentReader reader) {
        return new VectorSettings(
                distances(reader), reader.number(Setting.P_MISMATCH), reader.number(Setting.FRAUD_THRESHOLD), reader.integer(Setting.MAX_VALIDATIONS));
    }

    private static Map<String, Double> distances(EnvironmentReader reader) {
        Map<String, Double> distances = new HashMap<>();
        for (String entry : reader.text(Setting.MODEL_THRESHOLDS).orElse("").split("[,\\s]+")) {
            if (entry.isEmpty()) continue;
            int sign = entry.lastIndexOf('=');
            String model = entry.substring(0, Math.max(0, sign));
            double distance = distance(entry.substring(sign + 1));
            if (model.isEmpty() || model.length() > MAX_MODEL || !(distance > 0 && distance <= MAX_DISTANCE)) {
                reader.fault(Setting.MODEL_THRESHOLDS, "holds " + EnvironmentReader.quoted(entry) + "; an entry is MODEL=DISTANCE with a distance above 0 and up to "
                        + MAX_DISTANCE + ", for instance org/model=0.75");
            } else if (distances.put(model, distance) != null) {
                reader.fault(Setting.MODEL_THRESHOLDS, "names " + EnvironmentReader.quoted(model) + " twice");
            }
        }
        return distances;
    }

    private static double distance(String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException _) {
            return Double.NaN;
        }
    }
}
