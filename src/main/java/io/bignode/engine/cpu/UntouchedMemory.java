package io.bignode.engine.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.bignode.engine.DeviceException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Memory that the system hands out page by page when it is first written. An arena's own memory is cleared by the one thread that asks for it, which for
 * a main-net pool takes a third of the time in which two threads draw the values.
 */
public final class UntouchedMemory {
    private static final Linker LINKER = Linker.nativeLinker();

    /** {@code void *malloc(size_t size)} */
    private static final MethodHandle MALLOC = handle("malloc", FunctionDescriptor.of(ADDRESS, JAVA_LONG));

    /** {@code void free(void *memory)} */
    private static final MethodHandle FREE = handle("free", FunctionDescriptor.ofVoid(ADDRESS));

    private UntouchedMemory() {}

    /** Allocates; freed when the arena is closed. */
    public static MemorySegment allocate(Arena arena, long bytes) {
        MemorySegment memory;
        try {
            memory = (MemorySegment) MALLOC.invokeExact(bytes);
        } catch (Throwable failure) {
            throw new DeviceException("malloc failed", failure);
        }
        if (memory.equals(MemorySegment.NULL)) {
            throw new OutOfMemoryError("the system has no " + bytes + " bytes for a weight pool");
        }
        return memory.reinterpret(bytes, arena, UntouchedMemory::free);
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
