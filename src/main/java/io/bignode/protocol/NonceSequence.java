package io.bignode.protocol;

import java.util.OptionalLong;

/**
 * The nonces of an order: {@code offset + index * stride} for index 0, 1, 2, … up to {@link Long#MAX_VALUE}.
 *
 * @param offset the nonce of index 0, at least 0
 * @param stride from one nonce to the next, at least 1
 */
public record NonceSequence(long offset, long stride) {
    /** Refuses a negative offset and a stride below one. */
    public NonceSequence {
        if (offset < 0 || stride < 1) throw new IllegalArgumentException("nonce sequence " + offset + " + k * " + stride);
    }

    /** The number of indices that have a nonce; never more than {@link Long#MAX_VALUE}, so that the end of a range is a long too. */
    public long size() {
        long last = (Long.MAX_VALUE - offset) / stride;
        return last == Long.MAX_VALUE ? last : last + 1;
    }

    /**
     * The nonce of an index.
     *
     * @param index in [0, {@link #size()})
     */
    public long nonce(long index) {
        if (index < 0 || index >= size()) throw new IllegalArgumentException("nonce index " + index + " of " + this);
        return offset + index * stride;
    }

    /** Whether some number is a nonce of both, were there no largest one. */
    public boolean meets(NonceSequence other) {
        long a = stride;
        long b = other.stride;
        while (b != 0) {
            long rest = a % b;
            a = b;
            b = rest;
        }
        return (offset - other.offset) % a == 0;
    }

    /** The nonces of a range, in its order. */
    public long[] nonces(NonceRange range) {
        long[] nonces = new long[range.count()];
        for (int i = 0; i < nonces.length; i++) nonces[i] = nonce(range.first() + i);
        return nonces;
    }

    /** The index of a nonce; empty when it is none of this sequence. */
    public OptionalLong index(long nonce) {
        if (nonce < offset || (nonce - offset) % stride != 0) return OptionalLong.empty();
        long index = (nonce - offset) / stride;
        return index < size() ? OptionalLong.of(index) : OptionalLong.empty();
    }
}
