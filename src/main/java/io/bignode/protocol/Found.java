package io.bignode.protocol;

/**
 * A nonce that counts, and its proof.
 *
 * @param nonce the nonce itself, not its index
 * @param proof the proof function's own JSON value as text, for instance the distance {@code 1.3980771}
 */
public record Found(long nonce, String proof) {}
