package io.bignode.engine.cuda;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.bignode.engine.cuda.IdleTime.WantedException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;

/**
 * Random float16 operands for measurements: a chip's clock depends on what it computes with. A few values are drawn and repeated, since drawing all of them
 * would take many times as long as the measurement.
 */
final class Operands {
    private static final int DRAWN = 1 << 20;

    private final CudaDriver driver;
    private final long stream;
    private final Stopwatch.Before before;

    /**
     * Operands on a GPU.
     *
     * @param before asked before each copy of some megabytes
     */
    Operands(Gpu gpu, Stopwatch.Before before) {
        this.driver = gpu.driver();
        this.stream = gpu.computeStream();
        this.before = before;
    }

    /** Fills device memory with normals of a deviation; they have arrived when this returns. */
    void fill(long address, long count, double deviation, long seed) throws WantedException {
        try (Arena arena = Arena.ofConfined();
                IdleTime.Use _ = () -> driver.synchronize(stream)) { // closed first: what is being copied is read until then
            int drawn = (int) Math.min(DRAWN, count);
            MemorySegment values = arena.allocate(2L * drawn, 8);
            Random random = new Random(seed);
            for (long i = 0; i < drawn; i++) values.setAtIndex(JAVA_SHORT, i, Float.floatToFloat16((float) (deviation * random.nextGaussian())));
            for (long at = 0; at < 2 * count; at += values.byteSize()) {
                before.launch();
                driver.copyToDevice(address + at, values, Math.min(values.byteSize(), 2 * count - at), stream);
            }
        }
    }
}
