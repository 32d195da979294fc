package io.bignode.api.mlnode;

import io.bignode.proof.ProofFunction;

/**
 * What a head needs besides to be an ML node.
 *
 * @param vectors   what its owner orders
 * @param inference who answers its calls for inference
 * @param ownPort   whether its calls come to a port of their own
 */
public record MlNodeParts(ProofFunction vectors, InferenceServers inference, boolean ownPort) {}
