package io.bignode.engine;

import io.bignode.poc.NonceInputs;
import java.util.function.BooleanSupplier;

/** A model opened on a device. Calls to {@link #logits} come from one thread at a time. */
public interface Model extends AutoCloseable {

    /** The most nonces one call takes. */
    int maxBatch();

    /**
     * The last position's logits of each nonce, before its permutation.
     *
     * @param inputs    the batch's inputs, 1 to {@link #maxBatch()} nonces
     * @param cancelled asked often; once it answers true the call ends with {@link CancelledException} and its work is lost
     * @return logits, (nonces, vocab_size), row-major
     * @throws CancelledException when cancelled
     * @throws DeviceException    when the device fails
     */
    float[] logits(NonceInputs inputs, BooleanSupplier cancelled) throws CancelledException;

    /** Frees what the model holds on the device. */
    @Override
    void close();
}
