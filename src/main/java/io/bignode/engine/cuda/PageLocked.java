package io.bignode.engine.cuda;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** Page-locked memory of the host, some of it made before it is asked for: to lock a batch's inputs takes tens of milliseconds. Safe for use by several threads. */
final class PageLocked implements AutoCloseable {
    private final CudaDriver driver;
    private final Deque<MemorySegment> ready = new ArrayDeque<>();

    PageLocked(CudaDriver driver) {
        this.driver = driver;
    }

    /** Has pieces of these sizes at hand, each so many times; pieces of other sizes that nobody took are given back. */
    synchronized void prepare(List<Long> sizes, int times) {
        close();
        for (int i = 0; i < times; i++) {
            for (long bytes : sizes) ready.add(driver.allocHost(bytes));
        }
    }

    /** A piece of this size, which belongs to the caller. */
    synchronized MemorySegment take(long bytes) {
        for (var pieces = ready.iterator(); pieces.hasNext(); ) {
            MemorySegment piece = pieces.next();
            if (piece.byteSize() != bytes) continue;
            pieces.remove();
            return piece;
        }
        return driver.allocHost(bytes);
    }

    /** Gives back what nobody took. */
    @Override
    public synchronized void close() {
        while (!ready.isEmpty()) driver.freeHost(ready.pop());
    }
}
