package io.bignode.engine.cuda;

import io.bignode.engine.DeviceException;
import io.bignode.engine.Gauges;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Reads a GPU's gauges, where there is a library for it. What fails is told once and read as nothing: a GPU computes without them. A GPU that hangs may
 * keep a reader for ever, so nobody else waits for one.
 */
final class GpuGauges implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(GpuGauges.class.getName());

    /** How long closing waits for a reader; a library left open ends with the process. */
    private static final Duration CLOSING = Duration.ofSeconds(1);

    private final Optional<NativeLibrary> library;
    private final String uuid;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Nvml nvml;
    private boolean failed;

    /**
     * Of a GPU.
     *
     * @param library NVML, where it was found
     * @param uuid    the GPU's name for ever
     */
    GpuGauges(Optional<NativeLibrary> library, String uuid) {
        this.library = library;
        this.uuid = uuid;
    }

    /** What it measures now. */
    Gauges read() {
        if (library.isEmpty() || !lock.tryLock()) return Gauges.NONE;
        try {
            return read(library.get());
        } catch (DeviceException refused) {
            if (!failed) LOG.log(System.Logger.Level.WARNING, "{0} tells nothing of its temperature, power and load: {1}", uuid, refused.getMessage());
            failed = true;
            return Gauges.NONE;
        } finally {
            lock.unlock();
        }
    }

    private Gauges read(NativeLibrary from) {
        Nvml open = nvml;
        if (open == null) {
            open = new Nvml(from);
            nvml = open;
        }
        // The handle is asked for each time: it does not outlast a GPU's reset.
        return open.gauges(open.device(uuid));
    }

    @Override
    public void close() {
        try {
            if (!lock.tryLock(CLOSING.toMillis(), TimeUnit.MILLISECONDS)) return;
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return;
        }
        try {
            if (nvml != null) nvml.close();
            nvml = null;
        } finally {
            lock.unlock();
        }
    }
}
