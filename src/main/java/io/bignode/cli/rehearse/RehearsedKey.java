package io.bignode.cli.rehearse;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.cli.rehearse.KeyArtifacts.Arrival;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A made-up key and its node's order, in the words of the network's node. Hash and key say that it is a rehearsal.
 *
 * @param run       tells this rehearsal from others
 * @param nodeId    the number of its ML node
 * @param nodeCount the largest number and one
 * @param model     the model that its vectors are computed on
 * @param seqLen    the length of its sequences
 * @param callback  the server to call, without a path
 */
record RehearsedKey(String run, long nodeId, long nodeCount, String model, int seqLen, URI callback) {
    /** What the hash and the key of every rehearsal begin with. */
    static final String MARK = "rehearsal-";

    /** A block long before any real one. */
    private static final long HEIGHT = 1;

    /** Keys of one stage, so many, whose nodes are numbered from 1. */
    static List<RehearsedKey> of(String run, int count, String model, int seqLen, URI callback) {
        return IntStream.rangeClosed(1, count).mapToObj(id -> new RehearsedKey(run, id, count + 1L, model, seqLen, callback)).toList();
    }

    String blockHash() {
        return MARK + run;
    }

    String publicKey() {
        return MARK + "key-" + nodeId + "-" + run;
    }

    /** Where it takes callbacks: the model's name is escaped twice there, as the network's node does it. */
    String path() {
        String once = URLEncoder.encode(model, StandardCharsets.UTF_8).replace("+", "%20");
        return "/" + MARK + run + "/" + nodeId + "/" + URLEncoder.encode(once, StandardCharsets.UTF_8);
    }

    /** The fields that each of its callbacks bears. */
    ObjectNode subject() {
        return JsonNodeFactory.instance.objectNode().put("public_key", publicKey()).put("block_hash", blockHash()).put("block_height", HEIGHT).put("node_id", nodeId);
    }

    /** The body of its start. */
    ObjectNode start() {
        ObjectNode body = subject().put("node_count", nodeCount).put("url", callback + path());
        body.putObject("params").put("model", model).put("seq_len", seqLen);
        return body;
    }

    /** The body by which artifacts of it are validated, with the chain's own test. */
    ObjectNode validation(List<Arrival> artifacts) {
        ObjectNode body = start().put("wait", false).put("batch_size", 32);
        ArrayNode nonces = body.putArray("nonces");
        ArrayNode given = body.putObject("validation").putArray("artifacts");
        for (Arrival artifact : artifacts) {
            nonces.add(artifact.nonce());
            given.addObject().put("nonce", artifact.nonce()).put("vector_b64", artifact.vector());
        }
        body.putObject("stat_test").put("dist_threshold", 0.4).put("p_mismatch", 0.1).put("fraud_threshold", 0.01).put("p_value_threshold", 0.05);
        return body;
    }
}
