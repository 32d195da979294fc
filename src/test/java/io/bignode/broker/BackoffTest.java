package io.bignode.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BackoffTest {
    private final Backoff backoff = new Backoff();

    private long millis(JoinFailure.Kind kind, int tries) {
        return Stream.generate(() -> backoff.next(kind)).limit(tries).reduce(Duration.ZERO, (_, next) -> next).toMillis();
    }

    @Test
    void aHeadThatIsAwayIsTriedEveryTwoSecondsAndOneThatRefusesEveryThirty() {
        assertThat(millis(JoinFailure.Kind.AWAY, 1)).isEqualTo(100);
        assertThat(millis(JoinFailure.Kind.AWAY, 20)).isEqualTo(2_000);
        assertThat(millis(JoinFailure.Kind.REFUSED, 1)).isEqualTo(4_000);
        assertThat(millis(JoinFailure.Kind.REFUSED, 20)).isEqualTo(30_000);
        assertThat(millis(JoinFailure.Kind.AWAY, 1)).isEqualTo(2_000);
        backoff.reset();
        assertThat(millis(JoinFailure.Kind.REFUSED, 1)).isEqualTo(100);
    }
}
