package io.bignode.engine.cuda;

import io.bignode.engine.DeviceMemoryException;
import java.util.HashMap;
import java.util.Map;

/** A GPU's memory, up to a cap; keeps the books of what was taken. Safe for use by several threads. */
final class GpuMemory {
    /** What is left to the driver and to the kernels' own needs. */
    private static final long KEPT_FREE = 256L << 20;

    private final CudaDriver driver;
    private final long capBytes;
    private final Map<Long, Long> taken = new HashMap<>();
    private long usedBytes;
    private long peakBytes;

    /**
     * Nothing taken yet.
     *
     * @param capBytes the most that may be taken at a time
     */
    GpuMemory(CudaDriver driver, long capBytes) {
        this.driver = driver;
        this.capBytes = capBytes;
    }

    /**
     * Takes memory, aligned to 256 bytes, with unspecified content.
     *
     * @throws DeviceMemoryException when the GPU has no more, or the cap is reached
     */
    synchronized long alloc(long bytes) {
        if (bytes > capBytes - usedBytes) {
            throw new DeviceMemoryException(bytes + " bytes are asked for beyond the " + usedBytes + " in use, " + capBytes + " may be");
        }
        long address = driver.alloc(bytes);
        taken.put(address, bytes);
        usedBytes += bytes;
        peakBytes = Math.max(peakBytes, usedBytes);
        return address;
    }

    /** Gives memory back. */
    synchronized void free(long address) {
        Long bytes = taken.remove(address);
        if (bytes == null) throw new IllegalStateException("freed twice or never taken: " + address);
        usedBytes -= bytes;
        driver.free(address);
    }

    /** What a plan may count on now: free on the GPU, within the cap, less what is kept free. */
    synchronized long availableBytes() {
        return Math.min(driver.freeMemory() - KEPT_FREE, capBytes - usedBytes);
    }

    /** What a plan may count on with nothing taken, on a GPU of so much memory. */
    static long usableBytes(long totalBytes, long capBytes) {
        // A context of the driver takes about as much again as is kept free.
        return Math.min(totalBytes - 2 * KEPT_FREE, capBytes);
    }

    /** The most that was in use at a time. */
    synchronized long peakBytes() {
        return peakBytes;
    }
}
