package io.bignode.engine.cuda;

import io.bignode.engine.DeviceLostException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waiting for a GPU without trusting it: an event that does not happen in time means that the GPU hangs. */
final class GpuWait {
    private static final int SPINS = 200;
    private static final long NAP_NANOS = 50_000;

    private GpuWait() {}

    /** Waits for an event that is a matter of milliseconds. */
    static void spin(CudaDriver driver, long event) {
        until(driver, event, Duration.ofSeconds(30));
    }

    /**
     * Waits for an event.
     *
     * @throws DeviceLostException when it does not happen within {@code limit}, or the GPU failed before
     */
    static void until(CudaDriver driver, long event, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        for (int tries = 0; !driver.happened(event); tries++) {
            if (System.nanoTime() - deadline > 0) throw new DeviceLostException("the GPU has made no progress for " + limit.toSeconds() + " s");
            if (tries < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(NAP_NANOS);
            }
        }
    }
}
