package io.bignode.engine.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.bignode.poc.WeightTensor;
import java.lang.foreign.MemorySegment;
import java.util.function.BooleanSupplier;

/**
 * Products of activations with weight tensors. The result is cut into tiles; a thread widens the tile's weights from the pool, multiplies, and
 * hands each row of the tile to a sink while it is still in its cache. Which thread takes which tile changes no
 * bit; another number of threads cuts other tiles and may change the last ones.
 */
final class Products {
    /** Fewer columns than this are not worth a tile: the other operand would be packed for too little work. */
    private static final int MIN_COLUMNS = 64;

    private static final int MIN_ROWS = 64;

    private final ComputeThreads<Scratch> threads;
    private final BooleanSupplier cancelled;

    Products(ComputeThreads<Scratch> threads, BooleanSupplier cancelled) {
        this.threads = threads;
        this.cancelled = cancelled;
    }

    /** Takes one row of a result tile, unrounded, in {@code scratch.row[0 .. count)}; may use the scratch's other arrays. */
    @FunctionalInterface
    interface RowSink {
        void accept(int row, int column, int count, Scratch scratch);
    }

    /**
     * {@code x · wᵀ}.
     *
     * @param x    (rows, k)
     * @param w    (n, k)
     * @param sink takes the result (rows, n) by rows of tiles
     */
    void linear(Matrix x, int rows, WeightTensor w, int n, RowSink sink) {
        tiles(rows, n, (row, height, column, width, scratch) -> {
            multiply(x, row, height, w, column, width, scratch.result, scratch);
            for (int i = 0; i < height && !cancelled.getAsBoolean(); i++) {
                MemorySegment.copy(scratch.result, JAVA_FLOAT, 4L * i * width, scratch.row, 0, width);
                sink.accept(row + i, column, width, scratch);
            }
        });
    }

    /**
     * {@code silu(x · w1ᵀ) * (x · w3ᵀ)}.
     *
     * @param x    (rows, k)
     * @param w1   (n, k)
     * @param w3   (n, k)
     * @param into (rows, n)
     */
    void gated(Matrix x, int rows, WeightTensor w1, WeightTensor w3, int n, Matrix into) {
        tiles(rows, n, (row, height, column, width, scratch) -> {
            multiply(x, row, height, w1, column, width, scratch.result, scratch);
            multiply(x, row, height, w3, column, width, scratch.secondResult, scratch);
            for (int i = 0; i < height && !cancelled.getAsBoolean(); i++) {
                MemorySegment.copy(scratch.result, JAVA_FLOAT, 4L * i * width, scratch.row, 0, width);
                MemorySegment.copy(scratch.secondResult, JAVA_FLOAT, 4L * i * width, scratch.secondRow, 0, width);
                Rows.swiglu(scratch.row, scratch.secondRow, scratch.halves, width);
                into.write(row + i, column, scratch.row, width);
            }
        });
    }

    @FunctionalInterface
    private interface Tile {
        void run(int row, int height, int column, int width, Scratch scratch);
    }

    private void tiles(int rows, int n, Tile tile) {
        int width = Math.min(Scratch.MAX_COLUMNS, Math.max(MIN_COLUMNS, Math.ceilDiv(n, threads.threads())));
        width = Math.ceilDiv(n, Math.ceilDiv(n, width));
        int across = Math.ceilDiv(n, width);
        int down = Math.max(Math.ceilDiv(rows, Scratch.MAX_ROWS), Math.min(rows / MIN_ROWS, threads.threads() / across));
        int height = Math.ceilDiv(rows, Math.max(1, down));
        int columns = width;
        threads.run(across * Math.ceilDiv(rows, height), (index, scratch) -> {
            int row = index / across * height;
            int column = index % across * columns;
            tile.run(row, Math.min(height, rows - row), column, Math.min(columns, n - column), scratch);
        });
    }

    private void multiply(
            Matrix x, int row, int height, WeightTensor w, int column, int width, MemorySegment result, Scratch scratch) {
        int k = x.columns();
        int depth = Math.ceilDiv(k, Math.ceilDiv(k, Scratch.MAX_DEPTH));
        for (int at = 0; at < k && !cancelled.getAsBoolean(); at += depth) {
            int d = Math.min(depth, k - at);
            scratch.loadWeights(w, column, width, k, at, d);
            OpenBlas.timesTransposed(
                    height, width, d, x.from(row, at), k, scratch.weights, d, at == 0 ? 0f : 1f, result, width);
        }
    }

}
