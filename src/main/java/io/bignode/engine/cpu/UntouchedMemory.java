package io.bignode.engine.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.bignode.engine.DeviceException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Memory that the system hands out page by page when it is first written. An arena's own memory is cleared by the one thread that asks for it, which for
 * a main-net pool takes longer than all threads need to draw the values.
 */
final class UntouchedMemory {
    /** Asks the system for large pages: far fewer faults. Without effect where it has none. */
    private static final int MADV_HUGEPAGE = 14;

    private static final long HUGE_PAGE = 1L << 21;

    private static final Linker LINKER = Linker.nativeLinker();

    /** {@code void *aligned_alloc(size_t alignment, size_t size)} */
    private static final MethodHandle ALIGNED_ALLOC = handle("aligned_alloc", FunctionDescriptor.of(ADDRESS, JAVA_LONG, JAVA_LONG));

    /** {@code void free(void *memory)} */
    private static final MethodHandle FREE = handle("free", FunctionDescriptor.ofVoid(ADDRESS));

    /** {@code int madvise(void *start, size_t length, int advice)} */
    private static final MethodHandle MADVISE = handle("madvise", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

    private UntouchedMemory() {}

    /** Allocates; freed when the arena is closed. */
    static MemorySegment allocate(Arena arena, long bytes) {
        long rounded = Math.ceilDiv(bytes, HUGE_PAGE) * HUGE_PAGE;
        MemorySegment memory;
        try {
            memory = (MemorySegment) ALIGNED_ALLOC.invokeExact(HUGE_PAGE, rounded);
        } catch (Throwable failure) {
            throw new DeviceException("aligned_alloc failed", failure);
        }
        if (memory.equals(MemorySegment.NULL)) {
            throw new OutOfMemoryError("the system has no " + rounded + " bytes for a weight pool");
        }
        try {
            // Refused or not, the memory is usable.
            int ignored = (int) MADVISE.invokeExact(memory, rounded, MADV_HUGEPAGE);
        } catch (Throwable failure) {
            throw new DeviceException("madvise failed", failure);
        }
        return memory.reinterpret(rounded, arena, UntouchedMemory::free).asSlice(0, bytes);
    }

    private static void free(MemorySegment memory) {
        try {
            FREE.invokeExact(memory);
        } catch (Throwable failure) {
            throw new DeviceException("free failed", failure);
        }
    }

    private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor);
    }
}
