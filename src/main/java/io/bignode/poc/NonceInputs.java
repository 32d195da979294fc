package io.bignode.poc;

import io.bignode.random.Normals;
import io.bignode.random.Pcg64;
import io.bignode.random.SeedSequence;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The inputs of a batch of nonces.
 *
 * @param nonces the nonces
 * @param rows   one array for each nonce: its hidden states, float16, (seq_len, dim) row-major
 */
public record NonceInputs(List<Long> nonces, short[][] rows) {
    private static final int HASHES = 4;

    /** Draws the inputs of {@code nonces}, several at a time on the common pool's threads. */
    public static NonceInputs draw(String blockHash, String publicKey, ModelParams params, List<Long> nonces) {
        short[][] rows = new short[nonces.size()][];
        IntStream.range(0, rows.length).parallel().forEach(i -> rows[i] = draw(blockHash, publicKey, params, nonces.get(i)));
        return new NonceInputs(List.copyOf(nonces), rows);
    }

    /** Lowercase hexadecimal SHA-256 of the first nonce's float16 bytes. */
    public String firstSha256() {
        ByteBuffer bytes = ByteBuffer.allocate(2 * rows[0].length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asShortBuffer().put(rows[0]);
        return Digests.sha256(MemorySegment.ofBuffer(bytes));
    }

    private static short[] draw(String blockHash, String publicKey, ModelParams params, long nonce) {
        short[] row = new short[Math.multiplyExact(params.seqLen(), params.dim())];
        String seed = blockHash + "_" + publicKey + "_nonce" + nonce;
        new Normals(new Pcg64(SeedSequence.ofText(seed, HASHES))).fillHalf(row);
        return row;
    }
}
