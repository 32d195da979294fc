package io.bignode.broker;

import io.bignode.lease.Lease;
import io.bignode.lease.WorkerMessage;
import java.time.Duration;
import java.util.Optional;

/** What the head sees of the broker. Safe for use by several threads; {@link #receive} is called by one. */
public interface HeadSide {
    /**
     * Waits for the next request or report.
     *
     * @param wait the longest to wait
     * @return empty when none came in time
     */
    Optional<WorkerMessage> receive(Duration wait) throws InterruptedException;

    /** Sends a lease to a device that asked for one. Does not wait for the device. */
    void send(String deviceId, Lease lease);

    /** Tells the device that has this lease to give it up. Nothing happens when it was ended by a report before. */
    void cancel(String leaseId);
}
