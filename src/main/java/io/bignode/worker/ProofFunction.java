package io.bignode.worker;

import io.bignode.engine.CancelledException;
import io.bignode.protocol.Found;
import io.bignode.protocol.Lease;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/** A function nonces are pushed through on one device; what it needs stands in the lease's work order. Another function is another implementation. */
interface ProofFunction extends AutoCloseable {

    /** The name work orders carry. */
    String name();

    /**
     * Makes the device ready, which may have been lost; called by a slot before it asks for a lease. Does nothing when it is ready.
     *
     * @throws InterruptedException when interrupted while waiting
     * @throws io.bignode.engine.DeviceException when the device is not ready; it may be tried again
     */
    void prepare() throws InterruptedException;

    /**
     * Computes a lease, making the device ready if it is not. Both slots of a device call this at the same time: one prepares while the other computes.
     *
     * @param started   to be told, once the device is ready to compute, how many nonces it takes in one go
     * @param cancelled asked often; once true, the nonces not yet computed are left
     * @throws CancelledException   when cancelled before any nonce was computed
     * @throws InterruptedException when interrupted while waiting
     * @throws io.bignode.engine.DeviceLostException when the device must be {@linkplain #prepare made ready} again
     * @throws io.bignode.engine.DeviceException     when the device fails
     */
    Result compute(Lease lease, IntConsumer started, BooleanSupplier cancelled) throws CancelledException, InterruptedException;

    /** Frees what the function holds on the device. */
    @Override
    void close();

    /**
     * What came of a lease.
     *
     * @param found       the nonces that count
     * @param computed    nonces computed, from the lease's first on
     * @param deviceNanos time the device was busy
     */
    record Result(List<Found> found, int computed, long deviceNanos) {}
}
