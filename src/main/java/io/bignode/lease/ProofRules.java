package io.bignode.lease;

import io.bignode.session.Found;
import io.bignode.session.WorkOrder;
import java.util.List;
import java.util.Optional;

/** What can be said of results without computing them, and when two devices agree. Another proof function has other rules. */
public interface ProofRules {
    /** Why nobody sound would report this; empty when somebody may. */
    Optional<String> fault(WorkOrder work, List<Found> found);

    /**
     * How two devices' results for the same nonces differ beyond what devices differ by.
     *
     * @param reported what is checked
     * @param checked  what it is checked against
     * @return empty when they agree
     */
    Optional<String> deviation(WorkOrder work, List<Found> reported, List<Found> checked);
}
