/**
 * The first proof function: weights drawn from the block's hash, distances of nonces behind the ports of {@code proof}. The arithmetic is
 * {@code engine}'s and {@code poc}'s.
 *
 * <p>Invariants: a weight pool is drawn once for each block, size and host; an order that stands in a session or a lease is parsed once a process.
 */
@NullMarked
package io.bignode.proof.transformer;

import org.jspecify.annotations.NullMarked;
