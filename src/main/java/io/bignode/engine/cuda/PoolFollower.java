package io.bignode.engine.cuda;

import io.bignode.engine.DeviceException;
import io.bignode.engine.DeviceLostException;
import io.bignode.engine.Engine;
import io.bignode.poc.WeightPool;
import org.jspecify.annotations.Nullable;

/** Copies a pool to a GPU while it is drawn, in a thread of its own. */
final class PoolFollower implements Engine.EarlyCopy {
    private static final System.Logger LOG = System.getLogger(PoolFollower.class.getName());

    private final Gpu gpu;
    private final Thread thread;
    private DevicePools.@Nullable Copy copy;

    /** Begins. */
    PoolFollower(String device, Gpu gpu, WeightPool drawn) {
        this.gpu = gpu;
        this.thread = Thread.ofPlatform().daemon().name(device + "-pool").start(() -> follow(drawn));
    }

    private void follow(WeightPool drawn) {
        try (IdleTime.Use _ = gpu.idle().use()) {
            gpu.enter();
            DevicePools.Copy made = gpu.pools().copyOf(drawn);
            synchronized (this) {
                copy = made;
            }
        } catch (DeviceLostException lost) {
            gpu.markLost();
            LOG.log(System.Logger.Level.DEBUG, "copying a pool that is being drawn failed", lost);
        } catch (DeviceException | IllegalStateException early) {
            // Too little memory now, or the draw was given up: the model is opened without, or not at all.
            LOG.log(System.Logger.Level.DEBUG, "copying a pool that is being drawn failed", early);
        }
    }

    @Override
    public void close() {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException later) {
                interrupted = true;
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
        synchronized (this) {
            if (copy == null || gpu.lost()) return;
            gpu.enter();
            copy.close();
        }
    }
}
