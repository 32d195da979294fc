package io.bignode.poc;

import io.bignode.random.Normals;
import io.bignode.random.Pcg64;
import io.bignode.random.SeedSequence;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.apache.commons.statistics.distribution.BetaDistribution;

/** The unit vector a block asks for, and how far a nonce's output lands from it. Immutable. */
public final class Target {
    private final double[] vector;

    private Target(double[] vector) {
        this.vector = vector;
    }

    /** The target of a block: {@code vocabSize} standard normals, scaled to unit length. */
    public static Target of(String blockHash, int vocabSize) {
        double[] vector = new double[vocabSize];
        new Normals(new Pcg64(SeedSequence.ofText(blockHash + "_target", 1))).fill(vector);
        double norm = Math.sqrt(sumOfSquares(vector, 0, vocabSize));
        for (int i = 0; i < vocabSize; i++) {
            vector[i] /= norm;
        }
        return new Target(vector);
    }

    /**
     * The share of all directions that are nearer to a target than a distance. A nonce's output points anywhere with the same chance. The square of the cosine
     * between two such unit vectors in {@code n} dimensions is distributed as Beta(1/2, (n-1)/2), and the square of their distance is 2 - 2 · cosine.
     *
     * @param distance  above 0
     * @param vocabSize the vectors' dimensions
     * @return 0 to 1
     */
    public static double shareBelow(double distance, int vocabSize) {
        double cosine = 1 - distance * distance / 2;
        if (cosine <= -1 || vocabSize < 2) return 1;
        double beyond = BetaDistribution.of(0.5, (vocabSize - 1) / 2.0).survivalProbability(cosine * cosine) / 2;
        return cosine > 0 ? beyond : 1 - beyond;
    }

    /** The vector, a copy. */
    public double[] toArray() {
        return vector.clone();
    }

    /**
     * The distance of a nonce: its logits permuted, scaled to unit length in float32, and their Euclidean distance to the target in float64.
     *
     * @param permutation the nonce's, int32, (vocab_size)
     * @param logits      (rows, vocab_size), row-major
     * @param row         the nonce's row
     * @return a distance in [0, 2]
     */
    public double distance(MemorySegment permutation, float[] logits, int row) {
        int at = row * vector.length;
        double squares = 0;
        for (int i = at; i < at + vector.length; i++) {
            squares += (double) logits[i] * logits[i];
        }
        float norm = (float) Math.sqrt(squares);
        double sum = 0;
        for (int i = 0; i < vector.length; i++) {
            double difference = (double) (logits[at + permutation.getAtIndex(ValueLayout.JAVA_INT, i)] / norm) - vector[i];
            sum += difference * difference;
        }
        return Math.sqrt(sum);
    }

    /** The sum in the order NumPy adds it (by halves, down to 128 values in eight lanes), so that the target is the same to the last bit. */
    private static double sumOfSquares(double[] v, int from, int n) {
        if (n > 128) {
            int half = n / 2 - n / 2 % 8;
            return sumOfSquares(v, from, half) + sumOfSquares(v, from + half, n - half);
        }
        double[] lanes = new double[8];
        int whole = n - n % 8;
        for (int i = 0; i < whole; i++) {
            lanes[i % 8] += v[from + i] * v[from + i];
        }
        double sum = lanes[0] + lanes[1] + (lanes[2] + lanes[3]) + (lanes[4] + lanes[5] + (lanes[6] + lanes[7]));
        for (int i = from + whole; i < from + n; i++) {
            sum += v[i] * v[i];
        }
        return sum;
    }
}
