package io.bignode.engine.cuda;

import io.bignode.poc.WeightPool;
import java.lang.foreign.MemorySegment;
import java.util.IdentityHashMap;
import java.util.Map;

/** Copies of weight pools on a GPU: a pool is copied once, however many models cut their weights from it. Safe for use by several threads. */
final class DevicePools implements AutoCloseable {
    /** Values that the cutting kernel may read beyond the pool's end. */
    private static final long MARGIN_BYTES = 32;

    /** A pool passes through two page-locked buffers: while one is copied by the GPU, the other is filled. */
    private static final long BUFFER_BYTES = 32L << 20;

    private final Gpu gpu;
    private final Map<WeightPool, Entry> entries = new IdentityHashMap<>();

    private static final class Entry {
        private final long address;
        private int users;

        Entry(long address) {
            this.address = address;
        }
    }

    DevicePools(Gpu gpu) {
        this.gpu = gpu;
    }

    /** A use of a copy, until it is closed. */
    final class Copy implements AutoCloseable {
        private final WeightPool pool;
        private final long address;
        private boolean closed;

        private Copy(WeightPool pool, long address) {
            this.pool = pool;
            this.address = address;
        }

        /** Where it is on the device; it may be read a few values beyond its end. */
        long address() {
            return address;
        }

        @Override
        public void close() {
            synchronized (DevicePools.this) {
                if (closed) return;
                closed = true;
                Entry entry = entries.get(pool);
                if (entry != null && --entry.users == 0) {
                    entries.remove(pool);
                    gpu.memory().free(entry.address);
                }
            }
        }
    }

    /** Bytes a pool's copy takes. */
    static long bytes(long poolSize) {
        return 2 * poolSize + MARGIN_BYTES;
    }

    /** The pool's copy, made now when there is none. */
    synchronized Copy copyOf(WeightPool pool) {
        Entry entry = entries.get(pool);
        if (entry == null) {
            entry = new Entry(upload(pool));
            entries.put(pool, entry);
        }
        entry.users++;
        return new Copy(pool, entry.address);
    }

    private long upload(WeightPool pool) {
        CudaDriver driver = gpu.driver();
        MemorySegment values = pool.values();
        long stream = gpu.copyStream();
        long address = gpu.memory().alloc(bytes(pool.size()));
        MemorySegment[] buffers = new MemorySegment[2];
        long[] copied = new long[2];
        try {
            long size = Math.min(BUFFER_BYTES, values.byteSize());
            for (int i = 0; i < 2; i++) {
                buffers[i] = driver.allocHost(size);
                copied[i] = driver.createEvent();
            }
            driver.fill(address + values.byteSize(), (byte) 0, MARGIN_BYTES, stream);
            int turn = 0;
            for (long at = 0; at < values.byteSize(); at += size, turn = 1 - turn) {
                if (at >= 2 * size) GpuWait.spin(driver, copied[turn]);
                long count = Math.min(size, values.byteSize() - at);
                MemorySegment.copy(values, at, buffers[turn], 0, count);
                driver.copyToDevice(address + at, buffers[turn], count, stream);
                driver.record(copied[turn], stream);
            }
            driver.synchronize(stream);
            return address;
        } catch (RuntimeException | Error failure) {
            gpu.memory().free(address);
            throw failure;
        } finally {
            for (int i = 0; i < 2; i++) {
                if (copied[i] != 0) driver.destroyEvent(copied[i]);
                if (buffers[i] != null) driver.freeHost(buffers[i]);
            }
        }
    }

    @Override
    public synchronized void close() {
        entries.values().forEach(entry -> gpu.memory().free(entry.address));
        entries.clear();
    }
}
