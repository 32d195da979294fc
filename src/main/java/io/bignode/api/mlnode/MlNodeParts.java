package io.bignode.api.mlnode;

import io.bignode.proof.ProofFunction;

/**
 * What a head needs besides to be an ML node.
 *
 * @param vectors what its owner orders on the network's chain
 * @param first   what its owner orders on chains that pay for the first function
 */
public record MlNodeParts(ProofFunction vectors, ProofFunction first) {}
