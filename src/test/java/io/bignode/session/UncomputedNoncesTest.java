package io.bignode.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.ManualTime;
import io.bignode.protocol.Found;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.Provenance;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Quiet.class)
class UncomputedNoncesTest {
    private static final String FIRST = "local/vllm:0";
    private static final String SECOND = "local/vllm:1";

    private final ManualTime time = new ManualTime();
    private final MemoryStore store = new MemoryStore();
    private final List<Change> changes = new ArrayList<>();

    @Test
    void anotherDeviceTriesANonceOnceMoreAndThenNobody() {
        UncomputedNonces nonces = new UncomputedNonces(7, new NonceSequence(5, 10), Map.of());
        assertThat(nonces.done(FIRST, new NonceRange(0, 8), List.of(25L, 45L), changes)).containsExactly(2L, 4L);
        assertThat(nonces.of(FIRST)).containsExactlyInAnyOrder(2L, 4L);
        assertThat(nonces.of(SECOND)).isEmpty();
        assertThat(changes).containsExactly(new Change.NonceTried(7, 2, FIRST), new Change.NonceTried(7, 4, FIRST));

        changes.clear();
        assertThat(nonces.done(SECOND, new NonceRange(2, 1), List.of(25L), changes)).as("it came to nothing on two").isEmpty();
        assertThat(nonces.of(FIRST)).containsExactly(4L);
        assertThat(changes).containsExactly(new Change.NonceSettled(7, 2));
        assertThat(nonces.done(SECOND, new NonceRange(4, 1), List.of(), changes)).isEmpty();
        assertThat(nonces.of(FIRST)).as("another device computed it").isEmpty();
    }

    private Sessions restarted() {
        return new Sessions(new SessionRules(3, Duration.ofSeconds(330), Duration.ofSeconds(120), Duration.ofDays(1), 100), time, time, store);
    }

    private static LeaseResult nothing(LeasedRange flight, boolean held, List<Found> found, Long... nonces) {
        return new LeaseResult(flight.leaseId(), flight.range().count(), found, 10, Provenance.of(flight.deviceId()), held, List.of(nonces));
    }

    /** A head ends and another begins after each step. */
    @Test
    void aHeadThatStartsAnewKnowsWhoTriedANonceAndWhatCannotBeComputed() {
        Sessions sessions = restarted();
        String id = ((StartOutcome.Started) sessions.start(Orders.of("a"))).session().id();
        LeasedRange flight = sessions.find("alice", id).orElseThrow().take(FIRST, 4).orElseThrow();
        // Its result waits to be checked while the head ends.
        sessions.land(List.of(nothing(flight, true, List.of(new Found(0, "1"), new Found(3, "1")), 1L, 2L)));

        sessions = restarted();
        sessions.release(List.of(flight.leaseId()));
        Session session = restarted().find("alice", id).orElseThrow();
        assertThat(session.totalComputed()).isEqualTo(2);
        assertThat(session.take(FIRST, 1).orElseThrow().range()).as("not what came to nothing on it").isEqualTo(new NonceRange(4, 1));

        sessions = restarted();
        session = sessions.find("alice", id).orElseThrow();
        LeasedRange again = session.take(SECOND, 2).orElseThrow();
        assertThat(again.range()).isEqualTo(new NonceRange(1, 2));
        sessions.land(List.of(nothing(again, false, List.of(new Found(2, "1")), 1L)));
        assertThat(session.uncomputable()).isEqualTo(1);

        session = restarted().find("alice", id).orElseThrow();
        assertThat(session.uncomputable()).isEqualTo(1);
        assertThat(session.take("local/vllm:2", 9).orElseThrow().range().first()).as("nobody tries nonce 1 again").isEqualTo(5);
        assertThat(session.totalGenerated()).isEqualTo(3);
    }
}
