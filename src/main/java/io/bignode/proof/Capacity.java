package io.bignode.proof;

import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.WorkOrder;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What a kind of work asks of a device: whether it can do it at all, and how much there is to do, judged from sizes alone. Answers quickly, as it is asked for
 * every lease.
 */
@FunctionalInterface
public interface Capacity {
    /**
     * What all leases of some work share on a host.
     *
     * @param name  what it is, for a reader
     * @param key   the same for all work that shares it
     * @param bytes the memory it takes
     */
    record Shared(String name, String key, long bytes) {}

    /** Why a device cannot do this work; empty when it can. */
    Optional<String> refusal(DeviceOffer device, WorkOrder work);

    /** Whether a device can do this work. */
    default boolean fits(DeviceOffer device, WorkOrder work) {
        return refusal(device, work).isEmpty();
    }

    /** Whether a device that can do this work may come at any time, where none can now: then its order waits instead of being refused. */
    default boolean mayCome(WorkOrder work) {
        return false;
    }

    /** How many floating-point operations a nonce of this work takes; empty where that is not known. */
    default OptionalDouble operations(WorkOrder work) {
        return OptionalDouble.empty();
    }

    /** Whether leases of this work may become longer than usual where a head has many devices to serve. */
    default boolean stretches(WorkOrder work) {
        return true;
    }

    /** The memory that this work takes on each host, however many devices compute it; empty where it takes none of note. */
    default Optional<Shared> shared(WorkOrder work) {
        return Optional.empty();
    }
}
