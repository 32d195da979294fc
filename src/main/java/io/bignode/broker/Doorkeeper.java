package io.bignode.broker;

import io.bignode.protocol.WorkerGone;

/** What the head asks of the broker's own process; an external broker does none of it. */
public interface Doorkeeper {
    /** Lets a worker in no more. */
    default void quarantine(String worker) {}

    /** Lets a worker in again. */
    default void admit(String worker) {}

    /**
     * Why a connection ended.
     *
     * @param address the other end's, as the broker tells it
     */
    default WorkerGone.Reason whyEnded(String address) {
        return WorkerGone.Reason.UNKNOWN;
    }

    /** That of an external broker. */
    Doorkeeper NOBODY = new Doorkeeper() {};
}
