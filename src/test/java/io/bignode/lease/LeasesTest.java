package io.bignode.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.bignode.fixtures.Waiting;
import io.bignode.protocol.Found;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.WorkerMessage.DeviceGone;
import io.bignode.session.Orders;
import io.bignode.session.Session;
import io.bignode.session.SessionStatus;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class LeasesTest {
    private static final Duration FAST = Duration.ofMillis(10);
    private final Bench bench = new Bench();

    @Test
    void aDeviceThatWaitsIsServedWhenASessionStarts() {
        bench.request("gpu");
        assertThat(bench.sent).isEmpty();
        Session session = bench.start(Orders.of("a"));
        assertThat(bench.sent).hasSize(1);
        Lease lease = bench.sent.getFirst().lease();
        assertThat(lease.sessionId()).isEqualTo(session.id());
        assertThat(lease.work()).isEqualTo(session.order().work());
        assertThat(bench.sent.getFirst().deviceId()).isEqualTo("gpu");
    }

    @Test
    void nobodyWhoStartsASessionWaitsWhileLeasesAreIssued() throws InterruptedException {
        bench.request("gpu");
        List<Object> done = new CopyOnWriteArrayList<>();
        Thread other = new Thread(() -> {
            done.add(bench.leases.devices());
            done.add(bench.start(Orders.of("b")));
        });
        bench.woken = () -> {};
        bench.sending = () -> {
            other.start();
            Waiting.until("another session is started", () -> done.size() == 2);
        };
        bench.start(Orders.of("a"));
        bench.leases.handle(List.of());
        other.join();
        assertThat(bench.sent).hasSize(1);
    }

    @Test
    void devicesAreServedInTheOrderTheyAsked() {
        bench.request("one");
        bench.request("two");
        bench.start(Orders.of("a"));
        assertThat(bench.sent).extracting(Bench.Sent::deviceId).containsExactly("one", "two");
    }

    @Test
    void theFirstReportThatADeviceStartedMakesTheSessionGenerate() {
        Session session = bench.start(Orders.of("a"));
        Lease lease = bench.lease("gpu");
        assertThat(session.status()).isEqualTo(SessionStatus.INITIALIZING);
        bench.leases.handle(new LeaseReport.Started(lease.id(), 8));
        assertThat(session.status()).isEqualTo(SessionStatus.GENERATING);
    }

    @Test
    void leasesGrowToASecondOfWork() {
        bench.start(Orders.of("a"));
        assertThat(Stream.generate(this::leaseAndDo).limit(7)).as("no more than a batch until more is computed").containsExactly(1, 8, 16, 16, 32, 64, 64);
        Session next = bench.start(Orders.of("b"));
        Lease lease = Stream.generate(() -> bench.lease("gpu")).filter(one -> one.sessionId().equals(next.id())).findFirst().orElseThrow();
        assertThat(lease.range().count()).as("of a new session of the same shape").isEqualTo(16);
    }

    @Test
    void whatWasFoundIsReadableOnceTheLeaseIsDone() {
        Session session = bench.start(Orders.of("alice", "a", new NonceSequence(2, 3)));
        bench.done(bench.lease("gpu"), FAST);
        bench.done(bench.lease("gpu"), FAST);
        assertThat(session.delivery().unsettled().found()).extracting(Found::nonce).containsExactly(2L, 5L, 8L, 11L, 14L, 17L, 20L, 23L, 26L);
        assertThat(session.totalComputed()).isEqualTo(9);
        assertThat(session.totalBatches()).isEqualTo(2);
        assertThat(bench.leases.inFlight()).isZero();
    }

    @Test
    void aLeaseEndsOnceAndLaterReportsAreIgnored() {
        Session session = bench.start(Orders.of("a"));
        Lease lease = bench.lease("gpu");
        bench.done(lease, FAST);
        bench.done(lease, FAST);
        bench.failed(lease);
        bench.returned(lease);
        bench.leases.handle(new LeaseReport.Started("no such lease", 8));
        assertThat(session.totalGenerated()).isEqualTo(1);
        Lease other = bench.lease("gpu");
        bench.returned(other);
        bench.done(other, FAST);
        assertThat(session.totalGenerated()).isEqualTo(1);
        assertThat(bench.lease("gpu").range()).isEqualTo(other.range());
    }

    @Test
    void aStoppedSessionsLeasesAreCancelledAndMayStillBringWhatTheyFound() {
        Session session = bench.start(Orders.of("a"));
        Lease one = bench.lease("gpu");
        Lease two = bench.lease("gpu");
        bench.stop(session);
        bench.stop(session);
        assertThat(bench.cancelled).containsExactly(one.id(), two.id());
        bench.request("gpu");
        assertThat(bench.sent).hasSize(2);
        bench.done(one, FAST);
        bench.returned(two);
        assertThat(session.delivery().unsettled().found()).hasSize(1);
        assertThat(session.status()).isEqualTo(SessionStatus.STOPPED);
        bench.start(Orders.of("a"));
        assertThat(bench.sent.getLast().lease().range().first()).isEqualTo(two.range().first());
    }

    @Test
    void anExpiredSessionsLeasesAreCancelled() {
        Session session = bench.start(Orders.of("a"));
        Lease lease = bench.lease("gpu");
        bench.time.pass(Duration.ofSeconds(330));
        bench.sessions.tick();
        assertThat(bench.cancelled).containsExactly(lease.id());
        assertThat(session.active()).isTrue();
        bench.returned(lease);
        assertThat(session.active()).isFalse();
    }

    @Test
    void aCancelledLeaseThatDoesNotEndIsGivenUpAndItsLateResultDiscarded() {
        Session session = bench.start(Orders.of("a"));
        Lease lease = bench.lease("gpu");
        bench.stop(session);
        bench.time.pass(LeaseRules.usual().cancelGrace().minusNanos(1));
        bench.leases.tick();
        assertThat(session.active()).isTrue();
        bench.time.pass(Duration.ofNanos(1));
        bench.leases.tick();
        assertThat(session.active()).isFalse();
        bench.done(lease, FAST);
        assertThat(session.totalGenerated()).isZero();
        Session next = bench.start(Orders.of("a"));
        assertThat(bench.lease("gpu").range()).isEqualTo(lease.range());
        assertThat(next.totalGenerated()).isZero();
    }

    @Test
    void aCancelledLeaseMayBringTheBatchesItFinished() {
        Session session = bench.start(Orders.of("a"));
        leaseAndDo();
        Lease lease = bench.lease("gpu");
        bench.stop(session);
        bench.done(lease, 3, FAST);
        assertThat(session.totalComputed()).isEqualTo(4);
        bench.start(Orders.of("a"));
        assertThat(bench.lease("gpu").range()).isEqualTo(new NonceRange(4, 5));
    }

    @Test
    void aFailedRangeIsOfferedAgain() {
        bench.start(Orders.of("a"));
        Lease lease = bench.lease("gpu");
        bench.failed(lease);
        assertThat(bench.lease("cpu").range()).isEqualTo(lease.range());
    }

    @Test
    void aRangeThatFailedFiveTimesEndsItsSessionAndNoOther() {
        Session broken = bench.start(Orders.of("a"));
        Lease flying = bench.lease("other");
        for (int i = 0; i < 5; i++) {
            assertThat(broken.status()).isEqualTo(SessionStatus.INITIALIZING);
            bench.failed(bench.lease("gpu"));
            bench.time.pass(Duration.ofSeconds(1L << i));
        }
        assertThat(broken.status()).isEqualTo(SessionStatus.ERROR);
        assertThat(broken.error()).hasValueSatisfying(error -> assertThat(error).contains("5 times").contains("device lost"));
        assertThat(bench.cancelled).containsExactly(flying.id());
        Session sound = bench.start(Orders.of("b"));
        bench.done(bench.lease("gpu"), FAST);
        assertThat(sound.status()).isEqualTo(SessionStatus.GENERATING);
    }

    @Test
    void failuresOfDifferentRangesDoNotAddUp() {
        Session session = bench.start(Orders.of("a"));
        for (int i = 0; i < 20; i++) {
            bench.failed(bench.lease("gpu"));
            bench.time.pass(Duration.ofSeconds(1));
            bench.done(bench.lease("gpu"), Duration.ofSeconds(1));
            session.polled();
        }
        assertThat(session.status()).isEqualTo(SessionStatus.GENERATING);
    }

    @Test
    void aReportOfNoncesThatWereNotLeasedCountsAsAFailure() {
        Session session = bench.start(Orders.of("a"));
        leaseAndDo();
        int number = 0;
        for (List<Long> wrong : List.of(List.of(0L), List.of(9L), List.of(1L, 1L), List.of(-1L))) {
            Lease lease = bench.lease("gpu");
            assertThat(lease.range()).isEqualTo(new NonceRange(1, number == 0 ? 8 : 1));
            bench.leases.handle(new LeaseReport.Done(lease.id(), wrong.stream().map(nonce -> new Found(nonce, "1.0")).toList(), 1, 1));
            bench.time.pass(Duration.ofSeconds(1L << number++));
        }
        bench.leases.handle(new LeaseReport.Done(bench.lease("gpu").id(), List.of(), 9, 1));
        assertThat(session.totalGenerated()).isEqualTo(1);
        assertThat(session.status()).isEqualTo(SessionStatus.ERROR);
    }

    @Test
    void whatADeviceHadGoesToOthersWhenItIsGone() {
        Session session = bench.start(Orders.of("a"));
        Lease lease = bench.lease("gpu");
        bench.time.pass(Duration.ofSeconds(120));
        bench.request("gpu");
        bench.leases.handle(new DeviceGone("gpu"));
        assertThat(bench.cancelled).containsExactly(lease.id());
        session.polled();
        assertThat(bench.sent).as("the request it left behind is forgotten").hasSize(1);
        assertThat(bench.lease("cpu").range()).isEqualTo(lease.range());
        bench.done(lease, FAST);
        assertThat(session.totalGenerated()).isZero();
    }

    @Test
    void aSessionNobodyPollsYieldsToTheOthersUntilItIsPolled() {
        Session quiet = bench.start(Orders.of("quiet"));
        Session busy = bench.start(Orders.of("busy"));
        bench.time.pass(Duration.ofSeconds(120));
        busy.polled();
        for (int i = 0; i < 4; i++) assertThat(bench.lease("gpu").sessionId()).isEqualTo(busy.id());
        bench.stop(busy);
        bench.request("gpu");
        assertThat(bench.sent).hasSize(4);
        quiet.polled();
        assertThat(bench.sent.getLast().lease().sessionId()).isEqualTo(quiet.id());
    }

    @Test
    void theSecondSlotServesTheOtherSession() {
        Session one = bench.start(Orders.of("one"));
        Session two = bench.start(Orders.of("two"));
        assertThat(List.of(bench.lease("gpu").sessionId(), bench.lease("gpu").sessionId())).containsExactlyInAnyOrder(one.id(), two.id());
    }

    @Test
    void aNewSessionIsNext() {
        bench.start(Orders.of("one"));
        bench.start(Orders.of("two"));
        for (int i = 0; i < 50; i++) leaseAndDo();
        Session late = bench.start(Orders.of("late"));
        assertThat(bench.lease("gpu").sessionId()).isEqualTo(late.id());
    }

    @Test
    void devicesOfDifferentSpeedShareTheirTimeByWeight() {
        Map<String, Duration> perNonce = Map.of("fast", Duration.ofMillis(3), "slow", Duration.ofMillis(700));
        Map<String, Double> weights = Map.of("light", 1.0, "usual", 1.0, "heavy", 2.0);
        Map<String, String> keys = new HashMap<>();
        weights.forEach((key, weight) ->
                keys.put(bench.start(Orders.weighted("alice", key, new NonceSequence(0, 1), weight)).id(), key));
        Map<String, Double> seconds = new HashMap<>();
        for (int round = 0; round < 2000; round++) {
            String device = round % 5 == 0 ? "slow" : "fast";
            Lease lease = bench.lease(device);
            bench.done(lease, perNonce.get(device));
            double busy = perNonce.get(device).toNanos() * lease.range().count() / 1e9;
            seconds.merge(keys.get(lease.sessionId()), busy, Double::sum);
        }
        assertThat(seconds.get("light")).isCloseTo(seconds.get("usual"), within(2.0));
        assertThat(seconds.get("heavy")).isCloseTo(2 * seconds.get("usual"), within(4.0));
    }

    @Test
    void anExhaustedSequenceGetsNoMoreLeasesAndHoldsUpNobody() {
        Session shortOne = bench.start(Orders.of("alice", "short", new NonceSequence(Long.MAX_VALUE - 1, 1)));
        bench.done(bench.lease("gpu"), FAST);
        bench.done(bench.lease("gpu"), FAST);
        bench.request("gpu");
        assertThat(bench.sent).hasSize(2);
        assertThat(shortOne.delivery().unsettled().found()).extracting(Found::nonce).containsExactly(Long.MAX_VALUE - 1, Long.MAX_VALUE);
        Session other = bench.start(Orders.of("other"));
        assertThat(bench.sent.getLast().lease().sessionId()).isEqualTo(other.id());
    }

    private int leaseAndDo() {
        Lease lease = bench.lease("gpu");
        bench.done(lease, FAST);
        return lease.range().count();
    }
}
