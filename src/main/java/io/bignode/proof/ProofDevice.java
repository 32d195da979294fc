package io.bignode.proof;

import io.bignode.protocol.Found;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/** A proof function on one device, which computes leases with it. Both slots of the device use it at the same time. */
public interface ProofDevice extends AutoCloseable {
    /** The device's name within its host, for instance {@code cuda:0}. */
    String id();

    /** The most nonces that it computes in one go, at least 1. */
    int maxBatch();

    /** The name of the function whose work orders it computes. */
    String function();

    /**
     * Makes the device ready, which may have been lost; called by a slot before it asks for a lease. Does nothing when it is ready.
     *
     * @throws InterruptedException when interrupted while waiting
     * @throws RuntimeException     when the device is not ready; it may be tried again
     */
    void prepare() throws InterruptedException;

    /**
     * Computes a lease, making the device ready if it is not. One slot prepares while the other computes.
     *
     * @param started   to be told, once the device is ready to compute, how many nonces it takes in one go
     * @param cancelled asked often; once true, the nonces not yet computed are left
     * @throws InterruptedException when interrupted while waiting
     * @throws RuntimeException     when the device fails
     */
    Result compute(Lease lease, IntConsumer started, BooleanSupplier cancelled) throws InterruptedException;

    /** What the device measures of itself at the moment, by the names of {@link io.bignode.protocol.DeviceHealth}; empty where it never measures anything. */
    Map<String, Double> gauges();

    /** Frees what the function holds on the device. */
    @Override
    void close();

    /**
     * What came of a lease.
     *
     * @param found       the nonces that count
     * @param computed    nonces computed, from the lease's first on; 0 where it was cancelled before any was
     * @param deviceNanos time the device was busy
     * @param uncomputed  the nonces among those computed that came to nothing on this device
     */
    record Result(List<Found> found, int computed, long deviceNanos, List<Long> uncomputed) {
        /** A result in which every nonce came to something. */
        public Result(List<Found> found, int computed, long deviceNanos) {
            this(found, computed, deviceNanos, List.of());
        }

        /** How the lease ends with this. */
        public LeaseReport report(String leaseId) {
            return computed == 0 ? new LeaseReport.Returned(leaseId) : new LeaseReport.Done(leaseId, found, computed, deviceNanos, uncomputed);
        }
    }
}
