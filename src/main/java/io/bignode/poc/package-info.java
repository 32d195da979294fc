/**
 * The proof-of-compute function: model parameters, the weight pool and the tensors cut from it, inputs, target, distance and the check of a
 * proof batch. An order comes in; what a device needs to compute it, and what its logits are worth, goes out. Invariant: parameters are
 * checked before anything of their size is allocated, and no weight is stored outside the pool.
 */
@NullMarked
package io.bignode.poc;

import org.jspecify.annotations.NullMarked;
