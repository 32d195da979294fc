package io.bignode.random;

/**
 * The PCG64 generator (XSL-RR output over a 128-bit linear congruential state), as NumPy seeds and steps it. Not safe for use by several threads.
 *
 * @see <a href="https://www.pcg-random.org/paper.html">O'Neill, 2014</a>
 */
public final class Pcg64 {
    private static final long MULTIPLIER_HIGH = 0x2360ed051fc65da4L;
    private static final long MULTIPLIER_LOW = 0x4385df649fccf645L;

    private final Affine step;
    private long high;
    private long low;
    private boolean halfLeft;
    private int half;

    /** A generator at the start of its stream. */
    public Pcg64(SeedSequence seed) {
        long[] words = seed.state(4);
        this.step = new Affine(MULTIPLIER_HIGH, MULTIPLIER_LOW, words[2] << 1 | words[3] >>> 63, words[3] << 1 | 1);
        advance();
        low += words[1];
        high += words[0] + (Long.compareUnsigned(low, words[1]) < 0 ? 1 : 0);
        advance();
    }

    private Pcg64(Pcg64 other) {
        this.step = other.step;
        this.high = other.high;
        this.low = other.low;
        this.halfLeft = other.halfLeft;
        this.half = other.half;
    }

    /** A generator at the same place of the same stream. */
    public Pcg64 copy() {
        return new Pcg64(this);
    }

    /** The next 64 bits. */
    public long nextLong() {
        advance();
        return Long.rotateRight(high ^ low, (int) (high >>> 58));
    }

    /** The next 32 bits: the low half of 64 first, their high half at the next call. */
    public int nextInt() {
        if (halfLeft) {
            halfLeft = false;
            return half;
        }
        long bits = nextLong();
        halfLeft = true;
        half = (int) (bits >>> 32);
        return (int) bits;
    }

    /**
     * Skips outputs in O(log n); half of an output that {@link #nextInt} kept is dropped.
     *
     * @param outputs how many 64-bit outputs, an unsigned number
     */
    public void skip(long outputs) {
        apply(step.power(outputs));
        halfLeft = false;
    }

    /** One step of the state. */
    Affine step() {
        return step;
    }

    /** High half of the state. */
    long high() {
        return high;
    }

    /** Low half of the state. */
    long low() {
        return low;
    }

    private void advance() {
        apply(step);
    }

    private void apply(Affine map) {
        long newHigh = map.high(high, low);
        low = map.low(low);
        high = newHigh;
    }
}
