package io.bignode.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.engine.cuda.IdleTime.Use;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Measurements take a GPU only while nobody computes, and let go of it between two steps. */
@Timeout(60)
class IdleTimeTest {
    private final IdleTime idle = new IdleTime();

    @Test
    void whoeverComputesWaitsForOneStepOnly() throws Exception {
        CountDownLatch inAStep = new CountDownLatch(1);
        CountDownLatch stepMayEnd = new CountDownLatch(1);
        AtomicInteger steps = new AtomicInteger();
        AtomicBoolean ended = new AtomicBoolean(true);
        Thread measuring = Thread.ofPlatform().start(() -> {
            try {
                ended.set(idle.measure(Duration.ZERO, () -> {
                    for (int i = 0; i < 10; i++) {
                        idle.step();
                        steps.incrementAndGet();
                        inAStep.countDown();
                        awaitUninterruptibly(stepMayEnd);
                    }
                }));
            } catch (InterruptedException impossible) {
                throw new AssertionError(impossible);
            }
        });
        inAStep.await();
        AtomicBoolean computes = new AtomicBoolean();
        Thread session = Thread.ofPlatform().start(() -> {
            try (Use _ = idle.use()) {
                computes.set(true);
            }
        });
        while (session.getState() != Thread.State.WAITING) Thread.onSpinWait();
        assertThat(computes).isFalse();
        stepMayEnd.countDown();
        session.join();
        measuring.join();
        assertThat(computes).isTrue();
        assertThat(steps).as("steps of the measurement").hasValue(1);
        assertThat(ended).as("it came to its end").isFalse();
    }

    @Test
    void nothingIsMeasuredWhileSomebodyComputes() throws Exception {
        AtomicBoolean measured = new AtomicBoolean();
        Use use = idle.use();
        Thread measuring = Thread.ofPlatform().start(() -> {
            try {
                idle.measure(Duration.ZERO, () -> measured.set(true));
            } catch (InterruptedException impossible) {
                throw new AssertionError(impossible);
            }
        });
        while (measuring.getState() != Thread.State.TIMED_WAITING) Thread.onSpinWait();
        assertThat(measured).isFalse();
        use.close();
        measuring.join();
        assertThat(measured).isTrue();
    }

    @Test
    void closingEndsAMeasurementAndAllThatWait() throws Exception {
        CountDownLatch measuring = new CountDownLatch(1);
        Thread one = Thread.ofPlatform().start(() -> {
            try {
                idle.measure(Duration.ZERO, () -> {
                    measuring.countDown();
                    while (true) idle.step();
                });
            } catch (InterruptedException impossible) {
                throw new AssertionError(impossible);
            }
        });
        measuring.await();
        idle.close(Duration.ofSeconds(30));
        one.join();
        assertThat(idle.measure(Duration.ofDays(1), () -> {})).isFalse();
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
