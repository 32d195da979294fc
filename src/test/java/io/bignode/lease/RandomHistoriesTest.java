package io.bignode.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.session.Quiet;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Whatever happens in whatever order, no nonce is leased twice at a time, skipped, lost or delivered twice. A failing history is replayed
 * with {@code -Dbignode.seed=…}.
 */
@ExtendWith(Quiet.class)
class RandomHistoriesTest {
    private static final int STEPS = 160;

    @Test
    void randomHistoriesLoseNothingAndRepeatNothing() {
        histories(500);
    }

    @Test
    @Tag("full")
    void twoThousandRandomHistoriesDoNotEither() {
        histories(2000);
    }

    private static void histories(int count) {
        Long replay = Long.getLong("bignode.seed");
        if (replay != null) {
            new History(replay).run(STEPS);
            return;
        }
        long seed = new Random().nextLong();
        long sent = 0;
        long delivered = 0;
        long waited = 0;
        for (int i = 0; i < count; i++) {
            History history = new History(seed + i);
            try {
                history.run(STEPS);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("replay with -Dbignode.seed=" + (seed + i), e);
            }
            sent += history.sent;
            delivered += history.delivered;
            waited += history.waited;
        }
        System.out.printf("seed %d: %d histories, %d leases, %d nonces delivered%n", seed, count, sent, delivered);
        assertThat(sent).isGreaterThan(10L * count);
        assertThat(delivered).isGreaterThan(5L * count);
        assertThat(waited).isGreaterThan(count);
    }
}
