package io.bignode.engine.cuda;

import io.bignode.engine.cuda.Kernel.Grid;
import java.util.Map;

/**
 * Causal attention with rotary position embedding, for heads of one width: the kernel in {@code kernels/attention_short.cu} where a head's keys and scores fit
 * a block, as on main-net and test-net, otherwise the one in {@code kernels/attention.cu}.
 */
final class Attention {
    private static final int THREADS = 128;

    /** Queries a block of the longer kernel takes; one of the shorter takes all of them. */
    private static final int QUERIES = 64;

    private static final int SHORT_POSITIONS = 256;
    private static final int SHORT_HEAD_DIM = 32;

    private final Kernel kernel;
    private final int headDim;
    private final int queriesOfABlock;

    private Attention(Kernel kernel, int headDim, int queriesOfABlock) {
        this.kernel = kernel;
        this.headDim = headDim;
        this.queriesOfABlock = queriesOfABlock;
    }

    /** The kernel for heads of so many values and nonces of so many positions, compiled when it never was before. */
    static Attention of(Gpu gpu, int headDim, int positions) {
        boolean fits = positions <= SHORT_POSITIONS && headDim <= SHORT_HEAD_DIM;
        return fits ? of(gpu, "attention_short", headDim, positions) : of(gpu, "attention", headDim, QUERIES);
    }

    private static Attention of(Gpu gpu, String name, int headDim, int queriesOfABlock) {
        return new Attention(gpu.kernel(name + ".cu", name, "", Map.of("HEAD_DIM", headDim)), headDim, queriesOfABlock);
    }

    /**
     * The sizes of a launch.
     *
     * @param nonces    how many
     * @param queries   of a nonce: its last positions
     * @param positions of a nonce
     * @param heads     of the queries
     * @param kvHeads   of keys and values
     */
    record Sizes(int nonces, int queries, int positions, int heads, int kvHeads) {}

    /**
     * Launches it.
     *
     * @param query       (nonces * queries, queryStride)
     * @param key         (nonces * positions, keyStride)
     * @param value       the same
     * @param rotary      (positions, headDim / 2) of (cos, sin), float32
     * @param out         (nonces * queries, heads * headDim)
     */
    void run(long stream, Sizes s, long query, long queryStride, long key, long value, long keyStride, long rotary, long out) {
        Grid grid = new Grid(Math.ceilDiv(s.queries(), queriesOfABlock), s.heads(), s.nonces());
        kernel.launch(
                stream, grid, THREADS, query, queryStride, key, value, keyStride, rotary, out, s.queries(), s.positions(), s.heads() / s.kvHeads(),
                (float) Math.sqrt(headDim));
    }
}
