package io.bignode.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.protocol.NonceSequence;
import java.util.List;
import org.junit.jupiter.api.Test;

class UncomputedNoncesTest {
    private final UncomputedNonces nonces = new UncomputedNonces(new NonceSequence(5, 10));

    @Test
    void anotherDeviceTriesANonceOnceMoreAndThenNobody() {
        assertThat(nonces.again("local/vllm:0", List.of(25L, 45L))).containsExactly(2L, 4L);
        assertThat(nonces.of("local/vllm:0")).containsExactlyInAnyOrder(2L, 4L);
        assertThat(nonces.of("local/vllm:1")).isEmpty();

        assertThat(nonces.again("local/vllm:1", List.of(25L))).as("it came to nothing on two").isEmpty();
        assertThat(nonces.of("local/vllm:0")).containsExactly(4L);
    }
}
