package io.bignode.lease;

import io.bignode.protocol.DeviceId;
import io.bignode.protocol.Lease;
import io.bignode.protocol.WorkOrder;

/** The head's CPU where it is none of the devices that compute: it decides between two that differ when no third device is there to do it. */
public interface Judge {
    /** The device that its leases are issued to. */
    String DEVICE = DeviceId.LOCAL + "/cpu";

    /** Whether it could compute a nonce of this work. Answers quickly. */
    boolean takes(WorkOrder work);

    /** Computes a lease of one nonce; what becomes of it is reported as by any device. Returns at once. */
    void judge(Lease lease);

    /** There is no judge. */
    Judge NONE = new Judge() {
        @Override
        public boolean takes(WorkOrder work) {
            return false;
        }

        @Override
        public void judge(Lease lease) {
            throw new IllegalStateException("there is no judge for lease " + lease.id());
        }
    };
}
