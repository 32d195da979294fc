package io.bignode.proof;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.json.JsonFields;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Epoch;
import io.bignode.protocol.Found;
import io.bignode.protocol.WorkOrder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** A second proof function: a nonce counts when the SHA-256 of block, key and nonce begins with a zero digit. Its proof is the digest, in quotes. */
final class HashFunction implements ProofFunction {
    static final String NAME = "hash";

    /** The digest of a nonce, as JSON. */
    static String proof(WorkOrder work, long nonce) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest((work.body() + nonce).getBytes(StandardCharsets.UTF_8));
            return '"' + HexFormat.of().formatHex(digest) + '"';
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    static boolean counts(String proof) {
        return proof.startsWith("\"0");
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public ProofRequest read(JsonFields fields) {
        String blockHash = fields.text("block_hash", 256);
        long height = fields.integer("block_height", 0, Long.MAX_VALUE);
        String publicKey = fields.text("public_key", 512);
        long nodeId = fields.integer("node_id", 0, Long.MAX_VALUE);
        ObjectNode identity = JsonNodeFactory.instance.objectNode().put("block_hash", blockHash).put("public_key", publicKey);
        ObjectNode participant = JsonNodeFactory.instance.objectNode().put("public_key", publicKey).put("node_id", nodeId);
        WorkOrder work = new WorkOrder(NAME, "any", identity.toString());
        return new ProofRequest(work, new Epoch(height, blockHash), nodeId, identity.put("node_id", nodeId), participant, "of hashes");
    }

    @Override
    public ObjectNode request(WorkOrder work) {
        throw new UnsupportedOperationException("nobody asks another node for hashes");
    }

    @Override
    public List<String> changes(WorkOrder before, WorkOrder after) {
        return List.of();
    }

    @Override
    public void writeBatch(WorkOrder work, List<Found> found, JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("hashes");
        for (Found one : found) {
            json.writeFieldName(Long.toString(one.nonce()));
            json.writeRawValue(one.proof());
        }
        json.writeEndObject();
    }

    @Override
    public Optional<String> fault(WorkOrder work, List<Found> found) {
        return found.stream().filter(one -> !counts(one.proof())).findFirst().map(one -> "nonce " + one.nonce() + " does not count");
    }

    @Override
    public Optional<String> deviation(WorkOrder work, List<Found> reported, List<Found> checked) {
        return reported.equals(checked) ? Optional.empty() : Optional.of("the hashes differ");
    }

    @Override
    public OptionalDouble expectedShare(WorkOrder work) {
        return OptionalDouble.of(1.0 / 16);
    }

    @Override
    public Optional<String> refusal(DeviceOffer device, WorkOrder work) {
        return device.serves().equals(NAME) ? Optional.empty() : Optional.of(device.deviceId() + " computes no hashes");
    }
}
