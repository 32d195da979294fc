package io.bignode.engine.cuda;

import java.util.ArrayList;
import java.util.List;

/** Device memory that is freed together. */
final class Buffers implements AutoCloseable {
    private final GpuMemory memory;
    private final List<Long> addresses = new ArrayList<>();

    Buffers(GpuMemory memory) {
        this.memory = memory;
    }

    /** Takes memory. */
    long alloc(long bytes) {
        long address = memory.alloc(GpuPlan.aligned(bytes));
        addresses.add(address);
        return address;
    }

    @Override
    public void close() {
        addresses.forEach(memory::free);
        addresses.clear();
    }
}
