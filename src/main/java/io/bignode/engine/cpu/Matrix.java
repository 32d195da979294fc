package io.bignode.engine.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Activations off the heap: float32, row-major, dense.
 *
 * @param values  the floats
 * @param columns floats in a row
 */
record Matrix(MemorySegment values, int columns) {

    static Matrix allocate(Arena arena, long rows, int columns) {
        return new Matrix(Scratch.floats(arena, rows * columns), columns);
    }

    /** Copies part of a row out. */
    void read(long row, int column, float[] into, int count) {
        MemorySegment.copy(values, JAVA_FLOAT, offset(row, column), into, 0, count);
    }

    /** Copies part of a row in. */
    void write(long row, int column, float[] from, int count) {
        MemorySegment.copy(from, 0, values, JAVA_FLOAT, offset(row, column), count);
    }

    /** The values from an element on. */
    MemorySegment from(long row, int column) {
        return values.asSlice(offset(row, column));
    }

    private long offset(long row, int column) {
        return 4 * (row * columns + column);
    }
}
