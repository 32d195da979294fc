package io.bignode.engine.cuda;

import io.bignode.engine.cuda.CublasLt.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Random;

/**
 * What a GPU's matrix products reach alone: a square float16 product of 8192 for some seconds, so that clock and power are those of long work. Operands are
 * drawn at random, as power depends on them.
 */
final class MatrixRate {
    private static final int SIZE = 8192;

    /** Products launched before the clock is read: a fraction of a second's work of a large chip. */
    private static final int ROUNDS = 20;

    private static final Duration WARM_UP = Duration.ofSeconds(1);
    private static final Duration MEASURED = Duration.ofSeconds(3);
    private static final Duration LIMIT = Duration.ofSeconds(120);

    /** Values that are drawn; an operand repeats them. Drawing all of them would take many times as long as the measurement. */
    private static final int DRAWN = 1 << 20;

    private final CudaDriver driver;
    private final long stream;

    private MatrixRate(Gpu gpu) {
        this.driver = gpu.driver();
        this.stream = gpu.computeStream();
    }

    /** Operations a second. */
    static double measure(Gpu gpu) {
        gpu.enter();
        return new MatrixRate(gpu).run(gpu);
    }

    private double run(Gpu gpu) {
        long bytes = 2L * SIZE * SIZE;
        try (Buffers buffers = new Buffers(gpu.memory());
                Products products = new Products(gpu)) {
            long a = buffers.alloc(bytes);
            long b = buffers.alloc(bytes);
            long c = buffers.alloc(bytes);
            randomise(a, 1);
            randomise(b, 2);
            Shape shape = new Shape(SIZE, SIZE, SIZE, SIZE);
            Runnable product = () -> products.run(shape, a, b, c, true);
            repeat(product, WARM_UP);
            return 2.0 * SIZE * SIZE * SIZE * repeat(product, MEASURED);
        }
    }

    /** Products a second, over at least this long. */
    private double repeat(Runnable product, Duration min) {
        long start = driver.createEvent();
        long end = driver.createEvent();
        try {
            driver.record(start, stream);
            float millis;
            int done = 0;
            do {
                for (int i = 0; i < ROUNDS; i++) product.run();
                done += ROUNDS;
                driver.record(end, stream);
                GpuWait.until(driver, end, LIMIT);
                millis = driver.millisBetween(start, end);
            } while (millis < min.toMillis());
            return done / (millis * 1e-3);
        } finally {
            driver.destroyEvent(start);
            driver.destroyEvent(end);
        }
    }

    private void randomise(long address, long seed) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment values = arena.allocate(2L * DRAWN, 8);
            Random random = new Random(seed);
            for (long i = 0; i < DRAWN; i++) values.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16((float) random.nextGaussian()));
            for (long at = 0; at < 2L * SIZE * SIZE; at += values.byteSize()) driver.copyToDevice(address + at, values, values.byteSize(), stream);
            driver.synchronize(stream);
        }
    }
}
