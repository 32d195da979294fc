package io.bignode.lease;

import io.bignode.session.WorkOrder;

/** Whether a device can do a kind of work at all, judged from sizes alone. */
@FunctionalInterface
public interface Capacity {
    /** Answers quickly: it is asked for every lease. */
    boolean fits(DeviceOffer device, WorkOrder work);
}
