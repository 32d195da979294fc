package io.bignode.random;

/**
 * A stream's raw outputs, a block at a time. Lane i holds the generator's state at output i of the block; a refill advances every lane by a
 * whole block. The lanes do not depend on each other, so the compiler can turn each loop into vector instructions. It does that for loops of
 * few operations over one array only, hence the several short loops and the one array with its sections. It does not do it for the output's
 * rotation, so that is left to whoever reads an output.
 */
final class RawBlock {
    /** Outputs in a block: its state and scratch stay in a core's nearest cache. */
    static final int SIZE = 512;

    private static final int LOW = SIZE;
    private static final int FIRST = 2 * SIZE;
    private static final int MIDDLE = 3 * SIZE;
    private static final long MASK_32 = 0xFFFFFFFFL;

    /** Sections: state high, state low, two of scratch. */
    private final long[] s = new long[4 * SIZE];

    private final Affine jump;
    private boolean fresh = true;

    /** Blocks of the outputs that {@code generator} would give next; the generator is left at an unspecified place. */
    RawBlock(Pcg64 generator) {
        this.jump = generator.step().power(SIZE);
        for (int i = 0; i < SIZE; i++) {
            generator.nextLong();
            s[i] = generator.high();
            s[LOW + i] = generator.low();
        }
    }

    /** The states behind the block's outputs, for {@link #output(long[], int)}. */
    long[] states() {
        return s;
    }

    /** Output {@code i} of a block, from its {@link #states()}. */
    static long output(long[] states, int i) {
        long high = states[i];
        return Long.rotateRight(high ^ states[LOW + i], (int) (high >>> 58));
    }

    /** Makes the next block; the first call leaves the first one in place. */
    void next() {
        if (fresh) {
            fresh = false;
            return;
        }
        multiplyLow(s, jump.mulLow(), jump.addLow());
        multiplyHigh(s, jump.mulHigh(), jump.mulLow(), jump.addHigh());
        carryMiddle(s, jump.mulLow());
        carryHigh(s);
    }

    // With low = l1:l0, multiplier m1:m0 and increment a1:a0 in halves of 32 bits, low * m + a is summed column by column. No sum
    // overflows: (2^32 - 1)^2 + 2 * (2^32 - 1) = 2^64 - 1.
    //   first  = l0 * m0 + a0
    //   middle = l1 * m0 + (first >>> 32) + a1
    //   rest   = l0 * m1 + (middle & MASK_32)               the new low is rest:first, 32 bits of each
    //   high  += l1 * m1 + (middle >>> 32) + (rest >>> 32)

    private static void multiplyLow(long[] s, long multiplier, long increment) {
        long m0 = multiplier & MASK_32;
        long a0 = increment & MASK_32;
        long a1 = increment >>> 32;
        for (int i = 0; i < SIZE; i++) {
            long low = s[LOW + i];
            long first = (low & MASK_32) * m0 + a0;
            s[FIRST + i] = first;
            s[MIDDLE + i] = (low >>> 32) * m0 + (first >>> 32) + a1;
        }
    }

    private static void multiplyHigh(long[] s, long mulHigh, long mulLow, long addHigh) {
        for (int i = 0; i < SIZE; i++) {
            s[i] = s[i] * mulLow + s[LOW + i] * mulHigh + addHigh;
        }
    }

    private static void carryMiddle(long[] s, long multiplier) {
        long m1 = multiplier >>> 32;
        for (int i = 0; i < SIZE; i++) {
            long low = s[LOW + i];
            long middle = s[MIDDLE + i];
            s[i] += (low >>> 32) * m1 + (middle >>> 32);
            s[MIDDLE + i] = (low & MASK_32) * m1 + (middle & MASK_32);
        }
    }

    private static void carryHigh(long[] s) {
        for (int i = 0; i < SIZE; i++) {
            long rest = s[MIDDLE + i];
            s[i] += rest >>> 32;
            s[LOW + i] = rest << 32 | s[FIRST + i] & MASK_32;
        }
    }
}
