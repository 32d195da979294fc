package io.bignode.proof.vllm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * The vectors of the stand-in backend: unit vectors of float16 that depend on what the function's vectors depend on, and on nothing else. Two backends that serve
 * the same model give the same ones; a backend that forges gives others.
 */
final class Vectors {
    private Vectors() {}

    /**
     * The vector of a nonce, as it stands in an artifact.
     *
     * @param salt empty for a sound backend
     */
    static String of(String blockHash, String publicKey, String model, int seqLen, long nonce, int dimensions, String salt) {
        SplittableRandom random = new SplittableRandom(seed(blockHash + '|' + publicKey + '|' + model + '|' + seqLen + '|' + nonce + '|' + salt));
        double[] values = new double[dimensions];
        double square = 0;
        for (int i = 0; i < dimensions; i++) {
            values[i] = random.nextGaussian();
            square += values[i] * values[i];
        }
        ByteBuffer bytes = ByteBuffer.allocate(2 * dimensions).order(ByteOrder.LITTLE_ENDIAN);
        for (double value : values) bytes.putShort(Float.floatToFloat16((float) (value / Math.sqrt(square))));
        return Base64.getEncoder().encodeToString(bytes.array());
    }

    /** The vectors of a key's first nonces on the model of {@link BackendNode}, for block {@code ab}, node 1 of 3. */
    static Map<Long, String> ofBlock(String key, String salt) {
        Map<Long, String> vectors = new TreeMap<>();
        for (long nonce = 1; nonce < 60; nonce += 3) vectors.put(nonce, of("ab", key, BackendNode.MODEL, BackendNode.SEQUENCE, nonce, 12, salt));
        return vectors;
    }

    /** The Euclidean distance of two vectors of one length; infinite where the lengths differ or a value is not finite. */
    static double distance(byte[] left, byte[] right) {
        if (left.length != right.length || left.length % 2 != 0) return Double.POSITIVE_INFINITY;
        ByteBuffer a = ByteBuffer.wrap(left).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer b = ByteBuffer.wrap(right).order(ByteOrder.LITTLE_ENDIAN);
        double square = 0;
        while (a.hasRemaining()) {
            double difference = (double) Float.float16ToFloat(a.getShort()) - Float.float16ToFloat(b.getShort());
            square += difference * difference;
        }
        return Double.isFinite(square) ? Math.sqrt(square) : Double.POSITIVE_INFINITY;
    }

    /** The probability of so many mismatches or more among n, where each comes with probability p. */
    static double tail(int n, int mismatches, double p) {
        double sum = 0;
        double term = Math.pow(1 - p, n);
        for (int k = 0; k <= n; k++) {
            if (k >= mismatches) sum += term;
            term *= (double) (n - k) / (k + 1) * p / (1 - p);
        }
        return Math.min(1, sum);
    }

    private static long seed(String of) {
        try {
            return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(of.getBytes(StandardCharsets.UTF_8))).getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
