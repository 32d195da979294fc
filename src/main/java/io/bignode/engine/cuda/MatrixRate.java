package io.bignode.engine.cuda;

import io.bignode.engine.cuda.CublasLt.Algorithm;
import io.bignode.engine.cuda.CublasLt.Product;
import io.bignode.engine.cuda.CublasLt.Shape;
import io.bignode.engine.cuda.IdleTime.WantedException;
import java.time.Duration;

/**
 * What a GPU's matrix products reach alone: a square float16 product for some seconds, so that clock and power are those of long work, in the fastest of the ways
 * the library proposes. Operands are random, as power depends on them.
 */
final class MatrixRate {
    /** Products launched before the clock is read: a fraction of a second's work of a large chip. */
    private static final int ROUNDS = 20;

    private static final Duration WARM_UP = Duration.ofSeconds(1);
    private static final Duration MEASURED = Duration.ofSeconds(3);
    private static final Duration LIMIT = Duration.ofSeconds(120);

    private final CudaDriver driver;
    private final long stream;

    private MatrixRate(Gpu gpu) {
        this.driver = gpu.driver();
        this.stream = gpu.computeStream();
    }

    /**
     * Operations a second.
     *
     * @param size rows and columns of the matrices
     */
    static double measure(Gpu gpu, int size) {
        gpu.enter();
        try (IdleTime.Use _ = gpu.idle().use()) {
            return new MatrixRate(gpu).run(gpu, size);
        }
    }

    private double run(Gpu gpu, int size) {
        long count = (long) size * size;
        try (Buffers buffers = new Buffers(gpu.memory());
                Product product = gpu.blas().product(new Shape(size, size, size, size), Gpu.WORKSPACE_BYTES, ProductTrial.PROPOSALS)) {
            long a = buffers.alloc(2 * count);
            long b = buffers.alloc(2 * count);
            long c = buffers.alloc(2 * count);
            product.use(fastest(gpu, new Shape(size, size, size, size), a, b, c));
            Runnable launch = () -> product.run(a, b, c, gpu.workspace(), stream);
            repeat(launch, WARM_UP);
            return 2.0 * count * size * repeat(launch, MEASURED);
        }
    }

    /** The fastest way on random operands, which are left for what follows. */
    private static Algorithm fastest(Gpu gpu, Shape shape, long a, long b, long c) {
        try (Stopwatch stopwatch = new Stopwatch(gpu, () -> {})) {
            Operands operands = new Operands(gpu, stopwatch.before());
            operands.fill(a, (long) shape.rows() * shape.k(), 1, 1);
            operands.fill(b, (long) shape.n() * shape.k(), 1, 2);
            return new ProductTrial(gpu, stopwatch).fastest(shape, a, b, c);
        } catch (WantedException impossible) {
            throw new IllegalStateException("nobody is asked before a launch", impossible);
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
}
