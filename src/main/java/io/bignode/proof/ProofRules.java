package io.bignode.proof;

import io.bignode.protocol.Found;
import io.bignode.protocol.WorkOrder;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** What can be said of results without computing them, and when two devices agree. Another proof function has other rules. */
public interface ProofRules {
    /** Why nobody sound would report this; empty when somebody may. */
    Optional<String> fault(WorkOrder work, List<Found> found);

    /**
     * What a device is to compute to check results of a work order.
     *
     * @param reported the results of the nonces that it is to check
     */
    default WorkOrder check(WorkOrder work, List<Found> reported) {
        return work;
    }

    /** How many nonces a check should have at least, so that a deviation can show. */
    default int minSample(WorkOrder work) {
        return 1;
    }

    /**
     * How two devices' results for the same nonces differ beyond what devices differ by.
     *
     * @param work     what was computed, or what {@link #check} made of it
     * @param reported what is checked
     * @param checked  what it is checked against
     * @return empty when they agree
     */
    Optional<String> deviation(WorkOrder work, List<Found> reported, List<Found> checked);

    /** The share of an order's nonces that should count, above 0 and at most 1; empty where nobody can tell. */
    default OptionalDouble expectedShare(WorkOrder work) {
        return OptionalDouble.empty();
    }

    /** The largest nonce of an order that may be computed. */
    default long maxNonce(WorkOrder work) {
        return Long.MAX_VALUE;
    }

    /** What an order's nonces are numbers of: the same number in two orders of one stream is the same nonce. Empty text where nobody can tell. */
    default String stream(WorkOrder work) {
        return "";
    }
}
