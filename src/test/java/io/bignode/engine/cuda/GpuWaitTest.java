package io.bignode.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bignode.engine.DeviceLostException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class GpuWaitTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final AtomicLong now = new AtomicLong(-5);
    private final AtomicInteger looks = new AtomicInteger();

    @Test
    void aProcessThatStoodStillDoesNotTakeAWorkingGpuForOneThatHangs() {
        GpuWait.until(() -> {
            now.addAndGet(Duration.ofHours(1).toNanos()); // the process is stopped after it has looked
            return looks.incrementAndGet() == 2;
        }, LIMIT, now::get);
        assertThat(looks).hasValue(2);
    }

    @Test
    void aGpuThatMakesNoProgressIsLostAfterTheLimit() {
        assertThatThrownBy(() -> GpuWait.until(() -> {
            now.addAndGet(Duration.ofSeconds(1).toNanos());
            looks.incrementAndGet();
            return false;
        }, LIMIT, now::get)).isInstanceOf(DeviceLostException.class).hasMessage("the GPU has made no progress for 30 s");
        assertThat(looks).hasValue(32);
    }
}
