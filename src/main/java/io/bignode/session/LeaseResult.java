package io.bignode.session;

import io.bignode.protocol.Found;
import io.bignode.protocol.Provenance;
import java.util.List;

/**
 * The result a lease ends with.
 *
 * @param leaseId     which lease
 * @param computed    how many of its first indices were computed; the others go to whoever takes next
 * @param found       those of them that count
 * @param deviceNanos how long the device was busy with them
 * @param provenance  what computed them
 * @param held        whether the result waits, stored but not visible, until it is released or discarded
 */
public record LeaseResult(String leaseId, int computed, List<Found> found, long deviceNanos, Provenance provenance, boolean held) {
    /** Copies the list; refuses negative numbers and more found than computed. */
    public LeaseResult {
        found = List.copyOf(found);
        if (computed < 0 || deviceNanos < 0 || found.size() > computed) {
            throw new IllegalArgumentException(found.size() + " found of " + computed + " computed in " + deviceNanos + " ns");
        }
    }

    /** The same result, no longer held. */
    LeaseResult released() {
        return new LeaseResult(leaseId, computed, found, deviceNanos, provenance, false);
    }
}
