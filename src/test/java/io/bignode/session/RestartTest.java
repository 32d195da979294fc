package io.bignode.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.bignode.fixtures.ManualTime;
import io.bignode.protocol.Found;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.Provenance;
import io.bignode.session.SessionStore.StoreException;
import io.bignode.session.StartOutcome.Started;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a head finds that was started after another one's end. */
@ExtendWith(Quiet.class)
class RestartTest {
    private static final SessionRules RULES =
            new SessionRules(3, Duration.ofSeconds(330), Duration.ofSeconds(120), Duration.ofDays(1), 100);
    private static final List<Found> FOUND = List.of(new Found(1, "1.25"), new Found(2, "1.5"));

    private final ManualTime time = new ManualTime();
    private final MemoryStore store = new MemoryStore();
    private Sessions sessions = new Sessions(RULES, time, time, store);

    private void restart() {
        sessions = new Sessions(RULES, time, time, store);
    }

    private Session start(String key) {
        return ((Started) sessions.start(Orders.of(key))).session();
    }

    private Session again(Session session) {
        return sessions.find("alice", session.id()).orElseThrow();
    }

    private static LeaseResult landing(LeasedRange flight, boolean held) {
        return new LeaseResult(flight.leaseId(), flight.range().count(), FOUND, 1000, Provenance.of(flight.deviceId()), held);
    }

    @Test
    void aSessionIsWhatItWas() {
        Session session = start("a");
        session.generating();
        sessions.land(List.of(landing(session.take("cpu", 4).orElseThrow(), false), landing(session.take("cpu", 4).orElseThrow(), false)));
        session.delivery().settle(1);
        Session failed = start("b");
        failed.fail("out of memory");
        restart();
        Session again = again(session);
        assertThat(again).isNotSameAs(session);
        assertThat(again.order()).isEqualTo(session.order());
        assertThat(again.createdAt()).isEqualTo(session.createdAt());
        assertThat(again.status()).isEqualTo(SessionStatus.GENERATING);
        assertThat(again.totalComputed()).isEqualTo(8);
        assertThat(again.totalGenerated()).isEqualTo(4);
        assertThat(again.totalBatches()).isEqualTo(2);
        assertThat(again.delivery().unsettled().found()).isEqualTo(FOUND);
        assertThat(again.delivery().after(0).orElseThrow().found()).hasSize(4);
        assertThat(again(failed).error()).contains("out of memory");
        assertThat(sessions.start(Orders.of("a"))).isEqualTo(new StartOutcome.Running(again));
        assertThat(sessions.list("alice")).extracting(Session::id).containsExactly(session.id(), failed.id());
    }

    @Test
    void lifeAndIdleTimeGoOnWhileNoHeadRuns() {
        Session polled = start("a");
        start("b");
        time.pass(Duration.ofSeconds(100));
        polled.polled();
        time.pass(Duration.ofSeconds(60));
        restart();
        assertThat(sessions.leasable()).containsExactly(again(polled));
        assertThat(again(polled).timeLeft()).isEqualTo(Duration.ofSeconds(170));
        time.pass(Duration.ofSeconds(170));
        restart();
        sessions.tick();
        assertThat(again(polled).status()).isEqualTo(SessionStatus.EXPIRED);
        time.pass(RULES.retention());
        restart();
        time.pass(Duration.ofSeconds(1));
        sessions.tick();
        assertThat(sessions.list("alice")).isEmpty();
        assertThat(store.load().lineages()).isEmpty();
        assertThat(start("a").take("cpu", 1).orElseThrow().range().first()).isZero();
    }

    @Test
    void aClockThatWasSetBackEndsNoSession() {
        Session session = start("a");
        InstantSource behind = InstantSource.fixed(Instant.EPOCH.minusSeconds(5000));
        sessions = new Sessions(RULES, behind, time, store);
        assertThat(again(session).age()).isZero();
        assertThat(again(session).leasable()).isTrue();
    }

