package io.bignode.engine.cuda;

import io.bignode.engine.cuda.CublasLt.Algorithm;
import io.bignode.engine.cuda.CublasLt.Product;
import io.bignode.engine.cuda.CublasLt.Shape;
import io.bignode.poc.ModelParams;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The matrix products of a model, prepared once for each shape. A shape that was {@linkplain Tuner measured} is computed in the way that was the fastest,
 * otherwise in the library's favourite one. Called by one thread at a time.
 */
final class Products implements AutoCloseable {
    /** Shapes kept: a batch's last part may have any size, and each makes shapes of its own. */
    private static final int KEPT = 64;

    private final Gpu gpu;
    private final Map<Shape, Product> prepared = new LinkedHashMap<>(16, 0.75f, true);
    private int seenChanges;

    Products(Gpu gpu) {
        this.gpu = gpu;
        this.seenChanges = gpu.measured().changes();
    }

    /** Launches {@code d (rows, n) = x (rows, k) · w (n, k)ᵀ}. */
    void run(Shape shape, long w, long x, long d) {
        int changes = gpu.measured().changes();
        if (changes != seenChanges) {
            seenChanges = changes;
            close();
        }
        Product product = prepared.get(shape);
        if (product == null) {
            makeRoom();
            product = prepare(gpu, shape);
            prepared.put(shape, product);
        }
        product.run(w, x, d, gpu.workspace(), gpu.computeStream());
    }

    /** Asks the library ahead for what a model's full batches, and its first nonce alone, are going to be computed with: its answers are remembered. */
    static void askAhead(Gpu gpu, ModelParams params, GpuPlan plan) {
        Stream.of(plan.batch(), 1)
                .flatMap(batch -> BatchShapes.of(params, batch, plan.chunkRows()).stream())
                .distinct()
                .forEach(shape -> prepare(gpu, shape).close());
    }

    private static Product prepare(Gpu gpu, Shape shape) {
        Optional<byte[]> fastest = gpu.measured().algorithm(shape);
        if (fastest.isEmpty()) return gpu.blas().product(shape, Gpu.WORKSPACE_BYTES, 1);
        Product product = gpu.blas().product(shape, Gpu.WORKSPACE_BYTES, ProductTrial.PROPOSALS);
        // Only what the library proposes itself is run, whatever a file says.
        for (Algorithm proposed : product.proposals()) {
            if (Arrays.equals(proposed.bytes(), fastest.get())) product.use(proposed);
        }
        return product;
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
    }
}
