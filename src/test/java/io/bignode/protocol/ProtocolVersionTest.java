package io.bignode.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProtocolVersionTest {
    private static final ProtocolVersion OURS = new ProtocolVersion(2, 3);

    @ParameterizedTest
    @ValueSource(strings = {"2.0", "2.3", "2.17"})
    void versionsOfOneMajorWorkTogether(String theirs) {
        assertThat(OURS.refusal(theirs, ProtocolVersion.Peer.HEAD)).isEmpty();
        assertThat(OURS.refusal(theirs, ProtocolVersion.Peer.WORKER)).isEmpty();
    }

    @Test
    void ofTwoMajorsTheOlderIsToBeUpdated() {
        assertThat(OURS.refusal("1.9", ProtocolVersion.Peer.WORKER)).hasValue("the worker speaks protocol 1.9 and this head 2.3: update the worker");
        assertThat(OURS.refusal("3.0", ProtocolVersion.Peer.WORKER)).hasValue("the worker speaks protocol 3.0 and this head 2.3: update this head");
        assertThat(OURS.refusal("1.9", ProtocolVersion.Peer.HEAD)).hasValue("the head speaks protocol 1.9 and this worker 2.3: update the head");
        assertThat(OURS.refusal("3.0", ProtocolVersion.Peer.HEAD)).hasValue("the head speaks protocol 3.0 and this worker 2.3: update this worker");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "2.", "2.x", "-2.1", "99999.1", "2.3 "})
    void whoTellsNoVersionIsOlderThanTheFirst(String theirs) {
        assertThat(OURS.refusal(theirs, ProtocolVersion.Peer.WORKER))
                .hasValue("the worker tells no version of the protocol and this head speaks 2.3: update the worker");
    }

    @Test
    void aProgramsVersionIsTakenWhereItLooksLikeOne() {
        assertThat(ProtocolVersion.program("0.1.0-SNAPSHOT+g1a2b")).isEqualTo("0.1.0-SNAPSHOT+g1a2b");
        assertThat(ProtocolVersion.program("<b>\n")).isEmpty();
        assertThat(ProtocolVersion.program("1".repeat(65))).isEmpty();
    }
}
