package io.bignode.lease;

/** Carries the head's words to the workers. Nothing here waits for a worker; what is meant for one that is gone is dropped. */
public interface Carrier {
    /** Sends a lease to a device that asked for one. */
    void send(String deviceId, Lease lease);

    /** Tells a device to give up a lease. Nothing happens when it was ended by a report before. */
    void cancel(String deviceId, String leaseId);

    /** Ends a worker's connection and lets it in no more until it is {@linkplain #admit admitted}. */
    void bar(String worker, String reason);

    /** Lets a worker in again. */
    void admit(String worker);
}
