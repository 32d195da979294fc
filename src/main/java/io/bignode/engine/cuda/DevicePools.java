package io.bignode.engine.cuda;

import io.bignode.poc.WeightPool;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Copies of weight pools on a GPU: a pool is copied once, however many models cut their weights from it, and while it
 * is drawn where somebody asks for it then. Safe for use by several threads. */
final class DevicePools implements AutoCloseable {
    /** Values that the cutting kernel may read beyond the pool's end. */
    private static final long MARGIN_BYTES = 32;

    /** A pool passes through two page-locked buffers: while one is copied by the GPU, the other is filled. */
    private static final long BUFFER_BYTES = 32L << 20;

    private final Gpu gpu;
    private final Map<WeightPool, Entry> entries = new IdentityHashMap<>();

    /** Those whose memory is taken, also where the copy failed and others wait for it still. */
    private final Set<Entry> allEntries = new HashSet<>();

    private static final class Entry {
        private final long address;
        private final CompletableFuture<Void> copied = new CompletableFuture<>();
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
        private final Entry entry;
        private boolean closed;

        private Copy(WeightPool pool, Entry entry) {
            this.pool = pool;
            this.entry = entry;
        }

        /** Where it is on the device; it may be read a few values beyond its end. */
        long address() {
            return entry.address;
        }

        @Override
        public void close() {
            synchronized (DevicePools.this) {
                if (closed) return;
                closed = true;
                leave(pool, entry);
            }
        }
    }

    private synchronized void leave(WeightPool pool, Entry entry) {
        if (--entry.users > 0) return;
        entries.remove(pool, entry);
        if (allEntries.remove(entry)) gpu.memory().free(entry.address);
    }

    /** Bytes a pool's copy takes. */
    static long bytes(long poolSize) {
        return 2 * poolSize + MARGIN_BYTES;
    }

    /** Bytes that the copy of a pool of this size is still going to take, as far as one can tell: one that is being made has taken them. */
    synchronized long missingBytes(long poolSize) {
        return entries.keySet().stream().anyMatch(pool -> pool.size() == poolSize) ? 0 : bytes(poolSize);
    }

    /** The pool's copy, made now when there is none. Waits for one that another thread makes, which may go on as long as the pool's draw does. */
    Copy copyOf(WeightPool pool) {
        Entry entry;
        boolean first;
        synchronized (this) {
            first = !entries.containsKey(pool);
            entry = entries.computeIfAbsent(pool, _ -> new Entry(gpu.memory().alloc(bytes(pool.size()))));
            allEntries.add(entry);
            entry.users++;
        }
        try {
            if (first) {
                upload(pool, entry.address);
                entry.copied.complete(null);
            } else {
                entry.copied.join();
            }
            return new Copy(pool, entry);
        } catch (CompletionException theirs) {
            leave(pool, entry);
            throw theirs.getCause() instanceof RuntimeException cause ? cause : theirs;
        } catch (RuntimeException | Error failure) {
            synchronized (this) {
                // Whoever comes next begins anew.
                entries.remove(pool, entry);
            }
            entry.copied.completeExceptionally(failure);
            leave(pool, entry);
            throw failure;
        }
    }

    private void upload(WeightPool pool, long address) {
        CudaDriver driver = gpu.driver();
        long bytes = 2 * pool.size();
        long stream = gpu.copyStream();
        MemorySegment[] buffers = new MemorySegment[2];
        long[] copied = new long[2];
        try {
            long size = Math.min(BUFFER_BYTES, bytes);
            for (int i = 0; i < 2; i++) {
                buffers[i] = driver.allocHost(size);
                copied[i] = driver.createEvent();
            }
            driver.fill(address + bytes, (byte) 0, MARGIN_BYTES, stream);
            int pieces = 0;
            for (long at = 0; at < bytes; pieces++) {
                int turn = pieces % 2;
                if (pieces >= 2) GpuWait.spin(driver, copied[turn]);
                long count = pool.copy(at, buffers[turn]);
                driver.copyToDevice(address + at, buffers[turn], count, stream);
                driver.record(copied[turn], stream);
                at += count;
            }
            driver.synchronize(stream);
        } finally {
            for (int i = 0; i < 2; i++) {
                if (copied[i] != 0) driver.destroyEvent(copied[i]);
                if (buffers[i] != null) driver.freeHost(buffers[i]);
            }
        }
    }

    @Override
    public synchronized void close() {
        allEntries.forEach(entry -> gpu.memory().free(entry.address));
        allEntries.clear();
        entries.clear();
    }
}
