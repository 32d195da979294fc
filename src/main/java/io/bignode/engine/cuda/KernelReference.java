package io.bignode.engine.cuda;

import java.util.function.DoubleUnaryOperator;

/**
 * What each kernel computes, stated plainly in Java: sums in float64, rounded to float16 where the function says. Values are float16 held as float32, so that
 * a kernel's results can differ from these only where its sums, taken in another order, fall on the other side of a rounding.
 */
final class KernelReference {
    private KernelReference() {}

    /** As float16 holds it. */
    static float half(double value) {
        return Float.float16ToFloat(Float.floatToFloat16((float) value));
    }

    /**
     * The sum and the normalised rows of {@code norm.cu}.
     *
     * @param sum (rows, dim)
     * @param out (rows, dim)
     */
    record Normalised(float[] sum, float[] out) {}

    /**
     * Addition and normalisation.
     *
     * @param residual rows of dim values, of which the rows first, first + step, … are taken
     * @param delta    (rows, dim); empty for nothing
     * @param weight   (dim)
     */
    static Normalised normalise(int rows, float[] residual, int first, int step, float[] delta, float[] weight, float eps) {
        int dim = weight.length;
        float[] sum = new float[rows * dim];
        float[] out = new float[rows * dim];
        for (int row = 0; row < rows; row++) {
            double squares = 0;
            for (int i = 0; i < dim; i++) {
                float from = residual[(first + row * step) * dim + i];
                float h = delta.length == 0 ? from : half(from + delta[row * dim + i]);
                sum[row * dim + i] = h;
                squares += (double) h * h;
            }
            double inverse = 1 / Math.sqrt(squares / dim + eps);
            for (int i = 0; i < dim; i++) out[row * dim + i] = half(half(sum[row * dim + i] * inverse) * weight[i]);
        }
        return new Normalised(sum, out);
    }

    /** The gated linear unit: gateUp (rows, 2 * width), the gate's columns first; (rows, width). */
    static float[] gate(int rows, float[] gateUp, int width) {
        float[] out = new float[rows * width];
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < width; i++) out[row * width + i] = gated(gateUp[row * 2 * width + i], gateUp[row * 2 * width + width + i]);
        }
        return out;
    }

    /** {@code silu(gate) * up}. */
    static float gated(float gate, float up) {
        return half(half(gate / (1 + Math.exp(-gate))) * up);
    }

    /** {@code x (rows, k) · w (n, k)ᵀ}; rows of x begin xStride values apart. */
    static float[] product(int rows, int n, int k, float[] x, int xStride, float[] w) {
        float[] out = new float[rows * n];
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < n; column++) out[row * n + column] = half(dot(x, row * xStride, w, column * k, k));
        }
        return out;
    }

    private static double dot(float[] a, int aAt, float[] b, int bAt, int n) {
        double sum = 0;
        for (int i = 0; i < n; i++) sum += (double) a[aAt + i] * b[bAt + i];
        return sum;
    }

    /**
     * Causal attention.
     *
     * @param query  (nonces * queries, heads * headDim)
     * @param key    (nonces * positions, kvHeads * headDim)
     * @param value  the same
     * @param rotary (positions, headDim / 2) of (cos, sin)
     */
    static float[] attention(Attention.Sizes s, int headDim, float[] query, float[] key, float[] value, float[] rotary) {
        return attention(s, headDim, query, key, value, rotary, DoubleUnaryOperator.identity());
    }

    /**
     * The same, for sums of scores that are a little off.
     *
     * @param sums what becomes of a score's sum before it is rounded
     */
    static float[] attention(
            Attention.Sizes s, int headDim, float[] query, float[] key, float[] value, float[] rotary, DoubleUnaryOperator sums) {
        int dim = s.heads() * headDim;
        int kv = s.kvHeads() * headDim;
        int earlier = s.positions() - s.queries();
        float[] turnedKey = key.clone();
        for (int row = 0; row < s.nonces() * s.positions(); row++) rotate(turnedKey, row * kv, s.kvHeads(), headDim, rotary, row % s.positions());
        float[] turnedQuery = query.clone();
        for (int row = 0; row < s.nonces() * s.queries(); row++) rotate(turnedQuery, row * dim, s.heads(), headDim, rotary, earlier + row % s.queries());
        float[] out = new float[s.nonces() * s.queries() * dim];
        float[] scores = new float[s.positions()];
        for (int row = 0; row < s.nonces() * s.queries(); row++) {
            int nonce = row / s.queries();
            int seen = earlier + row % s.queries() + 1;
            for (int head = 0; head < s.heads(); head++) {
                int group = head / (s.heads() / s.kvHeads());
                int keys = nonce * s.positions() * kv + group * headDim;
                float maximum = Float.NEGATIVE_INFINITY;
                for (int i = 0; i < seen; i++) {
                    scores[i] = half(half(sums.applyAsDouble(dot(turnedQuery, row * dim + head * headDim, turnedKey, keys + i * kv, headDim))) / (float) Math.sqrt(headDim));
                    maximum = Math.max(maximum, scores[i]);
                }
                double sum = 0;
                for (int i = 0; i < seen; i++) sum += Math.exp(scores[i] - maximum);
                for (int i = 0; i < seen; i++) scores[i] = half(Math.exp(scores[i] - maximum) / sum);
                for (int c = 0; c < headDim; c++) {
                    double result = 0;
                    for (int i = 0; i < seen; i++) result += (double) scores[i] * value[keys + i * kv + c];
                    out[row * dim + head * headDim + c] = half(result);
                }
            }
        }
        return out;
    }

    private static void rotate(float[] row, int at, int heads, int headDim, float[] rotary, int position) {
        for (int pair = 0; pair < heads * headDim / 2; pair++) {
            float cos = rotary[position * headDim + 2 * (pair % (headDim / 2))];
            float sin = rotary[position * headDim + 2 * (pair % (headDim / 2)) + 1];
            float re = row[at + 2 * pair];
            float im = row[at + 2 * pair + 1];
            row[at + 2 * pair] = half((double) re * cos - (double) im * sin);
            row[at + 2 * pair + 1] = half((double) im * cos + (double) re * sin);
        }
    }

    /** The distances of logits (nonces, vocab), permuted, from the target. */
    static double[] distances(int nonces, float[] logits, int[] permutations, double[] target) {
        int vocab = target.length;
        double[] distances = new double[nonces];
        for (int nonce = 0; nonce < nonces; nonce++) {
            double squares = 0;
            for (int i = 0; i < vocab; i++) squares += (double) logits[nonce * vocab + i] * logits[nonce * vocab + i];
            float norm = (float) Math.sqrt(squares);
            double sum = 0;
            for (int i = 0; i < vocab; i++) {
                double difference = (double) (logits[nonce * vocab + permutations[nonce * vocab + i]] / norm) - target[i];
                sum += difference * difference;
            }
            distances[nonce] = Math.sqrt(sum);
        }
        return distances;
    }
}
