package io.bignode.broker;

import io.bignode.protocol.WorkerGone;

/** What the head can do because the broker runs in its process; an external broker does none of it. */
public interface Doorkeeper {
    /** Shuts a worker out. */
    default void quarantine(String worker) {}

    /** Admits a worker again. */
    default void admit(String worker) {}

    /**
     * Why a connection ended.
     *
     * @param address the other end's, as the broker writes it
     */
    default WorkerGone.Reason whyEnded(String address) {
        return WorkerGone.Reason.UNKNOWN;
    }

    /** Does nothing, as an external broker is out of reach. */
    Doorkeeper NOBODY = new Doorkeeper() {};
}
