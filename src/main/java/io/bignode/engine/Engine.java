package io.bignode.engine;

import io.bignode.poc.ModelParams;
import io.bignode.poc.PoolMemory;
import io.bignode.poc.WeightPool;
import java.util.Optional;

/** One device, ready to open models on it. Safe for use by several threads. */
public interface Engine extends AutoCloseable {

    /** What the device is. */
    Device device();

    /**
     * Whether a model of this shape can run here, judged from sizes alone: nothing is allocated.
     *
     * @return empty when it fits, otherwise the reason with the sizes needed and at hand
     */
    Optional<String> refusal(ModelParams params);

    /** The most nonces a model of this shape takes at once here. */
    int maxBatch(ModelParams params);

    /**
     * Opens a model whose weights are cut from {@code pool}; the pool stays the caller's and must outlive the model.
     *
     * @throws DeviceException when the device fails
     */
    Model open(ModelParams params, WeightPool pool);

    /** Memory this device reads a weight pool from best. */
    PoolMemory poolMemory();

    /**
     * The rate the device's matrix library reaches alone on this model's feed-forward products, the yardstick for a forward pass.
     *
     * @param batch nonces a product takes at once
     * @return floating-point operations a second
     */
    double matrixRate(ModelParams params, int batch);

    /** Frees everything the engine holds; models must be closed before. */
    @Override
    void close();
}
