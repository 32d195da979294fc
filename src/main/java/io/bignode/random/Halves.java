package io.bignode.random;

/** Rounds normals to float16, a cacheful at a time. */
final class Halves {
    /** Values rounded at a time. */
    static final int CAPACITY = 1024;

    /** The values to round. */
    final double[] values = new double[CAPACITY];

    private final float[] singles = new float[CAPACITY];
    private final double scale;

    Halves(double scale) {
        this.scale = scale;
    }

    /** Rounds {@code 0.0 + scale * value}, as NumPy's {@code normal} computes it, to float32 and then to float16. */
    void round(int count, short[] into, int at) {
        for (int i = 0; i < count; i++) {
            singles[i] = (float) (0.0 + scale * values[i]);
        }
        for (int i = 0; i < count; i++) {
            into[at + i] = Float.floatToFloat16(singles[i]);
        }
    }
}
