package io.bignode.engine.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.bignode.poc.ModelParams;
import io.bignode.poc.WeightTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** One thread's working memory for a model: a tile of weights, tiles of results, and rows on the heap for the elementwise steps. */
final class Scratch {
    /** Columns of a result tile: more would not speed the product up, fewer would pack its other operand more often. */
    static final int MAX_COLUMNS = 1024;

    /** Depth of a weight tile. */
    static final int MAX_DEPTH = 2048;

    /** Rows of a result tile. */
    static final int MAX_ROWS = 2048;

    /** Query positions whose scores are held at once. */
    static final int QUERIES = 64;

    final MemorySegment weights;
    final MemorySegment result;
    final MemorySegment secondResult;
    final MemorySegment scores;
    final float[] row;
    final float[] secondRow;
    final short[] halves;

    /**
     * Allocates.
     *
     * @param arena  owns the off-heap part
     * @param params the model's shape
     * @param rows   rows of activations in the largest batch
     */
    Scratch(Arena arena, ModelParams params, int rows) {
        long resultFloats = (long) Math.min(rows, MAX_ROWS) * MAX_COLUMNS;
        this.weights = floats(arena, (long) MAX_COLUMNS * MAX_DEPTH);
        this.result = floats(arena, resultFloats);
        this.secondResult = floats(arena, resultFloats);
        this.scores = floats(arena, scoreFloats(params));
        int width = Math.max(Math.max(params.dim(), params.seqLen()), MAX_DEPTH);
        this.row = new float[width];
        this.secondRow = new float[width];
        this.halves = new short[width];
    }

    /** Bytes off the heap that a thread's scratch takes. */
    static long bytes(ModelParams params, int rows) {
        long results = 2L * Math.min(rows, MAX_ROWS) * MAX_COLUMNS;
        return 4 * ((long) MAX_COLUMNS * MAX_DEPTH + results + scoreFloats(params));
    }

    /** Widens {@code rows} rows of a weight tensor, from column {@code column} on, into {@link #weights}, densely. */
    void loadWeights(WeightTensor tensor, int firstRow, int rows, int stride, int column, int depth) {
        for (int i = 0; i < rows; i++) {
            tensor.read((long) (firstRow + i) * stride + column, halves, 0, depth);
            Rows.widen(halves, row, depth);
            MemorySegment.copy(row, 0, weights, JAVA_FLOAT, 4L * i * depth, depth);
        }
    }

    static MemorySegment floats(Arena arena, long count) {
        return arena.allocate(4 * count, 64);
    }

    private static long scoreFloats(ModelParams params) {
        return (long) Math.min(QUERIES, params.seqLen()) * params.seqLen();
    }
}
