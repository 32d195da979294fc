package io.bignode.engine.cuda;

import io.bignode.engine.cuda.Kernel.Grid;

/** The kernels of a model's forward pass beside its products; {@link GpuWeights} has one more. What they compute stands at the head of each one's file. */
record Kernels(Kernel norm, Attention attention, Kernel swiglu, Kernel distances) {
    private static final int THREADS = 256;

    /** Columns that a block of {@code swiglu.cu} takes. */
    private static final int SWIGLU_COLUMNS = 2048;

    /** Loads them, compiling what was never compiled before. */
    static Kernels load(Gpu gpu, int headDim, int positions) {
        return new Kernels(
                gpu.kernel("norm.cu", "add_rms_norm"), Attention.of(gpu, headDim, positions), gpu.kernel("swiglu.cu", "swiglu"),
                gpu.kernel("distances.cu", "distances"));
    }

    /**
     * Launches {@code sum = residual + delta; out = rmsnorm(sum) * weight} over rows of {@code dim} values, for the residual's rows first, first + step, ….
     *
     * @param delta 0 for nothing
     */
    void normalise(long stream, int rows, long residual, long first, long step, long delta, long weight, long sum, long out, int dim, float eps) {
        norm.launch(stream, Grid.of(rows), THREADS, residual, first, step, delta, weight, sum, out, dim, eps);
    }

    /** Launches {@code out = silu(gate) * up}, of gateUp (rows, 2 * width). */
    void gate(long stream, int rows, long gateUp, long out, int width) {
        gate(swiglu, stream, rows, gateUp, out, width);
    }

    /** The same, without the other kernels. */
    static void gate(Kernel swiglu, long stream, int rows, long gateUp, long out, int width) {
        swiglu.launch(stream, new Grid(rows, Math.ceilDiv(width, SWIGLU_COLUMNS), 1), THREADS, gateUp, out, width);
    }

    /** Launches the distances of logits (nonces, vocab), permuted, from the target (vocab). */
    void distances(long stream, int nonces, long logits, long permutations, long target, long out, int vocab) {
        distances.launch(stream, Grid.of(nonces), THREADS, logits, permutations, target, out, vocab);
    }
}
