package io.bignode.engine;

import io.bignode.poc.NonceInputs;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * A model opened on a device. Two threads may be in {@link #distances} at a time: the device computes their batches one after the other, and has the
 * next one at hand when it is done with the one before.
 */
public interface Model extends AutoCloseable {

    /** The most nonces one call takes. It may shrink while the model is open, when the device runs short of memory. */
    int maxBatch();

    /** Room for the inputs of {@link #maxBatch()} nonces, in memory the device reads well; to be closed before the model. */
    NonceInputs newInputs();

    /**
     * The distances of a batch.
     *
     * @param inputs    the batch's inputs, at least one nonce; to be left alone until this returns
     * @param cancelled asked often; once it answers true the call ends with {@link CancelledException} and its work is lost
     * @throws CancelledException  when cancelled
     * @throws DeviceLostException when the device, with every model on it, must be opened anew
     * @throws DeviceException     when the device fails
     */
    Computed distances(NonceInputs inputs, BooleanSupplier cancelled) throws CancelledException;

    /** How long the parts of opening it took, in seconds, by name; empty where nobody measured. */
    default Map<String, Double> openingSeconds() {
        return Map.of();
    }

    /** Frees what the model holds on the device. */
    @Override
    void close();

    /**
     * A batch's outcome.
     *
     * @param distances   one for each nonce, in the inputs' order, in [0, 2]
     * @param deviceNanos how long the device was busy with it
     */
    record Computed(double[] distances, long deviceNanos) {}
}
