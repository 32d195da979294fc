package io.bignode.protocol;

import java.time.Duration;
import java.util.List;

/**
 * What the head sees of the broker. Safe for use by several threads; {@link #receive} and {@link #acknowledge} are called by one. Nothing
 * here waits for a worker.
 */
public interface HeadSide {
    /**
     * Waits for requests and reports, and takes what is there, up to some hundred. They come again, here or after a restart, unless they are
     * {@linkplain #acknowledge acknowledged}.
     *
     * @param wait the longest to wait
     * @return empty when none came in time, or it was {@linkplain #wake woken}
     */
    List<WorkerMessage> receive(Duration wait) throws InterruptedException;

    /** Has {@link #receive} return soon, though nothing came. */
    void wake();

    /** What was received before is dealt with, durably. */
    void acknowledge();

    /** Sends a lease to a device that asked for one. */
    void send(String deviceId, Lease lease);

    /** Tells a device to give up a lease. Nothing happens when it was ended by a report before. */
    void cancel(String deviceId, String leaseId);

    /** Ends a worker's connection and lets it in no more until it is {@linkplain #admit admitted}. */
    void quarantine(String worker, String reason);

    /** Lets a worker in again. */
    void admit(String worker);
}
