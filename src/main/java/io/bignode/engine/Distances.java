package io.bignode.engine;

import io.bignode.poc.NonceInputs;
import io.bignode.poc.ProofOrder;
import io.bignode.poc.Target;
import java.util.function.BooleanSupplier;

/** The last step of the function: from a model's logits to distances. */
public final class Distances {
    private Distances() {}

    /**
     * The distances of a batch.
     *
     * @param model     opened for the order's parameters and block hash
     * @param order     whose nonces they are
     * @param target    the order's target
     * @param inputs    the batch's inputs
     * @param cancelled as for {@link Model#logits}
     * @return one distance for each nonce, in [0, 2]
     */
    public static double[] of(Model model, ProofOrder order, Target target, NonceInputs inputs, BooleanSupplier cancelled)
            throws CancelledException {
        float[] logits = model.logits(inputs, cancelled);
        double[] distances = new double[inputs.nonces().size()];
        for (int i = 0; i < distances.length; i++) {
            distances[i] = target.distance(order, inputs.nonces().get(i), logits, i);
        }
        return distances;
    }
}
