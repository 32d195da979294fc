package io.bignode.proof;

import com.fasterxml.jackson.core.JsonGenerator;
import io.bignode.json.JsonFields;
import io.bignode.protocol.Found;
import io.bignode.protocol.WorkOrder;
import java.io.IOException;
import java.util.List;

/** A proof function as a head needs it. Safe for use by several threads. */
public interface ProofFunction extends ProofRules, Capacity {
    /** The name that its work orders carry. */
    String name();

    /**
     * Reads what a start request asks of this function; fields it does not know are ignored.
     *
     * @param fields the request's fields; every fault is noted there, and what is returned may only be used where there is none
     */
    ProofRequest read(JsonFields fields);

    /** The fields, by their names in a start request, in which two orders of the same nonces differ. */
    List<String> changes(WorkOrder before, WorkOrder after);

    /** Writes the fields of a batch of found nonces, as small nodes read them, into an object that was begun. */
    void writeBatch(WorkOrder work, List<Found> found, JsonGenerator json) throws IOException;
}
