package io.bignode.random;

/** Takes runs of float16 values, from several threads at once and in any order; each index is given once. */
@FunctionalInterface
public interface HalfSink {
    /**
     * Takes a run.
     *
     * @param index  index of its first value
     * @param values holds the run
     * @param from   where the run begins in {@code values}
     * @param count  its length
     */
    void accept(long index, short[] values, int from, int count);
}
