package io.bignode.proof.vllm;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.json.JsonFields;
import io.bignode.protocol.Found;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Calls of {@code /generate} that are asked for as a whole, most of them to validate what others computed. What a backend answers to one is its only proof. */
final class VectorRequests {
    private static final String NONCES = "nonces";

    /** As many as a backend's queue takes. */
    private static final int MAX_NONCES = 100_000;

    private static final String VALIDATION = "validation";
    private static final String FRAUD = "fraud_detected";

    /** What a call's order says elsewhere, and what is not the backend's affair. */
    private static final Set<String> OTHERS =
            Set.of("block_hash", "block_height", "public_key", "node_id", "node_count", "params", "poc_stronger_rng", "url", "wait", "auth_token");

    private VectorRequests() {}

    /** What a call asks of a backend besides its order: all fields that it has, as they came. Faults are noted. */
    static ObjectNode read(JsonFields fields) {
        ObjectNode request = JsonNodeFactory.instance.objectNode();
        for (Map.Entry<String, JsonNode> field : fields.properties()) {
            if (!OTHERS.contains(field.getKey())) request.set(field.getKey(), field.getValue());
        }
        JsonNode nonces = request.path(NONCES);
        if (!nonces.isArray() || nonces.isEmpty() || nonces.size() > MAX_NONCES) {
            fields.fault(NONCES, "must be a list of 1 to " + MAX_NONCES + " numbers");
        } else {
            for (JsonNode nonce : nonces) {
                if (nonce.isIntegralNumber() && nonce.canConvertToLong() && nonce.longValue() >= 0) continue;
                fields.fault(NONCES, "must hold whole numbers from 0 on alone");
                break;
            }
        }
        JsonNode validation = request.path(VALIDATION);
        if (!validation.isMissingNode() && !validation.isNull()) readValidation(validation, nonces, fields);
        return request;
    }

    /** What a backend would refuse is refused here, so that no backend is blamed for it. */
    private static void readValidation(JsonNode validation, JsonNode nonces, JsonFields fields) {
        if (!validation.path("artifacts").isArray()) {
            fields.fault(VALIDATION, "must be an object with a list of artifacts");
            return;
        }
        Set<Long> wanted = new HashSet<>();
        for (JsonNode nonce : nonces) wanted.add(nonce.asLong());
        Set<Long> given = new HashSet<>();
        for (JsonNode artifact : validation.get("artifacts")) {
            long nonce = artifact.path("nonce").asLong(-1);
            given.add(nonce);
            Optional<String> fault = Artifacts.fault(artifact, nonce);
            if (fault.isEmpty()) continue;
            fields.fault(VALIDATION, "holds " + fault.get());
            return;
        }
        if (!given.equals(wanted)) fields.fault(VALIDATION, "must hold an artifact of each of the nonces, and of no other");
    }

    /** Whether vectors of others are compared. */
    static boolean isValidation(ObjectNode request) {
        return request.path(VALIDATION).isObject();
    }

    /** Why nobody sound would report this; empty when somebody may. */
    static Optional<String> fault(List<Found> found) {
        return found.stream().allMatch(one -> answer(one).path("status").asText().equals("completed")) ? Optional.empty() : Optional.of("no answer to a request");
    }

    /** How two answers to the same request differ in what counts. */
    static Optional<String> deviation(List<Found> reported, List<Found> checked) {
        if (reported.isEmpty() || checked.isEmpty()) return Optional.empty();
        boolean one = answer(reported.getFirst()).path(FRAUD).asBoolean();
        boolean other = answer(checked.getFirst()).path(FRAUD).asBoolean();
        return one == other ? Optional.empty() : Optional.of("one answer tells of fraud and another does not");
    }

    private static JsonNode answer(Found found) {
        try {
            return VectorJson.MAPPER.readTree(found.proof());
        } catch (JsonProcessingException broken) {
            throw new IllegalStateException("an answer that is not JSON", broken);
        }
    }

    /** Writes an answer's fields but those that are the backend's own affair. */
    static void write(JsonNode answer, JsonGenerator json) throws IOException {
        for (Map.Entry<String, JsonNode> field : answer.properties()) {
            if (field.getKey().equals("status") || field.getKey().equals("request_id")) continue;
            json.writeFieldName(field.getKey());
            json.writeRawValue(field.getValue().toString());
        }
    }
}
