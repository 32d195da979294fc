package io.bignode.poc;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.json.InvalidDocumentException;
import io.bignode.json.JsonFields;

/**
 * What a device must know to compute a session's nonces and to tell which of them count.
 *
 * @param blockHash   newest block's hash; weights and target are drawn from it
 * @param blockHeight newest block's height, handed back in every proof batch
 * @param publicKey   the participant's key; inputs and permutations are drawn from it
 * @param nodeId      the small node's number, handed back in every proof batch
 * @param rTarget     a nonce counts when its distance is below this; above {@link #MAX_DISTANCE} every nonce counts
 * @param params      the transformer's shape
 */
public record ProofOrder(String blockHash, long blockHeight, String publicKey, long nodeId, double rTarget, ModelParams params) {
    /** The name of this function in a work order. */
    public static final String FUNCTION = "transformer-distance";

    /** The most characters of a block's hash. */
    public static final int MAX_HASH = 256;

    /** The most characters of a public key. */
    public static final int MAX_KEY = 512;

    /** No two points of the unit sphere are further apart. */
    public static final double MAX_DISTANCE = 2;

    /**
     * Reads the fields of a start request or of a worker's order; unknown fields are ignored.
     *
     * @param fields the document's fields; every fault is noted there
     */
    public static ProofOrder read(JsonFields fields) {
        String blockHash = fields.text("block_hash", MAX_HASH);
        long height = fields.integer("block_height", 0, Long.MAX_VALUE);
        String publicKey = fields.text("public_key", MAX_KEY);
        long nodeId = fields.integer("node_id", 0, Long.MAX_VALUE);
        double rTarget = readTarget(fields);
        ModelParams params = ModelParams.read(fields.object("params"));
        return new ProofOrder(blockHash, height, publicKey, nodeId, rTarget, params);
    }

    /** Reads the field {@code r_target}; where it is faulty, that is noted. The network's own simulation sends 10. */
    public static double readTarget(JsonFields fields) {
        return fields.positive("r_target");
    }

    /**
     * Reads a document that must be sound.
     *
     * @throws InvalidDocumentException with every fault
     */
    public static ProofOrder parse(JsonNode document) throws InvalidDocumentException {
        JsonFields fields = JsonFields.of(document);
        ProofOrder order = read(fields);
        fields.check();
        return order;
    }

    /** What its nonces are numbers of: the same number under the same key, hash and parameters is the same nonce, whatever order it stands in. */
    public String stream() {
        return JsonNodeFactory.instance.arrayNode().add(publicKey).add(blockHash).add(params.toJson()).toString();
    }

    /** The share of the nonces that should count, 0 to 1. */
    public double expectedShare() {
        return Target.shareBelow(rTarget, params.vocabSize());
    }

    /** As a document that {@link #parse} reads back to the same order. */
    public ObjectNode toJson() {
        ObjectNode document = JsonNodeFactory.instance
                .objectNode()
                .put("block_hash", blockHash)
                .put("block_height", blockHeight)
                .put("public_key", publicKey)
                .put("node_id", nodeId)
                .put("r_target", rTarget);
        document.set("params", params.toJson());
        return document;
    }
}
