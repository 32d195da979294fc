package io.bignode.random;

/**
 * The map {@code x -> x * multiplier + increment} on 128-bit integers, modulo 2^128. One step of the generator is such a map, and so are many.
 *
 * @param mulHigh high half of the multiplier
 * @param mulLow  low half of the multiplier
 * @param addHigh high half of the increment
 * @param addLow  low half of the increment
 */
record Affine(long mulHigh, long mulLow, long addHigh, long addLow) {
    private static final Affine IDENTITY = new Affine(0, 1, 0, 0);

    /** High half of the map's value at {@code high:low}; the low half is {@link #low}. */
    long high(long high, long low) {
        long productLow = low * mulLow;
        long carry = Long.compareUnsigned(productLow + addLow, productLow) < 0 ? 1 : 0;
        return productHigh(high, low, mulHigh, mulLow) + addHigh + carry;
    }

    /** Low half of the map's value, which depends on the argument's low half alone. */
    long low(long low) {
        return low * mulLow + addLow;
    }

    /** This map applied {@code times} times, an unsigned number. */
    Affine power(long times) {
        Affine result = IDENTITY;
        Affine square = this;
        for (long left = times; left != 0; left >>>= 1) {
            if ((left & 1) != 0) {
                result = result.then(square);
            }
            square = square.then(square);
        }
        return result;
    }

    private Affine then(Affine next) {
        return new Affine(
                productHigh(mulHigh, mulLow, next.mulHigh, next.mulLow), mulLow * next.mulLow, next.high(addHigh, addLow), next.low(addLow));
    }

    private static long productHigh(long aHigh, long aLow, long bHigh, long bLow) {
        return Math.unsignedMultiplyHigh(aLow, bLow) + aHigh * bLow + aLow * bHigh;
    }
}
