package io.bignode.engine.cpu;

import com.sun.management.OperatingSystemMXBean;
import io.bignode.engine.Device;
import io.bignode.engine.DeviceException;
import io.bignode.engine.Engine;
import io.bignode.engine.Model;
import io.bignode.poc.HostMemory;
import io.bignode.poc.ModelParams;
import io.bignode.poc.WeightPool;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.Optional;

/** The processor as a device: all cores compute one batch together. */
public final class CpuEngine implements Engine {
    /** Rows of activations in a batch: beyond this a product's rate no longer grows. */
    private static final int BATCH_ROWS = 2048;

    private static final int MAX_BATCH = 256;

    /** The share of the machine's memory that pools and activations may take; the rest is the JVM's, the system's and the page cache's. */
    private static final double MEMORY_SHARE = 0.75;

    private final int threads;
    private final Device device;

    /**
     * The processor with all cores the process may use.
     *
     * @throws DeviceException when it cannot compute here
     */
    public CpuEngine() {
        this(Runtime.getRuntime().availableProcessors(), usableMemory());
    }

    /**
     * The processor with a number of threads.
     *
     * @param threads     threads that compute
     * @param memoryBytes memory that pool and activations may take
     * @throws DeviceException when it cannot compute here
     */
    CpuEngine(int threads, long memoryBytes) {
        OpenBlasLibrary.lookup();
        this.threads = Math.min(threads, OpenBlas.MAX_CALLERS);
        this.device = new Device("cpu", "CPU, " + this.threads + " threads, OpenBLAS " + OpenBlas.coreName(), memoryBytes, MAX_BATCH);
    }

    /** Why the processor cannot compute on this host; empty where it can. Loads OpenBLAS to find out. */
    public static Optional<String> unusable() {
        return OpenBlasLibrary.refusal();
    }

    @Override
    public Device device() {
        return device;
    }

    @Override
    public void prepare() {
        // The processor is always ready.
    }

    @Override
    public Optional<String> refusal(ModelParams params) {
        return refusal(device, params, threads);
    }

    /**
     * Whether a model can run on a processor, of this host or another, judged from sizes alone.
     *
     * @return empty when it fits, otherwise the reason
     */
    public static Optional<String> refusal(Device device, ModelParams params) {
        return refusal(device, params, OpenBlas.MAX_CALLERS);
    }

    private static Optional<String> refusal(Device device, ModelParams params, int threads) {
        long poolBytes = 2 * params.poolSize();
        double needed = (double) poolBytes + CpuModel.bytes(params, 1, threads);
        if (needed > device.memoryBytes()) {
            return Optional.of(String.format(
                    Locale.ROOT, "the model needs %.2f GiB on %s (weight pool %.2f, activations of one nonce %.2f), %.2f GiB may be used",
                    gib(needed), device.id(), gib(poolBytes), gib(needed - poolBytes), gib(device.memoryBytes())));
        }
        return Optional.empty();
    }

    @Override
    public Model open(ModelParams params, WeightPool pool) {
        return new CpuModel(params, pool, maxBatch(params), threads);
    }

    @Override
    public HostMemory poolMemory() {
        return UntouchedMemory::allocate;
    }

    @Override
    public double matrixRate(ModelParams params, int batch, int size) {
        int rows = Math.multiplyExact(batch, params.seqLen());
        return OpenBlasRate.measure(rows, params.dim(), params.hiddenDim(), threads);
    }

    @Override
    public void close() {
        // Threads and memory belong to the models.
    }

    /** The most nonces a model of this shape takes at once here. */
    private int maxBatch(ModelParams params) {
        int batch = Math.clamp(BATCH_ROWS / params.seqLen(), 1, MAX_BATCH);
        long free = device.memoryBytes() - 2 * params.poolSize();
        while (batch > 1 && CpuModel.bytes(params, batch, threads) > free) {
            batch /= 2;
        }
        return batch;
    }

    /** Memory of this host that pools and activations may take. */
    public static long usableMemory() {
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        return (long) (system.getTotalMemorySize() * MEMORY_SHARE);
    }

    private static double gib(double bytes) {
        return bytes / (1L << 30);
    }
}
