package io.bignode.poc;

import io.bignode.random.ParallelNormals;
import io.bignode.random.Pcg64;
import io.bignode.random.SeedSequence;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.LongConsumer;

/**
 * The float16 normals every weight tensor is cut from: one for each (block hash, size), shared by all sessions and devices of a host. The
 * values lie outside the Java heap; closing the pool frees them, and nothing may read them from then on.
 */
public final class WeightPool implements AutoCloseable {
    /** Standard deviation of the weights. */
    private static final double SCALE = 0.02;

    /** SHA-256 digests that make up the entropy of the pool's stream. */
    private static final int HASHES = 4;

    private final String blockHash;
    private final MemorySegment values;
    private final Arena arena;

    /**
     * A pool of values made elsewhere, a cache file for instance.
     *
     * @param blockHash the block whose hash seeded them
     * @param values    float16 values, little-endian
     * @param arena     owns {@code values}; closed with the pool
     */
    WeightPool(String blockHash, MemorySegment values, Arena arena) {
        this.blockHash = blockHash;
        this.values = values;
        this.arena = arena;
    }

    /**
     * Draws a pool.
     *
     * @param blockHash seeds the draw
     * @param size      number of values
     * @param threads   threads to draw with; the values do not depend on it
     * @param memory    where the values shall lie
     * @param progress  told, from any thread, how many values were made since it was told last
     * @throws InterruptedException when interrupted; nothing stays allocated
     */
    @SuppressWarnings("MustBeClosed") // the pool owns the arena, and closes it when the draw fails
    public static WeightPool generate(String blockHash, long size, int threads, HostMemory memory, LongConsumer progress)
            throws InterruptedException {
        Arena arena = Arena.ofShared();
        try {
            MemorySegment values = memory.allocate(arena, 2 * size);
            ParallelNormals.draw(
                    new Pcg64(SeedSequence.ofText(blockHash, HASHES)),
                    size,
                    SCALE,
                    threads,
                    (index, halves, from, count) ->
                            MemorySegment.copy(halves, from, values, ValueLayout.JAVA_SHORT, 2 * index, count),
                    progress);
            return new WeightPool(blockHash, values, arena);
        } catch (InterruptedException | RuntimeException | Error failure) {
            arena.close();
            throw failure;
        }
    }

    /** The block whose hash seeds the values. */
    public String blockHash() {
        return blockHash;
    }

    /** Number of values. */
    public long size() {
        return values.byteSize() / 2;
    }

    /** The values, float16, little-endian; valid until the pool is closed. */
    public MemorySegment values() {
        return values;
    }

    /** Lowercase hexadecimal SHA-256 of the values' bytes. */
    public String sha256() {
        return Digests.sha256(values);
    }

    /**
     * The tensor of this name.
     *
     * @param name     its name in the model, for instance {@code layers.0.attention.wq.weight}
     * @param elements its number of elements
     */
    public WeightTensor tensor(String name, long elements) {
        long hash = Digests.leading32Bits(blockHash + "_" + name);
        long size = size();
        return elements <= size
                ? new WeightTensor(values, elements, hash % (size - elements + 1))
                : new WeightTensor(values, elements, hash % elements);
    }

    @Override
    public void close() {
        arena.close();
    }
}
