package io.bignode.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class OncePerMinuteTest {
    private long seconds;
    private final OncePerMinute once = new OncePerMinute(() -> TimeUnit.SECONDS.toNanos(seconds));

    @Test
    void eachKindIsToldOnceAMinute() {
        assertThat(once.isDue("a")).isTrue();
        assertThat(once.isDue("a")).isFalse();
        assertThat(once.isDue("b")).isTrue();
        seconds = 59;
        assertThat(once.isDue("a")).isFalse();
        seconds = 60;
        assertThat(once.isDue("a")).isTrue();
        assertThat(once.isDue("a")).isFalse();
    }
}
