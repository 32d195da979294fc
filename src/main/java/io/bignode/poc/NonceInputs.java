package io.bignode.poc;

/**
 * The inputs of a batch of nonces.
 *
 * @param nonces the nonces
 * @param rows   their hidden states, float16, (nonces, seq_len, dim) row-major
 */
public record NonceInputs(long[] nonces, short[] rows) {}
