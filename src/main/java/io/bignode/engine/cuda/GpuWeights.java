package io.bignode.engine.cuda;

import io.bignode.poc.ModelParams;
import io.bignode.poc.WeightPool;
import io.bignode.poc.WeightTensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A model's weights on a GPU, cut from the pool's copy into aligned memory: all layers once, or a layer at a time into two buffers in turn, the next one
 * while the one at work is read. Called by one thread at a time.
 */
final class GpuWeights implements AutoCloseable {
    private static final int CUT_THREADS = 256;
    private static final int CUT_BLOCKS = 2048;

    private final Gpu gpu;
    private final ModelParams p;
    private final WeightPool pool;
    private final DevicePools.Copy copy;
    private final Kernel cut;
    private final LayerLayout layout;
    private final List<Long> layers = new ArrayList<>();
    private final long finalNorm;
    private final long output;
    private final boolean streamed;

    /** For streamed weights: when a buffer's layer is cut, and when it was last read. */
    private final List<Long> ready = new ArrayList<>();

    private final List<Long> read = new ArrayList<>();

    /** Layers taken so far, over all batches; a buffer is chosen by whether this is even. */
    private long taken;

    /** Cuts what the plan says; the weights can be used by what is launched into the compute stream from now on. */
    GpuWeights(Gpu gpu, ModelParams params, WeightPool pool, GpuPlan plan) {
        this.gpu = gpu;
        this.p = params;
        this.pool = pool;
        this.layout = LayerLayout.of(params);
        this.cut = kernel(gpu);
        this.streamed = !plan.materialised() && params.nLayers() > 2;
        this.copy = gpu.pools().copyOf(pool);
        long norm = 0;
        long logits = 0;
        try {
            for (int i = 0; i < (streamed ? 2 : params.nLayers()); i++) layers.add(gpu.memory().alloc(layout.bytes()));
            norm = gpu.memory().alloc(GpuPlan.aligned(2L * params.dim()));
            logits = gpu.memory().alloc(GpuPlan.aligned(2L * params.vocabSize() * params.dim()));
            long stream = gpu.computeStream();
            cut("norm.weight", params.dim(), norm, stream);
            cut("output.weight", (long) params.vocabSize() * params.dim(), logits, stream);
            for (int i = 0; i < layers.size(); i++) cutLayer(i, layers.get(i), stream);
            for (int i = 0; streamed && i < 2; i++) {
                ready.add(gpu.driver().createEvent());
                read.add(gpu.driver().createEvent());
                gpu.driver().record(ready.get(i), stream);
            }
        } catch (RuntimeException | Error failure) {
            free(norm, logits);
            throw failure;
        }
        this.finalNorm = norm;
        this.output = logits;
    }

    /** The kernel that cuts tensors from a pool's copy, compiled when it never was before. */
    static Kernel kernel(Gpu gpu) {
        return gpu.kernel("weights.cu", "cut");
    }

    /**
     * Launches it: a tensor into memory of its own.
     *
     * @param pool     the copy's address
     * @param poolSize its values
     * @param start    the tensor's first value
     */
    static void cut(Kernel kernel, long stream, long pool, long poolSize, long start, long elements, long to) {
        int blocks = Math.clamp(Math.ceilDiv(elements, 8L * CUT_THREADS), 1, CUT_BLOCKS);
        kernel.launch(stream, Kernel.Grid.of(blocks), CUT_THREADS, pool, poolSize, start, elements, to);
    }

    /** Device addresses of a layer's tensors. */
    record Layer(long query, long key, long output, long gate, long up, long down, long attentionNorm, long ffnNorm) {}

    /** The next layer's weights, for what is launched into the compute stream from now on; layers follow each other from batch to batch. */
    Layer take() {
        int buffer = (int) (taken % layers.size());
        if (streamed) gpu.driver().waitFor(gpu.computeStream(), ready.get(buffer));
        long at = layers.get(buffer);
        return new Layer(
                at + layout.query(), at + layout.key(), at + layout.output(), at + layout.gate(), at + layout.up(), at + layout.down(),
                at + layout.attentionNorm(), at + layout.ffnNorm());
    }

    /** The layer taken last has been launched upon: what comes after next may be cut into its place once that is done. */
    void release() {
        if (streamed) {
            int buffer = (int) (taken % 2);
            gpu.driver().record(read.get(buffer), gpu.computeStream());
            gpu.driver().waitFor(gpu.weightStream(), read.get(buffer));
            cutLayer((int) ((taken + 2) % p.nLayers()), layers.get(buffer), gpu.weightStream());
            gpu.driver().record(ready.get(buffer), gpu.weightStream());
        }
        taken++;
    }

    /** Begins with the first layer again, after a batch was given up half-way. */
    void rewind() {
        if (taken % p.nLayers() == 0) return;
        taken = 0;
        for (int i = 0; streamed && i < 2; i++) {
            // What is still cut into the buffers goes first: it is in the same stream.
            gpu.driver().record(read.get(i), gpu.computeStream());
            gpu.driver().waitFor(gpu.weightStream(), read.get(i));
            cutLayer(i, layers.get(i), gpu.weightStream());
            gpu.driver().record(ready.get(i), gpu.weightStream());
        }
    }

    /** Where the last norm's weights are. */
    long finalNorm() {
        return finalNorm;
    }

    /** Where the output's weights are, (vocab, dim). */
    long output() {
        return output;
    }

    private void cutLayer(int layer, long at, long stream) {
        String name = "layers." + layer + ".";
        long d = p.dim();
        cut(name + "attention.wq.weight", d * d, at + layout.query(), stream);
        cut(name + "attention.wk.weight", d * p.kvDim(), at + layout.key(), stream);
        cut(name + "attention.wv.weight", d * p.kvDim(), at + layout.value(), stream);
        cut(name + "attention.wo.weight", d * d, at + layout.output(), stream);
        cut(name + "feed_forward.w1.weight", d * p.hiddenDim(), at + layout.gate(), stream);
        cut(name + "feed_forward.w3.weight", d * p.hiddenDim(), at + layout.up(), stream);
        cut(name + "feed_forward.w2.weight", d * p.hiddenDim(), at + layout.down(), stream);
        cut(name + "attention_norm.weight", d, at + layout.attentionNorm(), stream);
        cut(name + "ffn_norm.weight", d, at + layout.ffnNorm(), stream);
    }

    private void cut(String name, long elements, long to, long stream) {
        WeightTensor tensor = pool.tensor(name, elements);
        cut(cut, stream, copy.address(), pool.size(), tensor.start(), elements, to);
    }

    private void free(long norm, long logits) {
        layers.forEach(gpu.memory()::free);
        if (norm != 0) gpu.memory().free(norm);
        if (logits != 0) gpu.memory().free(logits);
        ready.forEach(gpu.driver()::destroyEvent);
        read.forEach(gpu.driver()::destroyEvent);
        copy.close();
    }

    @Override
    public void close() {
        // The next layers are still being cut for a batch that does not come.
        if (streamed) gpu.driver().synchronize(gpu.weightStream());
        free(finalNorm, output);
    }
}
