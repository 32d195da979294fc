package io.bignode.poc;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Where a weight pool's or a batch's values lie on the host. An engine may have memory that suits its device, or that need not be cleared first. */
@FunctionalInterface
public interface HostMemory {
    /** Memory of the Java platform, cleared by one thread before it is handed out. */
    HostMemory PLAIN = (arena, bytes) -> arena.allocate(bytes, 64);

    /**
     * Allocates; the content is unspecified.
     *
     * @param arena frees the memory when it is closed
     * @param bytes how much, at least 1
     */
    MemorySegment allocate(Arena arena, long bytes);
}
