package io.bignode.engine.cuda;

import io.bignode.engine.DeviceException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;

/**
 * A GPU with a context open on it: streams, memory, matrix products, kernels. Every thread calls {@link #enter} before it calls the driver, and
 * is a platform thread.
 */
final class Gpu implements AutoCloseable {
    /** What the matrix products of the newest chips use best. */
    static final long WORKSPACE_BYTES = 64L << 20;

    private final CudaDriver driver;
    private final KernelCache kernelCache;
    private final int device;
    private final String architecture;
    private final int multiprocessors;
    private final long context;
    private final GpuMemory memory;
    private final CublasLt blas;
    private final long computeStream;
    private final long copyStream;
    private final long weightStream;
    private final long workspace;
    private final DevicePools pools;
    private final Measured measured;
    private final IdleTime idle = new IdleTime();
    private final PageLocked pageLocked;
    private final Map<String, Long> modules = new HashMap<>();
    private volatile boolean lost;
    private boolean closed;

    /**
     * Opens a GPU of which nothing was measured.
     *
     * @param capBytes the most memory to take
     */
    Gpu(CudaLibraries libraries, KernelCache kernelCache, int ordinal, long capBytes) {
        this(libraries, kernelCache, ordinal, capBytes, Measured.none());
    }

    /**
     * Opens a GPU.
     *
     * @param capBytes the most memory to take
     * @param measured what was measured on it before
     */
    Gpu(CudaLibraries libraries, KernelCache kernelCache, int ordinal, long capBytes, Measured measured) {
        this.measured = measured;
        this.driver = libraries.driver();
        this.kernelCache = kernelCache;
        this.device = driver.device(ordinal);
        this.architecture = architecture(driver, device);
        this.multiprocessors = driver.attribute(device, CudaDriver.MULTIPROCESSORS);
        this.context = driver.retainContext(device);
        try {
            enter();
            this.memory = new GpuMemory(driver, capBytes);
            this.blas = new CublasLt(libraries.cublasLt());
            this.computeStream = driver.createStream();
            this.copyStream = driver.createStream();
            this.weightStream = driver.createStream();
            this.workspace = memory.alloc(WORKSPACE_BYTES);
            this.pools = new DevicePools(this);
            this.pageLocked = new PageLocked(driver);
        } catch (RuntimeException | Error failure) {
            // Resetting frees whatever of the above there is.
            driver.resetContext(device);
            throw failure;
        }
    }

    /** Has this thread's calls to the driver go to this GPU. */
    void enter() {
        driver.setCurrent(context);
    }

    /** The driver. */
    CudaDriver driver() {
        return driver;
    }

    /** The GPU's memory. */
    GpuMemory memory() {
        return memory;
    }

    /** Its matrix products. */
    CublasLt blas() {
        return blas;
    }

    /** Where products may keep partial sums; used by one stream, {@link #computeStream}. */
    long workspace() {
        return workspace;
    }

    /** Where batches are computed, one after the other. */
    long computeStream() {
        return computeStream;
    }

    /** Where weights are cut while batches are computed. */
    long weightStream() {
        return weightStream;
    }

    /** Where inputs are copied while batches are computed. */
    long copyStream() {
        return copyStream;
    }

    /** The copies of weight pools. */
    DevicePools pools() {
        return pools;
    }

    /** What was measured on it. */
    Measured measured() {
        return measured;
    }

    /** When nobody computes on it. */
    IdleTime idle() {
        return idle;
    }

    /** Page-locked memory that is at hand. */
    PageLocked pageLocked() {
        return pageLocked;
    }

    /** A GPU's architecture as compilers name it, for instance {@code sm_90}; no context is needed for that. */
    static String architecture(CudaDriver driver, int device) {
        return "sm_" + driver.attribute(device, CudaDriver.CAPABILITY_MAJOR) + driver.attribute(device, CudaDriver.CAPABILITY_MINOR);
    }

    /** Its architecture as compilers name it, for instance {@code sm_90}. */
    String architecture() {
        return architecture;
    }

    /** How many multiprocessors it has. */
    int multiprocessors() {
        return multiprocessors;
    }

    /**
     * A kernel, compiled and loaded when it is asked for the first time.
     *
     * @param suffix what the architecture's name is to end with: {@code a} for instructions of this very architecture
     */
    Kernel kernel(String file, String name, String suffix, Map<String, Integer> defines) {
        String key = file + defines;
        synchronized (this) {
            Long module = modules.get(key);
            if (module != null) return new Kernel(driver, module, name);
        }
        // Compiled outside the lock: several kernels are at a time.
        byte[] code = kernelCache.code(file, architecture + suffix, defines);
        // A module belongs to the context that is current when it is loaded.
        enter();
        synchronized (this) {
            return new Kernel(driver, modules.computeIfAbsent(key, _ -> load(code)), name);
        }
    }

    private long load(byte[] code) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment image = arena.allocate(code.length, 16);
            MemorySegment.copy(code, 0, image, ValueLayout.JAVA_BYTE, 0, code.length);
            return driver.loadModule(image);
        }
    }

    /** A kernel without compile-time constants. */
    Kernel kernel(String file, String name) {
        return kernel(file, name, "", Map.of());
    }

    /** Notes that nothing works here any more. */
    void markLost() {
        lost = true;
    }

    /** Whether nothing works here any more. */
    boolean lost() {
        return lost;
    }

    /** Frees everything in an orderly way; what is left of a broken context {@link #reset} destroys. */
    @Override
    public synchronized void close() {
        if (closed) return;
        closed = true;
        enter();
        pools.close();
        pageLocked.close();
        blas.close();
        memory.free(workspace);
        driver.destroyStream(computeStream);
        driver.destroyStream(copyStream);
        driver.destroyStream(weightStream);
        modules.values().forEach(driver::unloadModule);
        driver.releaseContext(device);
    }

    /** Destroys the context and all that is in it. Blocks as long as the GPU hangs. */
    synchronized void reset() {
        closed = true;
        try {
            driver.resetContext(device);
        } catch (DeviceException already) {
            // A context that broke may refuse even this; whether the GPU works again shows when it is opened anew.
            System.getLogger(Gpu.class.getName()).log(System.Logger.Level.WARNING, "a broken context could not be reset", already);
        }
    }
}
