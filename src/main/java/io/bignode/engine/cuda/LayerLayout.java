package io.bignode.engine.cuda;

import io.bignode.poc.ModelParams;

/**
 * Where a layer's tensors lie in its memory, in bytes from its start. What one product reads lies together: query, key and value weights, and the two of
 * the feed-forward layer's first products.
 *
 * @param query         (dim, dim), followed at once by key and value
 * @param key           (kv, dim)
 * @param value         (kv, dim)
 * @param output        (dim, dim)
 * @param gate          (hidden, dim), followed at once by up
 * @param up            (hidden, dim)
 * @param down          (dim, hidden)
 * @param attentionNorm (dim)
 * @param ffnNorm       (dim)
 * @param bytes         of the whole layer
 */
record LayerLayout(
        long query, long key, long value, long output, long gate, long up, long down, long attentionNorm, long ffnNorm, long bytes) {

    /** The layout of a model's layers. */
    static LayerLayout of(ModelParams p) {
        long d = p.dim();
        long query = 0;
        long key = query + 2 * d * d;
        long value = key + 2 * d * p.kvDim();
        long output = GpuPlan.aligned(value + 2 * d * p.kvDim());
        long gate = GpuPlan.aligned(output + 2 * d * d);
        long up = gate + 2 * d * p.hiddenDim();
        long down = GpuPlan.aligned(up + 2 * d * p.hiddenDim());
        long attentionNorm = GpuPlan.aligned(down + 2 * d * p.hiddenDim());
        long ffnNorm = GpuPlan.aligned(attentionNorm + 2 * d);
        return new LayerLayout(query, key, value, output, gate, up, down, attentionNorm, ffnNorm, GpuPlan.aligned(ffnNorm + 2 * d));
    }
}
