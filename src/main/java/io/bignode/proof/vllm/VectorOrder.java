package io.bignode.proof.vllm;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Optional;

/**
 * An order of vectors, as backends take it.
 *
 * @param blockHash   the block's hash, as the order wrote it
 * @param blockHeight the block's height
 * @param publicKey   whose vectors they are
 * @param nodeId      the number of the small node's ML node
 * @param nodeCount   how many ML nodes share the nonces
 * @param params      the model and its settings; fields that this program does not know are passed on untouched
 * @param strongerRng {@code poc_stronger_rng}, where the order has it
 */
record VectorOrder(
        String blockHash, long blockHeight, String publicKey, long nodeId, long nodeCount, ObjectNode params, Optional<Boolean> strongerRng) {
    /** The model's id. */
    String model() {
        return params.path("model").asText();
    }

    /** Writes the order's fields into an object that was begun. */
    void write(JsonGenerator json) throws IOException {
        json.writeStringField("block_hash", blockHash);
        json.writeNumberField("block_height", blockHeight);
        json.writeStringField("public_key", publicKey);
        json.writeNumberField("node_id", nodeId);
        json.writeNumberField("node_count", nodeCount);
        json.writeObjectField("params", params);
        if (strongerRng.isPresent()) json.writeBooleanField("poc_stronger_rng", strongerRng.get());
    }
}
