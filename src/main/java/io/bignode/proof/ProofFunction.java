package io.bignode.proof;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.json.JsonFields;
import io.bignode.protocol.Found;
import io.bignode.protocol.WorkOrder;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A proof function as a head needs it. Safe for use by several threads. */
public interface ProofFunction extends ProofRules, Capacity {
    /** The name that its work orders carry. */
    String name();

    /** Whether a start request that names no function is meant for this one, where a node serves several. */
    default boolean isMeant(JsonFields fields) {
        return true;
    }

    /**
     * Reads what a start request asks of this function; fields it does not know are ignored.
     *
     * @param fields the request's fields; every fault is noted there, and what is returned may only be used where there is none
     */
    ProofRequest read(JsonFields fields);

    /**
     * Reads a request that one device is to answer as a whole, where the function knows such requests.
     *
     * @param fields the request's fields; every fault is noted there, and what is returned may only be used where there is none
     */
    default ProofRequest readRequest(JsonFields fields) {
        fields.fault("", "is not taken: " + name() + " knows no single requests");
        return read(fields);
    }

    /**
     * Reads a request that goes on with one before it, which says what the request leaves out, where the function knows such requests.
     *
     * @param before what {@link #readRequest(JsonFields)} made of the one before
     * @param fields the request's fields; every fault is noted there, and what is returned may only be used where there is none
     */
    default ProofRequest readRequest(WorkOrder before, JsonFields fields) {
        return readRequest(fields);
    }

    /**
     * The request that asks another node for some work: of a sequence of nonces as {@link #read} reads it, of a single request as
     * {@link #readRequest(JsonFields)} does. A request that goes on with one before it stands in the field {@code batch} of that one's.
     *
     * @throws IllegalArgumentException when the work is another function's
     */
    ObjectNode request(WorkOrder work);

    /** The name of the model that some work is computed on; empty where the function's models have no names. */
    default Optional<String> model(WorkOrder work) {
        return Optional.empty();
    }

    /** The fields, by their names in a start request, in which two orders of the same nonces differ. */
    List<String> changes(WorkOrder before, WorkOrder after);

    /** Cuts found nonces into what one batch can tell of each, in their order. */
    default List<List<Found>> batches(WorkOrder work, List<Found> found) {
        return List.of(found);
    }

    /** The field by which batches that are pushed name their session; empty where they do not. */
    default Optional<String> sessionField(WorkOrder work) {
        return Optional.empty();
    }

    /** Where batches are pushed to, behind the address that their order names. */
    default String callbackPath(WorkOrder work) {
        return "/generated";
    }

    /** The longest wait before a batch that was not taken is pushed again. */
    default Duration maxPushPause(WorkOrder work) {
        return Duration.ofMinutes(1);
    }

    /** Whether pushed batches are worth nothing some time after the end of their order's session, so that pushing them ends then. */
    default boolean pushEnds(WorkOrder work) {
        return false;
    }

    /** Whether who gets a batch refuses all of it for one nonce in it. */
    default boolean refusedForOne(WorkOrder work) {
        return false;
    }

    /** Writes the fields of a batch of found nonces, as small nodes read them, into an object that was begun. */
    void writeBatch(WorkOrder work, List<Found> found, JsonGenerator json) throws IOException;
}
