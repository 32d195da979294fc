/**
 * The second proof function: vectors that vLLM backends compute on a model of theirs. This program computes none of them: it orders them from backends and
 * hands them on, byte for byte.
 *
 * <p>In come orders and the addresses of backends; out go the artifacts of each lease. {@link io.bignode.proof.vllm.VectorFunction} is the function as a head
 * needs it, {@link io.bignode.proof.vllm.VectorDevice} a backend as a device. Invariant: what a backend did not answer for a nonce that was asked for is
 * not a result.
 */
@NullMarked
package io.bignode.proof.vllm;

import org.jspecify.annotations.NullMarked;
