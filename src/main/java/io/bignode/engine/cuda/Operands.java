package io.bignode.engine.cuda;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;

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

    Operands(CudaDriver driver, long stream) {
        this.driver = driver;
        this.stream = stream;
    }

    /** Fills device memory with normals of a deviation; they have arrived when this returns. */
    void fill(long address, long count, double deviation, long seed) {
        try (Arena arena = Arena.ofConfined()) {
            int drawn = (int) Math.min(DRAWN, count);
            MemorySegment values = arena.allocate(2L * drawn, 8);
            Random random = new Random(seed);
            for (long i = 0; i < drawn; i++) values.setAtIndex(JAVA_SHORT, i, Float.floatToFloat16((float) (deviation * random.nextGaussian())));
            for (long at = 0; at < 2 * count; at += values.byteSize()) {
                driver.copyToDevice(address + at, values, Math.min(values.byteSize(), 2 * count - at), stream);
            }
            driver.synchronize(stream);
        }
    }
}
