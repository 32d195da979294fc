package io.bignode.engine.cuda;

import io.bignode.engine.cuda.CublasLt.Algorithm;
import io.bignode.engine.cuda.CublasLt.Product;
import io.bignode.engine.cuda.CublasLt.Shape;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The matrix products of a model, prepared once for each shape. A large product that comes again and again is tuned at its first run: the library's
 * proposals are timed on the operands at hand, and the fastest stays. Called by one thread at a time.
 */
final class Products implements AutoCloseable {
    /** Shapes kept: a batch's last part may have any size, and each makes shapes of its own. */
    private static final int KEPT = 64;

    private static final int PROPOSALS = 6;

    /** How often each proposal is timed. */
    private static final int ROUNDS = 3;

    /** Operations from which on a product is worth tuning: a good millisecond of a large chip. */
    private static final double TUNED = 1e11;

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Gpu gpu;
    private final Map<Shape, Product> prepared = new LinkedHashMap<>(16, 0.75f, true);
    private final long start;
    private final long end;

    Products(Gpu gpu) {
        this.gpu = gpu;
        this.start = gpu.driver().createEvent();
        this.end = gpu.driver().createEvent();
    }

    /**
     * Launches {@code d (rows, n) = x (rows, k) · w (n, k)ᵀ}.
     *
     * @param recurring whether this shape is going to come often
     */
    void run(Shape shape, long w, long x, long d, boolean recurring) {
        Product product = prepared.get(shape);
        if (product == null) {
            makeRoom();
            boolean tuned = recurring && 2.0 * shape.rows() * shape.n() * shape.k() >= TUNED;
            product = gpu.blas().product(shape, Gpu.WORKSPACE_BYTES, tuned ? PROPOSALS : 1);
            prepared.put(shape, product);
            if (product.proposals().size() > 1) product.use(fastest(product, w, x, d));
        }
        product.run(w, x, d, gpu.workspace(), gpu.computeStream());
    }

    private Algorithm fastest(Product product, long w, long x, long d) {
        Algorithm best = product.proposals().getFirst();
        float bestMillis = Float.MAX_VALUE;
        // The first round also loads the algorithms' kernels. The best of the others counts: another model's work may have lain between.
        for (int round = 0; round <= ROUNDS; round++) {
            for (Algorithm algorithm : product.proposals()) {
                product.use(algorithm);
                gpu.driver().record(start, gpu.computeStream());
                product.run(w, x, d, gpu.workspace(), gpu.computeStream());
                gpu.driver().record(end, gpu.computeStream());
                GpuWait.until(gpu.driver(), end, LIMIT);
                float millis = gpu.driver().millisBetween(start, end);
                if (round > 0 && millis < bestMillis) {
                    best = algorithm;
                    bestMillis = millis;
                }
            }
        }
        return best;
    }

    private void makeRoom() {
        if (prepared.size() < KEPT) return;
        var oldest = prepared.values().iterator();
        oldest.next().close();
        oldest.remove();
    }

    @Override
    public void close() {
        prepared.values().forEach(Product::close);
        prepared.clear();
        gpu.driver().destroyEvent(start);
        gpu.driver().destroyEvent(end);
    }
}
