package io.bignode.random;

/** Rounds normals to float16, a cacheful at a time. */
final class Halves {
    /** Values rounded at a time. */
    static final int CAPACITY = 1024;

    /** The values to round. */
    final double[] values = new double[CAPACITY];

    private final double location;
    private final double scale;

    private Halves(double location, double scale) {
        this.location = location;
        this.scale = scale;
    }

    /** Rounds values as they are. The ziggurat can give -0.0, which adding -0.0 leaves alone and adding 0.0 would not. */
    static Halves standard() {
        return new Halves(-0.0, 1.0);
    }

    /** Rounds {@code 0.0 + scale * value}, as NumPy's {@code normal} computes it. */
    static Halves scaled(double scale) {
        return new Halves(0.0, scale);
    }

    /** Rounds the first {@code count} values to float32 and then to float16. */
    void round(int count, short[] into, int at) {
        double shift = location;
        double factor = scale;
        for (int i = 0; i < count; i++) {
            into[at + i] = Float.floatToFloat16((float) (shift + factor * values[i]));
        }
    }
}
