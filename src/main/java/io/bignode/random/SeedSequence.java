package io.bignode.random;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Spreads entropy of any length over a generator's initial state.
 *
 * @see <a href="https://numpy.org/doc/stable/reference/random/bit_generators/generated/numpy.random.SeedSequence.html">NumPy's SeedSequence</a>
 */
public final class SeedSequence {
    private static final int POOL = 4;
    private static final int INIT_A = 0x43b0d7e5;
    private static final int MULTIPLIER_A = 0x931e8875;
    private static final int INIT_B = 0x8b51f9dd;
    private static final int MULTIPLIER_B = 0x58f38ded;
    private static final int MIX_LEFT = 0xca01f9dd;
    private static final int MIX_RIGHT = 0x4973f715;

    private final int[] pool = new int[POOL];
    private int hash = INIT_A;

    /**
     * Mixes entropy.
     *
     * @param entropy unsigned 32-bit words, any number of them
     */
    public SeedSequence(int... entropy) {
        for (int i = 0; i < POOL; i++) {
            pool[i] = hash(i < entropy.length ? entropy[i] : 0);
        }
        for (int source = 0; source < POOL; source++) {
            for (int to = 0; to < POOL; to++) {
                if (to != source) {
                    pool[to] = mix(pool[to], hash(pool[source]));
                }
            }
        }
        for (int i = POOL; i < entropy.length; i++) {
            for (int to = 0; to < POOL; to++) {
                pool[to] = mix(pool[to], hash(entropy[i]));
            }
        }
    }

    /**
     * Takes the entropy from the SHA-256 digests of {@code <seed>_0}, {@code <seed>_1}, ….
     *
     * @param seed   any text, hashed as UTF-8
     * @param hashes how many digests
     */
    public static SeedSequence ofText(String seed, int hashes) {
        int[] words = new int[8 * hashes];
        MessageDigest digest = sha256();
        for (int i = 0; i < hashes; i++) {
            byte[] bytes = digest.digest((seed + "_" + i).getBytes(StandardCharsets.UTF_8));
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(words, 8 * i, 8);
        }
        return new SeedSequence(words);
    }

    /** The first {@code count} 64-bit words of state. */
    long[] state(int count) {
        long[] words = new long[count];
        int h = INIT_B;
        for (int i = 0; i < 2 * count; i++) {
            int value = pool[i % POOL] ^ h;
            h *= MULTIPLIER_B;
            value *= h;
            value ^= value >>> 16;
            words[i / 2] |= Integer.toUnsignedLong(value) << (i % 2 * 32);
        }
        return words;
    }

    private int hash(int value) {
        int v = value ^ hash;
        hash *= MULTIPLIER_A;
        v *= hash;
        return v ^ v >>> 16;
    }

    private static int mix(int x, int y) {
        int r = MIX_LEFT * x - MIX_RIGHT * y;
        return r ^ r >>> 16;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }
}