    @Test
    void leasesStayInFlightAndLandOnce() {
        Session session = start("a");
        LeasedRange flight = session.take("rented/cuda:0", 4).orElseThrow();
        restart();
        assertThat(sessions.flights()).containsExactly(flight);
        Session again = again(session);
        LeasedRange next = again.take("cpu", 4).orElseThrow();
        assertThat(next.range().first()).isEqualTo(4);
        assertThat(next.leaseId()).isNotEqualTo(flight.leaseId());
        sessions.land(List.of(landing(flight, false), landing(flight, false)));
        sessions.land(List.of(landing(flight, false)));
        assertThat(again.totalBatches()).isEqualTo(1);
        assertThat(again.totalComputed()).isEqualTo(4);
        restart();
        sessions.land(List.of(landing(flight, false)));
        assertThat(again(session).totalBatches()).isEqualTo(1);
        assertThat(sessions.flights()).containsExactly(next);
    }

    @Test
    void aLeaseThatWasGivenBackLandsNoMore() {
        Session session = start("a");
        LeasedRange flight = session.take("cpu", 4).orElseThrow();
        restart();
        sessions.giveBack(flight.leaseId());
        sessions.land(List.of(landing(flight, false)));
        assertThat(again(session).totalBatches()).isZero();
        assertThat(again(session).take("cpu", 9).orElseThrow().range()).isEqualTo(flight.range());
    }

    @Test
    void aHeldResultIsSeenWhenItIsReleasedAndNotBefore() {
        Session session = start("a");
        LeasedRange held = session.take("rented/cuda:0", 4).orElseThrow();
        sessions.land(List.of(landing(held, true)));
        sessions.land(List.of(landing(session.take("cpu", 4).orElseThrow(), false)));
        assertThat(session.totalBatches()).isEqualTo(1);
        assertThat(session.totalComputed()).isEqualTo(4);
        sessions.stop("alice", session.id());
        assertThat(session.delivery().after(1).orElseThrow().sessionActive()).as("something may follow").isTrue();
        restart();
        assertThat(sessions.flights()).isEmpty();
        assertThat(sessions.held()).extracting(LeaseResult::leaseId).containsExactly(held.leaseId());
        assertThat(again(session).totalBatches()).isEqualTo(1);
        sessions.release(List.of(held.leaseId()));
        assertThat(again(session).totalBatches()).as("numbered as it became visible").isEqualTo(2);
        restart();
        assertThat(sessions.held()).isEmpty();
        assertThat(again(session).delivery().after(1).orElseThrow().found()).isEqualTo(FOUND);
        assertThat(again(session).delivery().after(2).orElseThrow().sessionActive()).isFalse();
    }

    @Test
    void aDiscardedResultIsComputedAgain() {
        Session session = start("a");
        LeasedRange held = session.take("rented/cuda:0", 4).orElseThrow();
        sessions.land(List.of(landing(held, true)));
        restart();
        sessions.discard(List.of(held.leaseId()));
        assertThat(again(session).totalBatches()).isZero();
        assertThat(again(session).take("cpu", 9).orElseThrow().range()).isEqualTo(held.range());
        assertThat(store.history(10)).as("it did nothing that counts").isEmpty();
    }

    @Test
    void anOrdersSessionsShareItsNoncesAcrossRestarts() {
        Session first = start("a");
        LeasedRange flying = first.take("cpu", 4).orElseThrow();
        LeasedRange back = first.take("cpu", 4).orElseThrow();
        sessions.giveBack(back.leaseId());
        sessions.stop("alice", first.id());
        restart();
        Session second = start("a");
        assertThat(second.take("cpu", 9).orElseThrow().range()).isEqualTo(back.range());
        sessions.land(List.of(new LeaseResult(flying.leaseId(), 1, List.of(), 10, Provenance.of("cpu"), false)));
        restart();
        assertThat(again(second).take("cpu", 9).orElseThrow().range()).isEqualTo(new NonceRange(1, 3));
        assertThat(again(second).take("cpu", 9).orElseThrow().range().first()).isEqualTo(8);
    }

    @Test
    void aStoreThatContradictsItselfIsNotServedFrom() {
        Session session = start("a");
        LeasedRange flight = session.take("cpu", 4).orElseThrow();
        store.write(List.of(new Change.GapOpened(1, flight.range().first() + 1, flight.range().end() + 5)));
        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(this::restart)
                .withMessageContaining("in two places")
                .withMessageContaining("put a backup in its place");
    }
}
