package io.bignode.proof.vllm;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.protocol.Found;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a backend answered for some nonces.
 *
 * @param found   one for each nonce that has an artifact, in the order of the nonces; its proof is {@code [artifact, encoding]}, as the backend wrote both
 * @param missing the nonces without one, in their order: their vectors are not finite
 */
record Artifacts(List<Found> found, List<Long> missing) {
    Artifacts {
        found = List.copyOf(found);
        missing = List.copyOf(missing);
    }

    /**
     * Reads an answer to {@code /generate}.
     *
     * @param nonces those that were asked for
     * @throws BackendException when it is not complete, or holds anything but one sound artifact at most for each of them
     */
    static Artifacts of(JsonNode answer, long[] nonces) {
        if (!answer.path("status").asText().equals("completed")) throw new BackendException("its answer is not completed");
        if (!answer.path("artifacts").isArray()) throw new BackendException("its answer has no artifacts");
        Map<Long, JsonNode> artifacts = new HashMap<>();
        for (JsonNode artifact : answer.get("artifacts")) {
            JsonNode nonce = artifact.path("nonce");
            if (!nonce.isIntegralNumber() || !nonce.canConvertToLong()) throw new BackendException("its answer has an artifact without a nonce");
            fault(artifact, nonce.asLong()).ifPresent(fault -> {
                throw new BackendException("its answer has " + fault + " for nonce " + nonce);
            });
            if (artifacts.put(nonce.asLong(), artifact) != null) throw new BackendException("its answer has nonce " + nonce + " twice");
        }
        String encoding = answer.path("encoding").isMissingNode() ? "null" : answer.get("encoding").toString();
        List<Found> found = new ArrayList<>();
        List<Long> missing = new ArrayList<>();
        for (long nonce : nonces) {
            JsonNode artifact = artifacts.remove(nonce);
            if (artifact == null) missing.add(nonce);
            else found.add(new Found(nonce, "[" + artifact + "," + encoding + "]"));
        }
        if (!artifacts.isEmpty()) throw new BackendException("its answer has nonce " + artifacts.keySet().iterator().next() + ", which was not asked for");
        return new Artifacts(found, missing);
    }

    /** Why an artifact cannot be one of a nonce; empty where it can. */
    static Optional<String> fault(JsonNode artifact, long nonce) {
        JsonNode own = artifact.path("nonce");
        if (!own.isIntegralNumber() || !own.canConvertToLong() || own.asLong() != nonce) return Optional.of("the artifact of another nonce");
        JsonNode vector = artifact.path("vector_b64");
        if (!vector.isTextual()) return Optional.of("an artifact without a vector");
        int bytes;
        try {
            bytes = Base64.getDecoder().decode(vector.textValue()).length;
        } catch (IllegalArgumentException _) {
            return Optional.of("a vector that is not base64");
        }
        return bytes < 1 || bytes > Backend.MAX_VECTOR_BYTES ? Optional.of("a vector of " + bytes + " bytes") : Optional.empty();
    }
}
