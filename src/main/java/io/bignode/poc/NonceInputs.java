package io.bignode.poc;

import io.bignode.random.Normals;
import io.bignode.random.Pcg64;
import io.bignode.random.Permutation;
import io.bignode.random.SeedSequence;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The inputs of a batch of nonces, outside the Java heap: for each nonce its hidden states, float16, (seq_len, dim) row-major, and its permutation of
 * the logits, int32, (vocab_size). The memory is used again for the next batch. Not safe for use by several threads.
 */
public final class NonceInputs implements AutoCloseable {
    private static final int INPUT_HASHES = 4;
    private static final int PERMUTATION_HASHES = 1;

    private final ModelParams params;
    private final int capacity;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment rows;
    private final MemorySegment permutations;

    /** A nonce's hidden states are most of a megabyte: an array for each would be an object of its own region on a small heap. */
    private final ThreadLocal<short[]> drawn;

    private int count;

    /**
     * Room for batches; nothing is drawn yet.
     *
     * @param params   the model's shape
     * @param capacity the most nonces in a batch
     * @param memory   where the values shall lie
     */
    @SuppressWarnings("MustBeClosed") // this object owns the arena, and closes it when the allocation fails
    public NonceInputs(ModelParams params, int capacity, HostMemory memory) {
        this.params = params;
        this.capacity = capacity;
        this.drawn = ThreadLocal.withInitial(() -> new short[Math.multiplyExact(params.seqLen(), params.dim())]);
        try {
            this.rows = memory.allocate(arena, capacity * rowBytes(params));
            this.permutations = memory.allocate(arena, capacity * permutationBytes(params));
        } catch (RuntimeException | Error failure) {
            arena.close();
            throw failure;
        }
    }

    /**
     * Draws the inputs of a batch, several nonces at a time on the common pool's threads.
     *
     * @param nonces 1 to {@link #capacity()} of them
     */
    public void draw(String blockHash, String publicKey, List<Long> nonces) {
        if (nonces.isEmpty() || nonces.size() > capacity) throw new IllegalArgumentException(nonces.size() + " nonces, 1 to " + capacity + " can be taken");
        count = nonces.size();
        IntStream.range(0, count).parallel().forEach(i -> draw(i, blockHash, publicKey, nonces.get(i)));
    }

    /** The most nonces in a batch. */
    public int capacity() {
        return capacity;
    }

    /** Nonces in the batch drawn last. */
    public int count() {
        return count;
    }

    /** The hidden states of nonces {@code first .. first+count-1} of the batch, one nonce after the other. */
    public MemorySegment rows(int first, int count) {
        return rows.asSlice(first * rowBytes(params), count * rowBytes(params));
    }

    /** The permutations of nonces {@code first .. first+count-1} of the batch, one nonce after the other. */
    public MemorySegment permutations(int first, int count) {
        return permutations.asSlice(first * permutationBytes(params), count * permutationBytes(params));
    }

    /** Lowercase hexadecimal SHA-256 of the first nonce's float16 bytes. */
    public String firstSha256() {
        return Digests.sha256(rows(0, 1));
    }

    private void draw(int index, String blockHash, String publicKey, long nonce) {
        short[] row = drawn.get();
        String seed = blockHash + "_" + publicKey + "_nonce" + nonce;
        new Normals(new Pcg64(SeedSequence.ofText(seed, INPUT_HASHES))).fillHalf(row);
        MemorySegment.copy(row, 0, rows, ValueLayout.JAVA_SHORT, index * rowBytes(params), row.length);
        String order = blockHash + "_" + publicKey + "_nonce_" + nonce + "_permutations";
        int[] permutation = Permutation.draw(new Pcg64(SeedSequence.ofText(order, PERMUTATION_HASHES)), params.vocabSize());
        MemorySegment.copy(permutation, 0, permutations, ValueLayout.JAVA_INT, index * permutationBytes(params), permutation.length);
    }

    /** Bytes of each piece of memory that the inputs of so many nonces lie in. */
    public static List<Long> pieces(ModelParams params, int capacity) {
        return List.of(capacity * rowBytes(params), capacity * permutationBytes(params));
    }

    private static long rowBytes(ModelParams params) {
        return 2L * params.seqLen() * params.dim();
    }

    private static long permutationBytes(ModelParams params) {
        return 4L * params.vocabSize();
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) arena.close();
    }
}
