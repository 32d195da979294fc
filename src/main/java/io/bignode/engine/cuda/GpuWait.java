package io.bignode.engine.cuda;

import io.bignode.engine.DeviceLostException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

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
        until(() -> driver.happened(event), limit, System::nanoTime);
    }

    /**
     * Waits for an event. Only a look that began after the limit tells that the GPU hangs: when this process itself stood still between two looks, the GPU
     * may have worked on.
     *
     * @param clock nanoseconds since some moment
     * @throws DeviceLostException when it does not happen within {@code limit}
     */
    static void until(BooleanSupplier happened, Duration limit, LongSupplier clock) {
        long deadline = clock.getAsLong() + limit.toNanos();
        for (int looks = 0;; looks++) {
            boolean last = clock.getAsLong() - deadline > 0;
            if (happened.getAsBoolean()) return;
            if (last) throw new DeviceLostException("the GPU has made no progress for " + limit.toSeconds() + " s");
            if (looks < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(NAP_NANOS);
            }
        }
    }
}
