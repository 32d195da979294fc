package io.bignode.lease;

import io.bignode.protocol.WorkerGone;

/** Observes what becomes of leases. It is called with a lock held, so that it counts and returns at once. */
public interface LeaseObserver {
    /** Why there is a lease. */
    enum Kind {
        /** To compute nonces nobody computed. */
        WORK,
        /** To compute again what another device computed. */
        CHECK
    }

    /** How a lease ended. */
    enum End {
        /** With a result that is taken. */
        DONE,
        /** The device failed, or did not finish in time. */
        FAILED,
        /** Without a result: cancelled, its worker is gone or was put in quarantine. */
        RETURNED
    }

    /** A device is connected; it may have been before. */
    default void connected(String deviceId) {}

    /** A lease goes to a device. */
    default void issued(Kind kind) {}

    /** A lease ended. */
    default void ended(Kind kind, End end, String deviceId) {}

    /**
     * A result that is taken, or held until it is verified.
     *
     * @param computed    how many nonces were computed
     * @param found       how many of them count
     * @param deviceNanos how long the device was busy with them
     */
    default void computed(String tenant, String deviceId, int computed, int found, long deviceNanos) {}

    /** Results were computed again. */
    default void verified(boolean agreed) {}

    /** A worker, or a device of the head, was put in quarantine. */
    default void quarantined() {}

    /** A worker's connection ended, or was replaced by another of its own. */
    default void disconnected(WorkerGone.Reason reason) {}

    /** An observer that does nothing. */
    LeaseObserver NOBODY = new LeaseObserver() {};
}
