package io.bignode.engine.cuda;

import io.bignode.engine.cuda.IdleTime.WantedException;
import java.time.Duration;

/** Times launches on a GPU, one at a time. */
final class Stopwatch implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final CudaDriver driver;
    private final long stream;
    private final Before before;
    private final long start;
    private final long end;

    /** Asked before each launch. */
    @FunctionalInterface
    interface Before {
        /** Returns where the launch may be made. */
        void launch() throws WantedException;
    }

    Stopwatch(Gpu gpu, Before before) {
        this.driver = gpu.driver();
        this.stream = gpu.computeStream();
        this.before = before;
        this.start = driver.createEvent();
        this.end = driver.createEvent();
    }

    /** What is asked before each launch. */
    Before before() {
        return before;
    }

    /** Has something launched and waits for it; milliseconds it took. */
    float millis(Runnable launch) throws WantedException {
        before.launch();
        driver.record(start, stream);
        launch.run();
        driver.record(end, stream);
        GpuWait.until(driver, end, LIMIT);
        return driver.millisBetween(start, end);
    }

    @Override
    public void close() {
        driver.destroyEvent(start);
        driver.destroyEvent(end);
    }
}
