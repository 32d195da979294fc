package io.bignode.engine.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.bignode.engine.DeviceException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The device's threads. A stage of the forward pass is a number of tiles; the threads take them one by one, each with scratch memory of its
 * own. They run at a lower priority than the rest of the process, so that a poll is answered at once while every core computes.
 *
 * @param <S> a thread's scratch memory
 */
final class ComputeThreads<S> implements AutoCloseable {
    private static final int NICE = 10;

    private final List<S> scratches;
    private final ExecutorService executor;

    /** Work on one tile. */
    @FunctionalInterface
    interface Tile<S> {
        void run(int tile, S scratch);
    }

    ComputeThreads(int threads, String name, IntFunction<S> scratch) {
        this.scratches = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            scratches.add(scratch.apply(i));
        }
        this.executor = Executors.newFixedThreadPool(threads, task -> Thread.ofPlatform()
                .daemon()
                .name(name, 0)
                .unstarted(() -> {
                    lowerPriority();
                    task.run();
                }));
    }

    int threads() {
        return scratches.size();
    }

    /** Runs the tiles {@code 0 .. tiles-1}, returns when all are done; the first failure is thrown on. */
    void run(int tiles, Tile<S> work) {
        AtomicInteger next = new AtomicInteger();
        List<Future<?>> running = new ArrayList<>();
        for (S scratch : scratches.subList(0, Math.min(tiles, scratches.size()))) {
            running.add(executor.submit(() -> {
                for (int tile = next.getAndIncrement(); tile < tiles; tile = next.getAndIncrement()) {
                    work.run(tile, scratch);
                }
            }));
        }
        @Nullable Throwable failure = null;
        for (Future<?> thread : running) {
            Throwable broken = join(thread);
            if (broken != null && failure == null) {
                failure = broken;
                next.set(tiles);
            }
        }
        if (failure != null) {
            throw new DeviceException("a compute thread failed: " + failure, failure);
        }
    }

    // Waits without giving way to interrupts: the tiles write into memory that the caller frees when this returns.
    private static @Nullable Throwable join(Future<?> thread) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    thread.get();
                    return null;
                } catch (InterruptedException later) {
                    interrupted = true;
                } catch (ExecutionException broken) {
                    return broken.getCause();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        executor.close();
    }

    /** {@code int setpriority(int which, id_t who, int nice)}: on Linux, which = 0 and who = 0 is the calling thread. */
    private static void lowerPriority() {
        Linker linker = Linker.nativeLinker();
        linker.defaultLookup().find("setpriority").ifPresent(address -> {
            MethodHandle handle = linker.downcallHandle(address, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
            try {
                // Refused or not, the thread computes all the same: its status is of no consequence.
                int ignored = (int) handle.invokeExact(0, 0, NICE);
            } catch (Throwable failure) {
                throw new DeviceException("setpriority failed", failure);
            }
        });
    }
}
