package io.bignode.engine.cuda;

import io.bignode.engine.cuda.CublasLt.Algorithm;
import io.bignode.engine.cuda.CublasLt.Product;
import io.bignode.engine.cuda.CublasLt.Shape;
import io.bignode.engine.cuda.IdleTime.WantedException;

/** Times the ways the library proposes for a product, one after the other, three rounds of them; the best round of each counts. */
final class ProductTrial {
    /** Ways the library is asked for. */
    static final int PROPOSALS = 16;

    private static final int ROUNDS = 3;

    private final Gpu gpu;
    private final Stopwatch stopwatch;

    ProductTrial(Gpu gpu, Stopwatch stopwatch) {
        this.gpu = gpu;
        this.stopwatch = stopwatch;
    }

    /** The way that was the fastest on operands of its own. */
    Algorithm fastest(Shape shape) throws WantedException {
        try (Buffers buffers = new Buffers(gpu.memory())) {
            long wCount = (long) shape.n() * shape.k();
            long xCount = (shape.rows() - 1) * shape.xStride() + shape.k();
            long w = buffers.alloc(2 * wCount);
            long x = buffers.alloc(2 * xCount);
            long d = buffers.alloc(2L * shape.rows() * shape.n());
            Operands operands = new Operands(gpu, stopwatch.before());
            operands.fill(w, wCount, 1 / Math.sqrt(shape.k()), 1);
            operands.fill(x, xCount, 1, 2);
            return fastest(shape, w, x, d);
        }
    }

    /** The same on operands at hand. */
    Algorithm fastest(Shape shape, long w, long x, long d) throws WantedException {
        try (Product product = gpu.blas().product(shape, Gpu.WORKSPACE_BYTES, PROPOSALS)) {
            Algorithm best = product.proposals().getFirst();
            if (product.proposals().size() == 1) return best;
            float bestMillis = Float.MAX_VALUE;
            // The round before the first also loads the algorithms' kernels.
            for (int round = 0; round <= ROUNDS; round++) {
                for (Algorithm algorithm : product.proposals()) {
                    product.use(algorithm);
                    float millis = stopwatch.millis(() -> product.run(w, x, d, gpu.workspace(), gpu.computeStream()));
                    if (round > 0 && millis < bestMillis) {
                        best = algorithm;
                        bestMillis = millis;
                    }
                }
            }
            return best;
        }
    }
}
