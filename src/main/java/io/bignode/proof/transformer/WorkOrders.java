package io.bignode.proof.transformer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.json.InvalidDocumentException;
import io.bignode.poc.ProofOrder;
import io.bignode.protocol.WorkOrder;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The orders that work orders carry. Each is parsed once: on its way in at a head, with its session after a restart, with its first lease at a worker; whoever
 * asks afterwards gets the same value. Safe for use by several threads.
 */
final class WorkOrders {
    /** Far more than sessions are kept at a time, but for validations of large batches; beyond it those that are still asked for are parsed once more. */
    private static final long REMEMBERED_CHARACTERS = 16 << 20;

    private static final JsonMapper JSON = new JsonMapper();
    private static final String ORDER = "order";
    private static final String VALIDATION = "validation";

    /** What a work order says. */
    private record Parsed(ProofOrder order, Optional<Validation> validation) {}

    private final Map<WorkOrder, Parsed> parsed = new ConcurrentHashMap<>();

    /** How many characters the bodies have that are remembered. */
    private long characters;

    /** The work order of an order that was just read. */
    WorkOrder of(ProofOrder order) {
        WorkOrder work = new WorkOrder(ProofOrder.FUNCTION, order.params().toJson().toString(), order.toJson().toString());
        return remember(work, new Parsed(order, Optional.empty()));
    }

    /**
     * The work order of a validation that was just read. The order stands deeper in its body than that of others: a worker that knows no validations cannot
     * read it, and so does not take it for an order of nonces.
     */
    WorkOrder of(ProofOrder order, Validation validation) {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.set(ORDER, order.toJson());
        body.set(VALIDATION, validation.toJson());
        WorkOrder work = new WorkOrder(ProofOrder.FUNCTION, validation.costClass(order), body.toString());
        return remember(work, new Parsed(order, Optional.of(validation)));
    }

    /**
     * What a work order says; of a validation whose nonces they are, and what they have to be.
     *
     * @throws IllegalArgumentException when it is another function's, or cannot be read
     */
    ProofOrder order(WorkOrder work) {
        return parsed(work).order();
    }

    /**
     * What a work order has validated; empty for one of a sequence of nonces.
     *
     * @throws IllegalArgumentException when it is another function's, or cannot be read
     */
    Optional<Validation> validation(WorkOrder work) {
        return parsed(work).validation();
    }

    private Parsed parsed(WorkOrder work) {
        Parsed known = parsed.get(work);
        if (known != null) return known;
        Parsed fresh = parse(work);
        remember(work, fresh);
        return fresh;
    }

    private WorkOrder remember(WorkOrder work, Parsed what) {
        synchronized (parsed) {
            if (characters >= REMEMBERED_CHARACTERS) {
                parsed.clear();
                characters = 0;
            }
            if (parsed.put(work, what) == null) characters += work.body().length();
        }
        return work;
    }

    private static Parsed parse(WorkOrder work) {
        if (!work.function().equals(ProofOrder.FUNCTION)) throw new IllegalArgumentException("a work order of another function, " + work.function());
        try {
            JsonNode body = JSON.readTree(work.body());
            if (!body.has(VALIDATION)) return new Parsed(ProofOrder.parse(body), Optional.empty());
            return new Parsed(ProofOrder.parse(body.path(ORDER)), Optional.of(Validation.parse(body.path(VALIDATION))));
        } catch (JsonProcessingException | InvalidDocumentException broken) {
            throw new IllegalArgumentException("a work order that cannot be read", broken);
        }
    }
}
