package io.bignode.engine.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;

/** What OpenBLAS reaches alone, with threads of its own, on a feed-forward layer's products. */
final class OpenBlasRate {
    private static final int ROUNDS = 3;

    private OpenBlasRate() {}

    /** Floating-point operations a second over {@code (rows, d) · (f, d)ᵀ} and {@code (rows, f) · (d, f)ᵀ}, the best of a few rounds. */
    static double measure(int rows, int d, int f, int threads) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment narrow = filled(arena, (long) rows * d);
            MemorySegment wide = filled(arena, (long) rows * f);
            MemorySegment weights = filled(arena, (long) d * f);
            double operations = 4.0 * rows * d * f;
            double best = 0;
            OpenBlas.setThreads(threads);
            for (int round = 0; round < ROUNDS; round++) {
                long start = System.nanoTime();
                OpenBlas.timesTransposed(rows, f, d, narrow, d, weights, d, 0f, wide, f);
                OpenBlas.timesTransposed(rows, d, f, wide, f, weights, f, 0f, narrow, d);
                best = Math.max(best, operations / ((System.nanoTime() - start) * 1e-9));
            }
            return best;
        } finally {
            OpenBlas.setThreads(1);
        }
    }

    // Values are small enough that no round overflows: infinities and denormals would be timed instead of products.
    private static MemorySegment filled(Arena arena, long count) {
        MemorySegment floats = Scratch.floats(arena, count);
        SplittableRandom random = new SplittableRandom(1);
        for (long i = 0; i < count; i++) {
            floats.setAtIndex(JAVA_FLOAT, i, (float) (random.nextDouble() - 0.5) * 1e-2f);
        }
        return floats;
    }
}
