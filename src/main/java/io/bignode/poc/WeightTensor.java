package io.bignode.poc;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A weight tensor, row-major, as a view of the weight pool. One no larger than the pool is a slice of it. A larger one is the pool repeated to
 * the tensor's length and rotated left, so that it too is read from the pool and never stored.
 */
public final class WeightTensor {
    private final MemorySegment pool;
    private final long poolSize;
    private final long elements;
    private final long start;

    /**
     * A view.
     *
     * @param pool     the pool's values
     * @param elements the tensor's elements
     * @param start    where the tensor begins: in the pool when it fits there, in the repeated pool otherwise
     */
    WeightTensor(MemorySegment pool, long elements, long start) {
        this.pool = pool;
        this.poolSize = pool.byteSize() / 2;
        this.elements = elements;
        this.start = start;
    }

    /** Number of elements. */
    public long elements() {
        return elements;
    }

    /** Where it begins: in the pool when it fits there, in the repeated pool otherwise. */
    public long start() {
        return start;
    }

    /**
     * Copies elements out.
     *
     * @param first index of the first element
     * @param into  float16 values
     * @param at    where in {@code into}
     * @param count how many
     */
    public void read(long first, short[] into, int at, int count) {
        if (elements <= poolSize) {
            MemorySegment.copy(pool, ValueLayout.JAVA_SHORT, 2 * (start + first), into, at, count);
            return;
        }
        // Rotation wraps at the tensor's length, repetition at the pool's: a read may cross both.
        long index = first + start;
        int done = 0;
        while (done < count) {
            long repeated = index >= elements ? index - elements : index;
            long inPool = repeated % poolSize;
            long run = Math.min(Math.min(poolSize - inPool, elements - repeated), count - done);
            MemorySegment.copy(pool, ValueLayout.JAVA_SHORT, 2 * inPool, into, at + done, (int) run);
            done += (int) run;
            index = repeated + run;
        }
    }
}
