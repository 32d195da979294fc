package io.bignode.engine;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/** Waiting for a device that computes for another thread. */
public final class Turn {
    private static final long LOOK_MILLIS = 50;

    private Turn() {}

    /**
     * Takes a device's lock, or gives up while somebody else still has it: a lease that waits costs nothing to hand back.
     *
     * @throws CancelledException when the computation is not wanted any more, or the thread is interrupted; the lock is not held then
     */
    public static void take(ReentrantLock device, BooleanSupplier cancelled) throws CancelledException {
        try {
            while (!device.tryLock(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                if (cancelled.getAsBoolean()) throw new CancelledException();
            }
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
            throw new CancelledException();
        }
    }
}
