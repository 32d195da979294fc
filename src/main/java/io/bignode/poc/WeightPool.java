package io.bignode.poc;

import io.bignode.random.ParallelNormals;
import io.bignode.random.Pcg64;
import io.bignode.random.SeedSequence;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
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
    private final DrawnValues drawn;

    /** Whoever copies values holds the one, whoever frees them the other. */
    private final ReentrantReadWriteLock memory = new ReentrantReadWriteLock();

    /**
     * A pool of values made elsewhere, a cache file for instance.
     *
     * @param blockHash the block whose hash seeded them
     * @param values    float16 values, little-endian
     * @param arena     owns {@code values}; closed with the pool
     */
    WeightPool(String blockHash, MemorySegment values, Arena arena) {
        this(blockHash, values, arena, new DrawnValues());
        drawn.add(0, size());
    }

    private WeightPool(String blockHash, MemorySegment values, Arena arena, DrawnValues drawn) {
        this.blockHash = blockHash;
        this.values = values;
        this.arena = arena;
        this.drawn = drawn;
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
    public static WeightPool generate(String blockHash, long size, int threads, HostMemory memory, LongConsumer progress)
            throws InterruptedException {
        return generate(blockHash, size, threads, memory, _ -> {}, progress);
    }

    /**
     * The same for a pool whose values are copied while they are drawn.
     *
     * @param begun receives the pool before its first value is drawn: until the draw is over, it can be {@linkplain #copy copied} and nothing else
     */
    @SuppressWarnings("MustBeClosed") // the pool owns the arena, and closes it when the draw fails
    public static WeightPool generate(String blockHash, long size, int threads, HostMemory memory, Consumer<WeightPool> begun, LongConsumer progress)
            throws InterruptedException {
        Arena arena = Arena.ofShared();
        MemorySegment values;
        try {
            values = memory.allocate(arena, 2 * size);
        } catch (RuntimeException | Error failure) {
            arena.close();
            throw failure;
        }
        WeightPool pool = new WeightPool(blockHash, values, arena, new DrawnValues());
        try {
            begun.accept(pool);
            ParallelNormals.draw(new Pcg64(SeedSequence.ofText(blockHash, HASHES)), size, SCALE, threads, pool::take, progress);
            return pool;
        } catch (InterruptedException | RuntimeException | Error failure) {
            pool.drawn.giveUp();
            pool.close();
            throw failure;
        }
    }

    private void take(long index, short[] halves, int from, int count) {
        MemorySegment.copy(halves, from, values, ValueLayout.JAVA_SHORT, 2 * index, count);
        drawn.add(index, count);
    }

    /**
     * Copies values from a place on, as many as are there and fit. Waits until one is there, where the pool is still being drawn.
     *
     * @param from bytes from the pool's begin
     * @return bytes copied, at least 2
     * @throws IllegalStateException when the draw was given up
     */
    public long copy(long from, MemorySegment to) {
        long there = 2 * drawn.awaitMoreThan(from / 2);
        memory.readLock().lock();
        try {
            long bytes = Math.min(there - from, to.byteSize());
            MemorySegment.copy(values, from, to, 0, bytes);
            return bytes;
        } finally {
            memory.readLock().unlock();
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
        memory.writeLock().lock();
        try {
            arena.close();
        } finally {
            memory.writeLock().unlock();
        }
    }
}
