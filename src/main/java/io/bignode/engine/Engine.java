package io.bignode.engine;

import io.bignode.poc.HostMemory;
import io.bignode.poc.ModelParams;
import io.bignode.poc.WeightPool;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One device, on which models are opened. Safe for use by several threads, all of which are platform threads where they call anything but {@link #device}
 * and {@link #refusal}: a GPU's driver knows a thread of the system, and a virtual thread may change it wherever it waits.
 */
public interface Engine extends AutoCloseable {
    /** Rows and columns of a square product that fills the largest chips. */
    int LARGE_PRODUCT = 8192;

    /** What the device is. */
    Device device();

    /**
     * Makes the device ready for {@link #open}: opens it, or opens it anew after it was lost. Does nothing when it is ready. A GPU that was opened proves
     * itself before it is ready, where its engine was made so.
     *
     * @throws DeviceException when it cannot be opened now; it may be tried again
     */
    void prepare();

    /**
     * {@linkplain #prepare Prepares} the device and holds what it computes against known results.
     *
     * @return what deviates, a sentence each; empty when the device computes as it should
     * @throws DeviceException when it cannot be opened, or fails
     */
    default List<String> prove() {
        prepare();
        return GoldenModel.deviations(pool -> open(GoldenModel.PARAMS, pool));
    }

    /**
     * Whether a model of this shape can run here, judged from sizes alone: nothing is allocated.
     *
     * @return empty when it fits, otherwise the reason with the sizes needed and at hand
     */
    Optional<String> refusal(ModelParams params);

    /**
     * Does what {@link #open} can do without the weights, so that it can be done while they are drawn. The device must be {@linkplain #prepare ready}.
     *
     * @throws DeviceException when the device fails
     */
    default void warm(ModelParams params) {}

    /** Has {@link #warm} run in a thread of its own. What fails there fails again, and is reported, when the model is opened. */
    default Thread warmAside(ModelParams params) {
        return Thread.ofPlatform().daemon().name(device().id() + "-warm").start(() -> {
            try {
                warm(params);
            } catch (DeviceException early) {
                System.getLogger(Engine.class.getName()).log(System.Logger.Level.DEBUG, "warming failed", early);
            }
        });
    }

    /** A copy of a pool on a device, which {@link #open} uses; given up when it is closed, unless a model uses it. */
    @FunctionalInterface
    interface EarlyCopy extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Begins to copy a pool to the device while it is being drawn, in a thread of its own. What fails there fails again, and is reported, when the model is
     * opened. The device must be {@linkplain #prepare ready}.
     *
     * @param drawn the pool, of which {@link WeightPool#copy} alone is called
     */
    default EarlyCopy copyAside(WeightPool drawn) {
        return () -> {};
    }

    /**
     * Opens a model whose weights are cut from {@code pool}; the pool stays the caller's and must outlive the model.
     *
     * @throws DeviceLostException   when the device is not {@linkplain #prepare ready}
     * @throws DeviceMemoryException when other models leave too little memory
     * @throws DeviceException       when the device fails
     */
    Model open(ModelParams params, WeightPool pool);

    /** Memory of this host that weight pools for this device lie in best. */
    HostMemory poolMemory();

    /**
     * The rate the device's matrix library reaches alone, the yardstick for a forward pass: on a GPU with a large square product, on the CPU with this
     * model's feed-forward products.
     *
     * @param batch nonces a product takes at once
     * @param size  rows and columns of the square product, usually {@link #LARGE_PRODUCT}
     * @return floating-point operations a second
     */
    double matrixRate(ModelParams params, int batch, int size);

    /** Waits, for some seconds at most, until the device has measured what it measures while it is idle, so that speed is measured behind that. */
    default void tune(ModelParams params) throws InterruptedException {}

    /** The most memory of the device that was in use at a time; empty where it is not counted. */
    default OptionalLong peakBytes() {
        return OptionalLong.empty();
    }

    /** What the device measures of itself now. May take long where the device hangs; nothing else waits for it. */
    default Gauges gauges() {
        return Gauges.NONE;
    }

    /** Frees everything the engine holds; models must be closed before. */
    @Override
    void close();
}
