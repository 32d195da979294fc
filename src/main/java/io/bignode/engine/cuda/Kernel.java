package io.bignode.engine.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A loaded kernel. */
final class Kernel {
    private final CudaDriver driver;
    private final String name;
    private final long function;

    /** A kernel of a loaded module. */
    Kernel(CudaDriver driver, long module, String name) {
        this.driver = driver;
        this.name = name;
        this.function = driver.function(module, name);
    }

    /** How many blocks a launch has in each direction. */
    record Grid(int x, int y, int z) {
        static Grid of(int x) {
            return new Grid(x, 1, 1);
        }
    }

    /** Lets every launch take so much dynamic shared memory. */
    void allowSharedMemory(int bytes) {
        driver.allowSharedMemory(function, bytes);
    }

    /** Launches it without dynamic shared memory. */
    void launch(long stream, Grid grid, int threads, Object... parameters) {
        launch(stream, grid, threads, 0, parameters);
    }

    /**
     * Launches it.
     *
     * @param parameters in the kernel's order: {@link Long} for pointers and 64-bit integers, {@link Integer}, {@link Float}, or a segment that holds a
     *                   parameter passed by value
     */
    void launch(long stream, Grid grid, int threads, int sharedBytes, Object[] parameters) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pointers = arena.allocate(ADDRESS, Math.max(1, parameters.length));
            for (int i = 0; i < parameters.length; i++) {
                pointers.setAtIndex(ADDRESS, i, switch (parameters[i]) {
                    case Long number -> arena.allocateFrom(JAVA_LONG, number);
                    case Integer number -> arena.allocateFrom(JAVA_INT, number);
                    case Float number -> arena.allocateFrom(JAVA_FLOAT, number);
                    case MemorySegment value -> value;
                    default -> throw new IllegalArgumentException(name + " takes no " + parameters[i].getClass());
                });
            }
            driver.launch(name, function, grid.x(), grid.y(), grid.z(), threads, sharedBytes, stream, pointers);
        }
    }
}
