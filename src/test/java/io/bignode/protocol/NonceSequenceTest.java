package io.bignode.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NonceSequenceTest {
    @Test
    void noncesAreTheOffsetAndMultiplesOfTheStride() {
        NonceSequence nonces = new NonceSequence(3, 5);
        assertThat(nonces.nonces(new NonceRange(0, 4))).containsExactly(3, 8, 13, 18);
        assertThat(nonces.index(13)).hasValue(2);
        assertThat(nonces.index(14)).isEmpty();
        assertThat(nonces.index(-2)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "9223372036854775807, 1, 1",
        "9223372036854775806, 1, 2",
        "9223372036854775806, 2, 1",
        "0, 9223372036854775807, 2",
        "1, 9223372036854775807, 1",
        "0, 1, 9223372036854775807",
        "1, 1, 9223372036854775807",
        "0, 2, 4611686018427387904"
    })
    void theLastNonceIsTheLastThatFitsALong(long offset, long stride, long size) {
        NonceSequence nonces = new NonceSequence(offset, stride);
        assertThat(nonces.size()).isEqualTo(size);
        assertThat(nonces.nonce(size - 1)).isEqualTo(offset + (size - 1) * stride).isNotNegative();
        assertThat(nonces.index(nonces.nonce(size - 1))).hasValue(size - 1);
        assertThatIllegalArgumentException().isThrownBy(() -> nonces.nonce(size));
    }

    @Test
    void aNegativeOffsetAndAStrideBelowOneAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new NonceSequence(-1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new NonceSequence(0, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new NonceRange(0, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new NonceRange(Long.MAX_VALUE, 1));
    }

    @Test
    void sequencesMeetWhereSomeNumberIsInBoth() {
        assertThat(new NonceSequence(0, 2).meets(new NonceSequence(0, 1))).isTrue();
        assertThat(new NonceSequence(1, 1).meets(new NonceSequence(0, 1))).isTrue();
        assertThat(new NonceSequence(0, 2).meets(new NonceSequence(1, 2))).isFalse();
        assertThat(new NonceSequence(1, 4).meets(new NonceSequence(3, 6))).isTrue();
        assertThat(new NonceSequence(1, 4).meets(new NonceSequence(4, 6))).isFalse();
        assertThat(new NonceSequence(2, 3).meets(new NonceSequence(4, 5))).isTrue();
    }
}
