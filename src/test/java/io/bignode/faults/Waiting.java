package io.bignode.faults;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for what other processes bring about. */
final class Waiting {
    private static final Duration LOOK = Duration.ofMillis(20);

    private Waiting() {}

    /** Looks again and again until it is so; fails after {@code most}. */
    static void until(Duration most, Supplier<String> otherwise, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + most.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) throw new AssertionError(otherwise.get());
            Thread.sleep(LOOK);
        }
    }
}
