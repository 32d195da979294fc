package io.bignode.engine.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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

    /** Takes memory for values and copies them there; they have arrived when this returns. */
    long upload(CudaDriver driver, MemorySegment values, long stream) {
        long address = alloc(values.byteSize());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment outside = arena.allocate(values.byteSize(), 8).copyFrom(values);
            driver.copyToDevice(address, outside, outside.byteSize(), stream);
            driver.synchronize(stream);
        }
        return address;
    }

    @Override
    public void close() {
        addresses.forEach(memory::free);
        addresses.clear();
    }
}
