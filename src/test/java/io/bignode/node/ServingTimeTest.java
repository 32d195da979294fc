package io.bignode.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.Waiting;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ServingTimeTest {
    private final ServingTime time = new ServingTime();

    private interface Look {
        void look() throws InterruptedException;
    }

    private static void whileItComputes(String thread, Look look) throws InterruptedException {
        AtomicBoolean enough = new AtomicBoolean();
        Thread computing = Thread.ofPlatform().name(thread).start(() -> {
            while (!enough.get()) Thread.onSpinWait();
        });
        try {
            look.look();
        } finally {
            enough.set(true);
            computing.join();
        }
    }

    @Test
    void whatServesLeasesIsCountedAndDoesNotGoBackWhenItEnds() throws InterruptedException {
        long before = time.getAsLong();
        whileItComputes("store", () -> Waiting.until("the store's time is counted", () -> time.getAsLong() - before > 20_000_000));
        long counted = time.getAsLong();
        assertThat(counted - before).isGreaterThan(20_000_000);
        assertThat(time.getAsLong()).isGreaterThanOrEqualTo(counted);
    }

    @Test
    void threadsAreKnownByTheirNames() {
        assertThat(ServingTime.serves("head")).isTrue();
        assertThat(ServingTime.serves("Thread-3 (activemq-bignode)")).isTrue();
        assertThat(ServingTime.serves("activemq-buffer-timeout")).isTrue();
        assertThat(ServingTime.serves("cpu-1")).isFalse();
        assertThat(ServingTime.serves("local/cpu-slot-0")).isFalse();
        assertThat(ServingTime.serves("store-check")).isFalse();
    }
}
