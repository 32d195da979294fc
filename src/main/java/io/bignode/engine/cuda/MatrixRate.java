package io.bignode.engine.cuda;

import io.bignode.engine.cuda.CublasLt.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Random;

/** What a GPU's matrix products reach alone: a square float16 product of 8192, operands drawn at random, as power and so clock depend on them. */
final class MatrixRate {
    private static final int SIZE = 8192;
    private static final int ROUNDS = 20;
    private static final int WARM_UP = 3;
    private static final Duration LIMIT = Duration.ofSeconds(120);

    private MatrixRate() {}

    /** Operations a second. */
    static double measure(Gpu gpu) {
        gpu.enter();
        CudaDriver driver = gpu.driver();
        long stream = gpu.computeStream();
        long bytes = 2L * SIZE * SIZE;
        try (Buffers buffers = new Buffers(gpu.memory());
                Products products = new Products(gpu)) {
            long a = buffers.alloc(bytes);
            long b = buffers.alloc(bytes);
            long c = buffers.alloc(bytes);
            randomise(gpu, a, 1);
            randomise(gpu, b, 2);
            Shape shape = new Shape(SIZE, SIZE, SIZE, SIZE);
            long start = driver.createEvent();
            long end = driver.createEvent();
            try {
                for (int i = 0; i < WARM_UP; i++) products.run(shape, a, b, c, true);
                driver.record(start, stream);
                for (int i = 0; i < ROUNDS; i++) products.run(shape, a, b, c, true);
                driver.record(end, stream);
                GpuWait.until(driver, end, LIMIT);
                return ROUNDS * 2.0 * SIZE * SIZE * SIZE / (driver.millisBetween(start, end) * 1e-3);
            } finally {
                driver.destroyEvent(start);
                driver.destroyEvent(end);
            }
        }
    }

    private static void randomise(Gpu gpu, long address, long seed) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment values = arena.allocate(2L * SIZE * SIZE, 8);
            Random random = new Random(seed);
            for (long i = 0; i < (long) SIZE * SIZE; i++) {
                values.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16((float) random.nextGaussian()));
            }
            gpu.driver().copyToDevice(address, values, values.byteSize(), gpu.computeStream());
            gpu.driver().synchronize(gpu.computeStream());
        }
    }
}
