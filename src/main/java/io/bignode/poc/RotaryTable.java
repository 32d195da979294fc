package io.bignode.poc;

/**
 * Cosines and sines of the rotary position embedding, rounded to float16 and held as float32. Angles are float32, as the network's software
 * computes them: a position of a pair turns by {@code position * theta^(-2i / head_dim)}.
 *
 * @param cos (seq_len, head_dim / 2), row-major
 * @param sin (seq_len, head_dim / 2), row-major
 * @see <a href="https://arxiv.org/abs/2104.09864">Su et al., RoFormer, 2021</a>
 */
public record RotaryTable(float[] cos, float[] sin) {
    // Llama 3.1's scaling: wavelengths beyond the context are stretched, those in between blend.
    private static final float SCALE_FACTOR = 8;
    private static final float LOW_FREQUENCY_FACTOR = 1;
    private static final float HIGH_FREQUENCY_FACTOR = 4;
    private static final float TRAINED_POSITIONS = 8192;

    /** The table of a model. */
    public static RotaryTable of(ModelParams params) {
        int pairs = params.headDim() / 2;
        float[] cos = new float[params.seqLen() * pairs];
        float[] sin = new float[cos.length];
        for (int i = 0; i < pairs; i++) {
            float frequency = frequency(params, i);
            for (int position = 0; position < params.seqLen(); position++) {
                float angle = position * frequency;
                cos[position * pairs + i] = toHalf(Math.cos(angle));
                sin[position * pairs + i] = toHalf(Math.sin(angle));
            }
        }
        return new RotaryTable(cos, sin);
    }

    private static float frequency(ModelParams params, int pair) {
        float exponent = (float) (2 * pair) / params.headDim();
        float frequency = 1.0f / (float) Math.pow(params.ropeTheta(), exponent);
        return params.useScaledRope() ? scaled(frequency) : frequency;
    }

    private static float scaled(float frequency) {
        float wavelength = (1.0f / frequency) * (float) (2 * Math.PI);
        if (wavelength < TRAINED_POSITIONS / HIGH_FREQUENCY_FACTOR) {
            return frequency;
        }
        if (wavelength > TRAINED_POSITIONS / LOW_FREQUENCY_FACTOR) {
            return frequency / SCALE_FACTOR;
        }
        float smooth = (TRAINED_POSITIONS / wavelength - LOW_FREQUENCY_FACTOR) / (HIGH_FREQUENCY_FACTOR - LOW_FREQUENCY_FACTOR);
        return (1 - smooth) * frequency / SCALE_FACTOR + smooth * frequency;
    }

    private static float toHalf(double value) {
        return Float.float16ToFloat(Float.floatToFloat16((float) value));
    }
}
