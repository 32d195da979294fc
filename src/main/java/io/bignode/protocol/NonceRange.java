package io.bignode.protocol;

/**
 * Nonce indices {@code [first, first + count)} of one order; never empty.
 *
 * @param first the lowest index, at least 0
 * @param count how many, at least 1
 */
public record NonceRange(long first, int count) {
    /** Refuses a negative start, an empty range and one that ends beyond {@link Long#MAX_VALUE}. */
    public NonceRange {
        if (first < 0 || count < 1 || first > Long.MAX_VALUE - count) {
            throw new IllegalArgumentException("nonce range " + first + "+" + count);
        }
    }

    /** The index after the last one. */
    public long end() {
        return first + count;
    }
}
