package io.bignode.cli.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RetryPausesTest {
    private final RetryPauses pauses = new RetryPauses(new Random(7));

    @Test
    void aNodeIsNeverAskedEarlierThanItSaidAndNotMuchLater() {
        for (int i = 0; i < 1000; i++) assertThat(pauses.next(Duration.ofSeconds(8), 1)).isBetween(Duration.ofSeconds(8), Duration.ofSeconds(10));
    }

    @Test
    void clientsThatWereRefusedTogetherComeBackApart() {
        assertThat(IntStream.range(0, 100).mapToObj(_ -> pauses.next(Duration.ofSeconds(8), 1).toMillis() / 100).distinct().count()).isGreaterThan(10);
    }

    @Test
    void nobodyWaitsForAWholeSession() {
        assertThat(pauses.next(Duration.ofSeconds(330), 1)).isBetween(RetryPauses.LIMIT, Duration.ofSeconds(75));
    }

    @Test
    void whereTheNodeSaysNothingPausesDoubleUpToALimit() {
        assertThat(pauses.next(Duration.ZERO, 1)).isBetween(Duration.ofMillis(250), Duration.ofMillis(313));
        assertThat(pauses.next(Duration.ZERO, 3)).isBetween(Duration.ofSeconds(1), Duration.ofMillis(1250));
        assertThat(pauses.next(Duration.ZERO, 1000)).isBetween(Duration.ofSeconds(8), Duration.ofSeconds(10));
    }
}
