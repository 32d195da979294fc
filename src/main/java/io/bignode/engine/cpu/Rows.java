package io.bignode.engine.cpu;

/**
 * Elementwise steps on rows of activations. An activation is held as float32 whose value float16 can represent: every method leaves its result
 * rounded so. Loops are short and over arrays, in the form the compiler turns into vector instructions.
 */
final class Rows {
    /** SiLU of every float16 value, indexed by its bits: {@code x * sigmoid(x)} in float32, rounded to float16, widened again. */
    private static final float[] SILU = silu();

    private Rows() {}

    /** Rounds to float16. */
    static void round(float[] x, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = Float.float16ToFloat(Float.floatToFloat16(x[i]));
        }
    }

    /** Widens float16 to float32. */
    static void widen(short[] x, float[] into, int n) {
        for (int i = 0; i < n; i++) {
            into[i] = Float.float16ToFloat(x[i]);
        }
    }

    /** {@code x += y}, the sum rounded; both are already. */
    static void add(float[] x, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = Float.float16ToFloat(Float.floatToFloat16(x[i] + y[i]));
        }
    }

    /**
     * Root-mean-square normalisation.
     *
     * @param x      activations of one position, (n); replaced by the result
     * @param weight scale, (n)
     * @param eps    added to the mean square before the root
     * @see <a href="https://arxiv.org/abs/1910.07467">Zhang and Sennrich, 2019</a>
     */
    static void normalise(float[] x, float[] weight, float eps, int n) {
        float inverse = 1f / (float) Math.sqrt((float) (sumOfSquares(x, n) / n) + eps);
        for (int i = 0; i < n; i++) {
            x[i] = Float.float16ToFloat(Float.floatToFloat16(x[i] * inverse));
        }
        for (int i = 0; i < n; i++) {
            x[i] = Float.float16ToFloat(Float.floatToFloat16(x[i] * weight[i]));
        }
    }

    /**
     * Gated linear unit: {@code gate = silu(gate) * up}. Both come unrounded from their products.
     *
     * @param gate w1 · x, (n); replaced by the result
     * @param up   w3 · x, (n)
     * @param bits scratch, (n)
     */
    static void swiglu(float[] gate, float[] up, short[] bits, int n) {
        // A loop of its own for the bits: the compiler can widen it, the look-up it cannot.
        for (int i = 0; i < n; i++) {
            bits[i] = Float.floatToFloat16(gate[i]);
        }
        for (int i = 0; i < n; i++) {
            gate[i] = SILU[bits[i] & 0xFFFF];
        }
        round(up, n);
        for (int i = 0; i < n; i++) {
            gate[i] = Float.float16ToFloat(Float.floatToFloat16(gate[i] * up[i]));
        }
    }

    /**
     * Rotates one position's heads: neighbours (2i, 2i+1) of a head are a pair.
     *
     * @param x    queries or keys of one position, unrounded, (heads * 2 * pairs); replaced by the result
     * @param cos  cosines, of this position from {@code at} on
     * @param sin  sines, likewise
     * @param pairs pairs in a head
     */
    static void rotate(float[] x, int n, float[] cos, float[] sin, int at, int pairs) {
        round(x, n);
        for (int head = 0; head < n; head += 2 * pairs) {
            for (int i = 0; i < pairs; i++) {
                int even = head + 2 * i;
                float real = x[even];
                float imaginary = x[even + 1];
                x[even] = real * cos[at + i] - imaginary * sin[at + i];
                x[even + 1] = imaginary * cos[at + i] + real * sin[at + i];
            }
        }
        round(x, n);
    }

    /**
     * Softmax over one query's scores.
     *
     * @param scores q · kᵀ, unrounded, over the keys the query may see, (n); replaced by the probabilities
     * @param root   square root of the head's width
     */
    static void softmax(float[] scores, float root, int n) {
        round(scores, n);
        for (int i = 0; i < n; i++) {
            scores[i] = Float.float16ToFloat(Float.floatToFloat16(scores[i] / root));
        }
        float max = scores[0];
        for (int i = 1; i < n; i++) {
            max = Math.max(max, scores[i]);
        }
        float sum = 0;
        for (int i = 0; i < n; i++) {
            scores[i] = (float) Math.exp(scores[i] - max);
            sum += scores[i];
        }
        for (int i = 0; i < n; i++) {
            scores[i] = Float.float16ToFloat(Float.floatToFloat16(scores[i] / sum));
        }
    }

    // Four sums, so that an addition need not wait for the one before it.
    private static double sumOfSquares(float[] x, int n) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = 0;
        for (; i + 3 < n; i += 4) {
            a += (double) x[i] * x[i];
            b += (double) x[i + 1] * x[i + 1];
            c += (double) x[i + 2] * x[i + 2];
            d += (double) x[i + 3] * x[i + 3];
        }
        for (; i < n; i++) {
            a += (double) x[i] * x[i];
        }
        return a + b + c + d;
    }

    private static float[] silu() {
        float[] table = new float[1 << 16];
        for (int bits = 0; bits < table.length; bits++) {
            float x = Float.float16ToFloat((short) bits);
            float value = (float) (x / (1 + StrictMath.exp(-(double) x)));
            table[bits] = Float.float16ToFloat(Float.floatToFloat16(value));
        }
        return table;
    }
}
