package io.bignode.api.mlnode;

import io.bignode.proof.ProofFunction;

/**
 * What a head needs besides to be an ML node.
 *
 * @param functions what its owner orders
 * @param inference who answers its calls for inference
 * @param ownPort   whether its calls come to a port of their own
 */
public record MlNodeParts(Functions functions, InferenceServers inference, boolean ownPort) {
    /**
     * What an ML node's owner orders.
     *
     * @param vectors what the network's chain pays for
     * @param first   what chains of before pay for
     */
    public record Functions(ProofFunction vectors, ProofFunction first) {}
}
