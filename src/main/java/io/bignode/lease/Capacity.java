package io.bignode.lease;

import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.WorkOrder;
import java.util.OptionalDouble;

/** What a kind of work asks of a device: whether it can do it at all, and how much there is to do, judged from sizes alone. */
@FunctionalInterface
public interface Capacity {
    /** Answers quickly: it is asked for every lease. */
    boolean fits(DeviceOffer device, WorkOrder work);

    /** How many floating-point operations a nonce of this work takes; empty where that is not known. Answers quickly too. */
    default OptionalDouble operations(WorkOrder work) {
        return OptionalDouble.empty();
    }
}
