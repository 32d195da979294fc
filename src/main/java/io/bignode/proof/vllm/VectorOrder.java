package io.bignode.proof.vllm;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.json.InvalidDocumentException;
import io.bignode.json.JsonFields;
import io.bignode.protocol.WorkOrder;
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
 * @param check       what the artifacts of a check are compared with, and by which test; empty for an order that is computed
 * @param request     the fields of one call of {@code /generate} that is asked for as a whole; empty for an order of a sequence of nonces
 */
record VectorOrder(
        String blockHash, long blockHeight, String publicKey, long nodeId, long nodeCount, ObjectNode params, Optional<Boolean> strongerRng,
        Optional<ObjectNode> check, Optional<ObjectNode> request) {
    /** The name of this function in a work order. */
    static final String FUNCTION = "vllm-vectors";

    /** The network's node narrows nonces to 32 bits without a check. */
    static final long MAX_NONCE = Integer.MAX_VALUE;

    private static final int MAX_MODEL = 256;
    private static final int MAX_SEQUENCE = 1 << 24;

    /** Several settings that this program does not know, each of a few words. */
    private static final int MAX_PARAMS = 16 << 10;

    private static final String CHECK = "check";
    private static final String REQUEST = "request";

    /**
     * Reads the fields of a start request or of a work order.
     *
     * @param fields the document's fields; every fault is noted there
     */
    static VectorOrder read(JsonFields fields) {
        String blockHash = fields.text("block_hash", 256);
        long height = fields.integer("block_height", 0, Long.MAX_VALUE);
        String publicKey = fields.text("public_key", 512);
        long nodeId = fields.integer("node_id", 0, MAX_NONCE);
        JsonNode count = fields.raw("node_count"); // whoever reads the request as a whole says what is wrong with it, but for this
        long nodeCount = count != null && count.canConvertToLong() ? count.longValue() : 1;
        if (nodeCount > MAX_NONCE) fields.fault("node_count", "must be at most " + MAX_NONCE + ", as no nonce may be larger");
        JsonFields params = fields.object("params");
        params.text("model", MAX_MODEL);
        params.integer("seq_len", 1, MAX_SEQUENCE);
        params.integer("k_dim", 1, Backend.MAX_VECTOR_BYTES, 1L);
        ObjectNode all = fields.raw("params") instanceof ObjectNode object ? object : JsonNodeFactory.instance.objectNode();
        if (all.toString().length() > MAX_PARAMS) fields.fault("params", "must have at most " + MAX_PARAMS + " characters");
        JsonNode rng = fields.raw("poc_stronger_rng");
        Optional<Boolean> strongerRng = rng == null || rng.isNull() ? Optional.empty() : Optional.of(fields.flag("poc_stronger_rng", false));
        Optional<ObjectNode> check = fields.raw(CHECK) instanceof ObjectNode object ? Optional.of(object) : Optional.empty();
        Optional<ObjectNode> request = fields.raw(REQUEST) instanceof ObjectNode object ? Optional.of(object) : Optional.empty();
        return new VectorOrder(blockHash, height, publicKey, nodeId, nodeCount, all, strongerRng, check, request);
    }

    /** Whether a start request is one of vectors: its parameters name a model, where those of others describe one. */
    static boolean isMeant(JsonFields fields) {
        JsonNode params = fields.raw("params");
        return params != null && params.path("model").isTextual();
    }

    /**
     * Reads a document that must be sound.
     *
     * @throws InvalidDocumentException with every fault
     */
    static VectorOrder parse(JsonNode document) throws InvalidDocumentException {
        JsonFields fields = JsonFields.of(document);
        VectorOrder order = read(fields);
        fields.check();
        return order;
    }

    /**
     * What a work order says.
     *
     * @throws IllegalArgumentException when it is another function's, or cannot be read
     */
    static VectorOrder of(WorkOrder work) {
        if (!work.function().equals(FUNCTION)) throw new IllegalArgumentException("a work order of another function, " + work.function());
        try {
            return parse(VectorJson.MAPPER.readTree(work.body()));
        } catch (JsonProcessingException | InvalidDocumentException broken) {
            throw new IllegalArgumentException("a work order that cannot be read", broken);
        }
    }

    /** The work order that carries it. */
    WorkOrder work() {
        ObjectNode body = identity().put("block_height", blockHeight).put("node_count", nodeCount);
        check.ifPresent(what -> body.set(CHECK, what));
        request.ifPresent(what -> body.set(REQUEST, what));
        // A request as a whole takes another time than a nonce.
        return new WorkOrder(FUNCTION, request.isPresent() ? REQUEST + params : params.toString(), body.toString());
    }

    /** The start request, or the call of {@code /generate}, that asks for it. */
    ObjectNode document() {
        ObjectNode document = identity().put("block_height", blockHeight).put("node_count", nodeCount);
        request.ifPresent(document::setAll);
        return document;
    }

    /** What tells it apart from orders of other nonces. */
    ObjectNode identity() {
        ObjectNode identity = JsonNodeFactory.instance.objectNode().put("block_hash", blockHash).put("public_key", publicKey).put("node_id", nodeId);
        identity.set("params", params);
        strongerRng.ifPresent(stronger -> identity.put("poc_stronger_rng", stronger));
        return identity;
    }

    /** The same order as one that is checked and not computed. */
    VectorOrder checking(ObjectNode what) {
        return new VectorOrder(blockHash, blockHeight, publicKey, nodeId, nodeCount, params, strongerRng, Optional.of(what), request);
    }

    /** The same order as one call that is asked for as a whole. */
    VectorOrder requesting(ObjectNode what) {
        return new VectorOrder(blockHash, blockHeight, publicKey, nodeId, nodeCount, params, strongerRng, check, Optional.of(what));
    }

    /** The model's id. */
    String model() {
        return params.path("model").asText();
    }

    /** The work of this order in the words by which a device says what it serves. */
    String served() {
        return served(model());
    }

    /** The work of a model in these words. */
    static String served(String model) {
        return FUNCTION + "/" + model;
    }

    /** Whose nonces they are, and of which block: the fields that every call and every batch bears. */
    void writeSubject(JsonGenerator json) throws IOException {
        json.writeStringField("public_key", publicKey);
        json.writeStringField("block_hash", blockHash);
        json.writeNumberField("block_height", blockHeight);
        json.writeNumberField("node_id", nodeId);
    }

    /** Writes the order as a backend takes it, without the nonces, into an object that was begun. */
    void write(JsonGenerator json) throws IOException {
        writeSubject(json);
        json.writeNumberField("node_count", nodeCount);
        json.writeObjectField("params", params);
        if (strongerRng.isPresent()) json.writeBooleanField("poc_stronger_rng", strongerRng.get());
    }
}
