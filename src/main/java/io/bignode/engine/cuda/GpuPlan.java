package io.bignode.engine.cuda;

import io.bignode.poc.ModelParams;
import java.util.Optional;

/**
 * How a model is laid out on a GPU: how many nonces a batch has, whether all weights are cut from the pool once or a layer's at a time, and how many rows
 * the feed-forward products take at once.
 *
 * @param batch        nonces in a batch
 * @param materialised whether every layer's weights lie on the device; otherwise two layers' do, the one at work and the next
 * @param chunkRows    rows of activations that the first feed-forward products take at once
 */
record GpuPlan(int batch, boolean materialised, int chunkRows) {
    /** The most nonces in a batch, however small the model. */
    static final int MAX_BATCH = 4096;

    /** Heads beyond this do not fit the kernels' registers. */
    static final int MAX_HEAD_DIM = 128;

    /** A launch has no more blocks in its second direction. */
    static final int MAX_HEADS = 65_535;

    /** Rows of a tile of the matrix products: so many rows for each multiprocessor keep all of them busy to the end of a product. */
    private static final int TILE_ROWS = 128;

    /** Rows that fill the products well enough to be worth a launch of their own. */
    private static final int MIN_CHUNK = 2048;

    /** Nonces of a full batch, at least, however slow the GPU seems to be: its rate is a guess. */
    private static final int MIN_BATCH = 8;

    private static final long ALIGNMENT = 256;

    /** Batches that are prepared at the same time: one computed, one being drawn. */
    static final int SLOTS = 2;

    /**
     * What a plan needs to know of a GPU.
     *
     * @param freeBytes          memory that weights and activations may take, the pool's copy not included
     * @param multiprocessors    how many there are
     * @param operationsASecond  a guess at the rate of its matrix products
     */
    record Room(long freeBytes, int multiprocessors, double operationsASecond) {}

    /**
     * The best plan that fits: all weights on the device before a layer's at a time, a full batch before a smaller one, large chunks before small ones.
     *
     * @return empty when not even one nonce fits
     */
    static Optional<GpuPlan> of(ModelParams params, Room room) {
        for (int batch = fullBatch(params, room); batch >= 1; batch /= 2) {
            for (boolean materialised : new boolean[] {true, false}) {
                Optional<GpuPlan> plan = of(params, batch, materialised, room.freeBytes());
                if (plan.isPresent()) return plan;
            }
        }
        return Optional.empty();
    }

    /** The next smaller plan: a layer's weights at a time before half the batch; empty when there is none. */
    Optional<GpuPlan> smaller(ModelParams params) {
        if (materialised && params.nLayers() > 2) return Optional.of(new GpuPlan(batch, false, chunkRows));
        return halved(params);
    }

    /** The same with half the batch; empty when it is one nonce already. */
    Optional<GpuPlan> halved(ModelParams params) {
        if (batch == 1) return Optional.empty();
        int rows = Math.max(1, batch / 2) * params.seqLen();
        return Optional.of(new GpuPlan(batch / 2, materialised, Math.min(chunkRows, rows)));
    }

    private static Optional<GpuPlan> of(ModelParams params, int batch, boolean materialised, long freeBytes) {
        int rows = Math.multiplyExact(batch, params.seqLen());
        for (int parts = 1; parts == 1 || rows / parts >= MIN_CHUNK; parts *= 2) {
            GpuPlan plan = new GpuPlan(batch, materialised, Math.ceilDiv(rows, parts));
            if (plan.bytes(params) <= freeBytes) return Optional.of(plan);
        }
        return Optional.empty();
    }

    /** Nonces that fill the GPU, of at most about a second's work. */
    private static int fullBatch(ModelParams params, Room room) {
        long filling = (long) TILE_ROWS * room.multiprocessors() / params.seqLen();
        long second = Math.max(MIN_BATCH, (long) (room.operationsASecond() / params.flopsPerNonce()));
        long addressable = Integer.MAX_VALUE / params.seqLen();
        return Math.clamp(Math.min(Math.min(filling, second), addressable), 1, MAX_BATCH);
    }

    /** Bytes that weights and activations take, the pool's copy not included. */
    long bytes(ModelParams params) {
        return weightBytes(params, materialised) + activationBytes(params);
    }

    /** Bytes of the weights that lie on the device beside the pool. */
    static long weightBytes(ModelParams params, boolean materialised) {
        int layers = materialised ? params.nLayers() : Math.min(2, params.nLayers());
        return layers * LayerLayout.of(params).bytes() + aligned(2L * params.dim()) + aligned(2L * params.vocabSize() * params.dim());
    }

    /** Bytes of everything a batch needs on the device. */
    long activationBytes(ModelParams p) {
        long rows = (long) batch * p.seqLen();
        long streams = aligned(2 * rows * p.dim()) * (2 + SLOTS); // residual, x, and each slot's inputs
        long attention = aligned(2 * rows * (p.dim() + 2L * p.kvDim()));
        long hidden = aligned(2 * rows * p.hiddenDim());
        long gateUp = aligned(4L * chunkRows * p.hiddenDim());
        long ends = SLOTS * (aligned(4L * batch * p.vocabSize()) + aligned(8L * batch));
        long lastPositions = 2 * aligned(2L * batch * p.dim()) + aligned(2L * batch * p.vocabSize());
        long tables = aligned(4L * p.seqLen() * p.headDim()) + aligned(8L * p.vocabSize());
        return streams + attention + hidden + gateUp + ends + lastPositions + tables;
    }

    /** Rounded up to where the next array may begin. */
    static long aligned(long bytes) {
        return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
    }
}
