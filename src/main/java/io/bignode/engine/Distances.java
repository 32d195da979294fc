package io.bignode.engine;

import io.bignode.poc.ProofOrder;
import java.util.List;

/** What a model owes for each nonce: the distance between two points of the unit sphere. Whoever takes distances from a model takes them through here. */
public final class Distances {
    /** By how much rounding in float32 may bring a distance beyond the sphere's diameter. */
    private static final double ROUNDING = 1e-4;

    private Distances() {}

    /**
     * A batch's distances, each of which can be one. NaN is neither above nor below a target: it would pass for a nonce that was computed and does not count.
     *
     * @param nonces   the batch
     * @param computed what the model made of it
     * @return the distances, one for each nonce, in the batch's order
     * @throws DeviceException when a distance is missing, is not finite or lies outside of [0, 2]; it names the nonce
     */
    public static double[] require(List<Long> nonces, Model.Computed computed) {
        double[] distances = computed.distances();
        if (distances.length != nonces.size()) {
            throw new DeviceException("computed " + distances.length + " distances for " + nonces.size() + " nonces");
        }
        for (int i = 0; i < distances.length; i++) {
            if (!(distances[i] >= 0 && distances[i] <= ProofOrder.MAX_DISTANCE + ROUNDING)) {
                throw new DeviceException("computed " + distances[i] + " for nonce " + nonces.get(i) + ", which is no distance");
            }
        }
        return distances;
    }
}
