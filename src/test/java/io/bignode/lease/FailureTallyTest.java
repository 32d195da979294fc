package io.bignode.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.protocol.NonceRange;
import org.junit.jupiter.api.Test;

class FailureTallyTest {
    private final FailureTally tally = new FailureTally();

    private int failed(NonceRange range) {
        return tally.failed(range, "gpu").times();
    }

    @Test
    void failuresOfTheSameRangeAddUp() {
        assertThat(failed(new NonceRange(8, 8))).isEqualTo(1);
        assertThat(failed(new NonceRange(8, 8))).isEqualTo(2);
        assertThat(failed(new NonceRange(16, 8))).isEqualTo(1);
        assertThat(failed(new NonceRange(0, 8))).isEqualTo(1);
    }

    @Test
    void aRangeCutAnewKeepsTheFailuresOfItsNonces() {
        failed(new NonceRange(0, 8));
        assertThat(failed(new NonceRange(2, 2))).isEqualTo(2);
        assertThat(failed(new NonceRange(0, 2))).isEqualTo(2);
        assertThat(failed(new NonceRange(4, 4))).isEqualTo(2);
        assertThat(failed(new NonceRange(3, 3))).isEqualTo(3);
    }

    @Test
    void whatWasComputedIsForgottenAndOnlyThat() {
        failed(new NonceRange(0, 8));
        tally.done(new NonceRange(2, 4));
        assertThat(failed(new NonceRange(2, 4))).isEqualTo(1);
        assertThat(failed(new NonceRange(0, 2))).isEqualTo(2);
        assertThat(failed(new NonceRange(6, 2))).isEqualTo(2);
    }

    @Test
    void theDevicesOnWhichItFailedAreRemembered() {
        tally.failed(new NonceRange(0, 8), "one");
        assertThat(tally.failed(new NonceRange(4, 2), "another").devices()).containsExactlyInAnyOrder("one", "another");
        assertThat(tally.failed(new NonceRange(0, 2), "one").devices()).containsExactly("one");
        tally.done(new NonceRange(4, 2));
        assertThat(tally.failed(new NonceRange(4, 2), "third").devices()).containsExactly("third");
    }
}
