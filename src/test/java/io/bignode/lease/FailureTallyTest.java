package io.bignode.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.session.NonceRange;
import org.junit.jupiter.api.Test;

class FailureTallyTest {
    private final FailureTally tally = new FailureTally();

    @Test
    void failuresOfTheSameRangeAddUp() {
        assertThat(tally.failed(new NonceRange(8, 8))).isEqualTo(1);
        assertThat(tally.failed(new NonceRange(8, 8))).isEqualTo(2);
        assertThat(tally.failed(new NonceRange(16, 8))).isEqualTo(1);
        assertThat(tally.failed(new NonceRange(0, 8))).isEqualTo(1);
    }

    @Test
    void aRangeCutAnewKeepsTheFailuresOfItsNonces() {
        tally.failed(new NonceRange(0, 8));
        assertThat(tally.failed(new NonceRange(2, 2))).isEqualTo(2);
        assertThat(tally.failed(new NonceRange(0, 2))).isEqualTo(2);
        assertThat(tally.failed(new NonceRange(4, 4))).isEqualTo(2);
        assertThat(tally.failed(new NonceRange(3, 3))).isEqualTo(3);
    }

    @Test
    void whatWasComputedIsForgottenAndOnlyThat() {
        tally.failed(new NonceRange(0, 8));
        tally.done(new NonceRange(2, 4));
        assertThat(tally.failed(new NonceRange(2, 4))).isEqualTo(1);
        assertThat(tally.failed(new NonceRange(0, 2))).isEqualTo(2);
        assertThat(tally.failed(new NonceRange(6, 2))).isEqualTo(2);
    }
}
