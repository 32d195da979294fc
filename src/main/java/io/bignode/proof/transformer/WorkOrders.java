package io.bignode.proof.transformer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.bignode.json.InvalidDocumentException;
import io.bignode.poc.ProofOrder;
import io.bignode.protocol.WorkOrder;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The orders that work orders carry. Each is parsed once: on its way in at a head, with its session after a restart, with its first lease at a worker; whoever
 * asks afterwards gets the same value. Safe for use by several threads.
 */
final class WorkOrders {
    /** Far more than sessions are kept at a time; beyond it those that are still asked for are parsed once more. */
    private static final int REMEMBERED = 20_000;

    private static final JsonMapper JSON = new JsonMapper();

    private final Map<WorkOrder, ProofOrder> parsed = new ConcurrentHashMap<>();

    /** The work order of an order that was just read. */
    WorkOrder of(ProofOrder order) {
        WorkOrder work = new WorkOrder(ProofOrder.FUNCTION, order.params().toJson().toString(), order.toJson().toString());
        remember(work, order);
        return work;
    }

    /**
     * What a work order says.
     *
     * @throws IllegalArgumentException when it is another function's, or cannot be read
     */
    ProofOrder order(WorkOrder work) {
        ProofOrder known = parsed.get(work);
        if (known != null) return known;
        ProofOrder order = parse(work);
        remember(work, order);
        return order;
    }

    private void remember(WorkOrder work, ProofOrder order) {
        if (parsed.size() >= REMEMBERED) parsed.clear();
        parsed.put(work, order);
    }

    private static ProofOrder parse(WorkOrder work) {
        if (!work.function().equals(ProofOrder.FUNCTION)) throw new IllegalArgumentException("a work order of another function, " + work.function());
        try {
            return ProofOrder.parse(JSON.readTree(work.body()));
        } catch (JsonProcessingException | InvalidDocumentException broken) {
            throw new IllegalArgumentException("a work order that cannot be read", broken);
        }
    }
}
