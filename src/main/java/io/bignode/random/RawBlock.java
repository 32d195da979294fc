package io.bignode.random;

/**
 * A stream's raw outputs, a block at a time. Lane i holds the generator's state at output i of the block; a refill advances every lane by a whole
 * block. The lanes do not depend on each other, so the compiler can turn each loop into vector instructions. It does that for loops of few
 * operations over one array only, hence the many short loops and the one array with its sections.
 */
final class RawBlock {
    /** Outputs in a block: its state and scratch stay in a core's nearest cache. */
    static final int SIZE = 512;

    private static final int LOW = SIZE;
    private static final int OUTPUT = 2 * SIZE;
    private static final int CROSS = 3 * SIZE;
    private static final int OTHER_CROSS = 4 * SIZE;
    private static final int CARRY = 5 * SIZE;
    private static final long MASK_32 = 0xFFFFFFFFL;

    /** Sections: state high, state low, outputs, three of scratch. */
    private final long[] s = new long[6 * SIZE];

    private final Affine jump;
    private boolean fresh = true;

    /** Blocks of the outputs that {@code generator} would give next; the generator is left at an unspecified place. */
    RawBlock(Pcg64 generator) {
        this.jump = generator.step().power(SIZE);
        for (int i = 0; i < SIZE; i++) {
            s[OUTPUT + i] = generator.nextLong();
            s[i] = generator.high();
            s[LOW + i] = generator.low();
        }
    }

    /** The array that holds the block's outputs, from {@link #first()} on. */
    long[] array() {
        return s;
    }

    /** Where the outputs begin in {@link #array()}. */
    static int first() {
        return OUTPUT;
    }

    /** Makes the next block; the first call leaves the first one in place. */
    void next() {
        if (fresh) {
            fresh = false;
            return;
        }
        advance(s, jump.mulHigh(), jump.mulLow(), jump.addHigh(), jump.addLow());
    }

    // 64 x 64 -> 128-bit products by halves: low = l1:l0, multiplier = m1:m0, carry = the upper half of the middle column.
    private static void advance(long[] s, long mulHigh, long mulLow, long addHigh, long addLow) {
        long m0 = mulLow & MASK_32;
        long m1 = mulLow >>> 32;
        for (int i = 0; i < SIZE; i++) {
            long low = s[LOW + i];
            s[CROSS + i] = (low & MASK_32) * m1;
            s[OTHER_CROSS + i] = (low >>> 32) * m0;
        }
        for (int i = 0; i < SIZE; i++) {
            s[CARRY + i] = ((s[LOW + i] & MASK_32) * m0) >>> 32;
        }
        for (int i = 0; i < SIZE; i++) {
            s[CARRY + i] = (s[CARRY + i] + (s[CROSS + i] & MASK_32) + (s[OTHER_CROSS + i] & MASK_32)) >>> 32;
        }
        for (int i = 0; i < SIZE; i++) {
            s[CARRY + i] += (s[CROSS + i] >>> 32) + (s[OTHER_CROSS + i] >>> 32);
        }
        for (int i = 0; i < SIZE; i++) {
            s[i] = s[i] * mulLow + s[LOW + i] * mulHigh + addHigh;
        }
        for (int i = 0; i < SIZE; i++) {
            s[i] += (s[LOW + i] >>> 32) * m1 + s[CARRY + i];
        }
        for (int i = 0; i < SIZE; i++) {
            long product = s[LOW + i] * mulLow;
            s[CROSS + i] = product;
            s[LOW + i] = product + addLow;
        }
        for (int i = 0; i < SIZE; i++) {
            long product = s[CROSS + i];
            s[i] += ((product & addLow) | ((product | addLow) & ~s[LOW + i])) >>> 63;
        }
        for (int i = 0; i < SIZE; i++) {
            s[OUTPUT + i] = Long.rotateRight(s[i] ^ s[LOW + i], (int) (s[i] >>> 58));
        }
    }
}
