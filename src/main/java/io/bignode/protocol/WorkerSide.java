package io.bignode.protocol;

import io.bignode.protocol.WorkerMessage.LeaseRequest;
import java.util.Optional;

/**
 * What a worker sees of the broker. Safe for use by all slots of all devices at once.
 *
 * <p>A slot's round: {@link #request}, {@link #take}, reports, and once the lease ended again a request. A cancelled lease is still to be
 * ended by a report. Sending never waits for the head.
 */
public interface WorkerSide {
    /** Asks for one lease. */
    void request(LeaseRequest request);

    /**
     * Waits for a lease that was issued to this device; which of its slots asked makes no difference.
     *
     * @return empty when the broker was closed
     */
    Optional<Lease> take(String deviceId) throws InterruptedException;

    /**
     * Whether the head no longer wants this lease, because its session ended or the broker was closed. Cheap enough to be asked every
     * millisecond.
     */
    boolean cancelled(String leaseId);

    /** Tells what became of a lease. */
    void report(LeaseReport report);

    /** Tells what a device measured of itself; lost where the head cannot be reached. */
    void measured(DeviceHealth health);

    /** Withdraws a device: its leases, taken or not, are returned and its requests forgotten. */
    void gone(String deviceId);
}
