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
 * @param uncomputed  the nonces among those computed that came to nothing on the device
 */
public record LeaseResult(
        String leaseId, int computed, List<Found> found, long deviceNanos, Provenance provenance, boolean held, List<Long> uncomputed) {
    /** A result in which every nonce came to something. */
    public LeaseResult(String leaseId, int computed, List<Found> found, long deviceNanos, Provenance provenance, boolean held) {
        this(leaseId, computed, found, deviceNanos, provenance, held, List.of());
    }

    /** Copies the lists; refuses negative numbers and more found than computed. */
    public LeaseResult {
        found = List.copyOf(found);
        uncomputed = List.copyOf(uncomputed);
        if (computed < 0 || deviceNanos < 0 || found.size() > computed) {
            throw new IllegalArgumentException(found.size() + " found of " + computed + " computed in " + deviceNanos + " ns");
        }
    }

    /** The same result, no longer held. */
    LeaseResult released() {
        return new LeaseResult(leaseId, computed, found, deviceNanos, provenance, false, uncomputed);
    }

    /** The same result without so many nonces that another device is to try. */
    LeaseResult without(int nonces) {
        return nonces == 0 ? this : new LeaseResult(leaseId, computed - nonces, found, deviceNanos, provenance, held, List.of());
    }
}
