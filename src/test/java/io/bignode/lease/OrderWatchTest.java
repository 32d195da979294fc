package io.bignode.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.monitor.Alarms;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Found;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.WorkerGone;
import io.bignode.protocol.WorkerHello;
import io.bignode.session.Orders;
import io.bignode.session.Session;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whatever keeps an order's owner from getting something is told within a minute, to him and to the operator, and no longer than it lasts. */
class OrderWatchTest {
    private static final Duration FAST = Duration.ofMillis(10);

    private final Bench bench = new Bench(1e-9);
    private Session session;

    @BeforeEach
    void start() {
        session = bench.start(Orders.of("a"));
        hello("farm");
    }

    private void hello(String worker) {
        bench.leases.handle(new WorkerHello(worker, List.of(new DeviceOffer(worker + "/gpu", "x", 1, 16)), List.of()));
    }

    private void pass(Duration time) {
        for (long second = 0; second < time.toSeconds(); second++) {
            bench.time.pass(Duration.ofSeconds(1));
            bench.leases.tick();
        }
    }

    private String attention() {
        return session.attention().text().orElse("");
    }

    private List<String> alarms() {
        return bench.alarms.list().stream().map(Alarms.Alarm::key).filter(key -> key.startsWith("orders/")).toList();
    }

    /** The head's CPU computes for a while, a lease a second; some nonces of each count. */
    private void compute(Duration time, boolean count) {
        hello("local");
        for (long second = 0; second < time.toSeconds(); second++) {
            bench.time.pass(Duration.ofSeconds(1));
            session.polled();
            Lease lease = bench.lease("local/cpu");
            List<Found> found = count ? List.of(new Found(lease.nonceValues()[0], "1.0")) : List.of();
            bench.leases.handle(new LeaseReport.Done(lease.id(), found, lease.range().count(), FAST.toNanos() * lease.range().count()));
            bench.leases.tick();
        }
    }

    @Test
    void computesButNoneCountsIsToldWithinAMinuteWithWhatWasExpected() {
        bench.leases.handle(new WorkerGone("farm"));
        bench.proofs.share = OptionalDouble.of(0.0506);
        compute(Duration.ofSeconds(30), false);
        assertThat(attention()).matches("computes, none counts: of [\\d,]+ nonces computed about [\\d,]+ should count \\(5\\.06 %\\), none does");
        assertThat(alarms()).containsExactly("orders/none-counts");
        compute(Duration.ofSeconds(2), true);
        assertThat(attention()).isEmpty();
        assertThat(alarms()).isEmpty();
    }

    @Test
    void anOrderThatFoundSomethingAndThenNothingForAMinuteIsToldToo() {
        bench.leases.handle(new WorkerGone("farm"));
        bench.proofs.share = OptionalDouble.of(0.0506);
        compute(Duration.ofSeconds(10), true);
        compute(Duration.ofSeconds(70), false);
        assertThat(attention()).contains("none counts", "in the last minute");
    }

    @Test
    void whereHardlyAnyNonceShouldCountNoneIsNoWonder() {
        bench.leases.handle(new WorkerGone("farm"));
        bench.proofs.share = OptionalDouble.of(1e-5);
        compute(Duration.ofSeconds(60), false);
        assertThat(attention()).isEmpty();
        assertThat(alarms()).isEmpty();
    }

    @Test
    void computesNothingIsAnotherWord() {
        Lease lease = bench.lease("farm/gpu");
        bench.leases.handle(new LeaseReport.Started(lease.id(), 16));
        pass(Duration.ofSeconds(39));
        assertThat(attention()).isEmpty();
        pass(Duration.ofSeconds(14));
        assertThat(attention()).startsWith("computes nothing: no nonce was computed for 5").contains("1 leases are with devices");
        assertThat(alarms()).containsExactly("orders/nothing-computed");
    }

    @Test
    void weightsThatAreNotReadyAreTold() {
        bench.lease("farm/gpu");
        pass(Duration.ofSeconds(53));
        assertThat(attention()).contains("weights ready for 5");
        assertThat(alarms()).containsExactly("orders/weights");
    }

    @Test
    void whoIsNotPolledAndWhoHasNoDeviceAreTold() {
        pass(Duration.ofSeconds(132));
        assertThat(attention()).contains("nobody has polled it for 13");
        assertThat(alarms()).containsExactly("orders/not-polled");
        session.polled();
        bench.leases.handle(new WorkerGone("farm"));
        pass(Duration.ofSeconds(1));
        assertThat(alarms()).as("it may come back at once").isEmpty();
        pass(Duration.ofSeconds(10));
        assertThat(attention()).isEqualTo("no device works at the moment");
        assertThat(alarms()).containsExactly("orders/no-device");
        hello("farm");
        bench.fits = false;
        pass(Duration.ofSeconds(11));
        assertThat(attention()).contains("none of the 1 devices", "model");
        assertThat(alarms()).containsExactly("orders/no-fit");
        bench.stop(session);
        pass(Duration.ofSeconds(1));
        assertThat(attention()).isEmpty();
        assertThat(alarms()).isEmpty();
    }

    @Test
    void aModelThatNobodyServesYetMayLoadForAMinute() {
        bench.fits = false;
        bench.mayCome = true;
        pass(Duration.ofSeconds(60));
        assertThat(attention()).isEqualTo("none of the 1 devices that work serves its model yet");
        assertThat(alarms()).isEmpty();
        pass(Duration.ofSeconds(2));
        assertThat(alarms()).containsExactly("orders/not-served");
        bench.fits = true;
        bench.lease("farm/gpu");
        pass(Duration.ofSeconds(1));
        assertThat(attention()).isEmpty();
        assertThat(alarms()).isEmpty();
    }

    @Test
    void devicesThatAllFailAreToldWithTheReason() {
        for (int i = 0; i < 3; i++) {
            bench.failed(bench.lease("farm/gpu"));
            bench.time.pass(Duration.ofSeconds(2));
        }
        pass(Duration.ofSeconds(11));
        assertThat(attention()).contains("all 1 devices", "device lost");
        assertThat(alarms()).containsExactly("orders/devices-fail");
    }

    @Test
    void resultsThatWaitLongToBeVerifiedAreTold() {
        hello("other");
        bench.done(bench.lease("farm/gpu"), FAST);
        pass(Duration.ofSeconds(27));
        assertThat(attention()).contains("1 results wait to be verified");
        assertThat(alarms()).containsExactly("orders/held");
    }

    @Test
    void aCallbackThatFailsIsToldAndAfterTheSessionsEndToo() {
        bench.leases.handle(new WorkerGone("farm"));
        hello("local");
        bench.done(bench.lease("local/cpu"), FAST);
        session.attention().pushFailure(Optional.of("the answer was HTTP status 500"));
        pass(Duration.ofSeconds(11));
        assertThat(attention()).contains("pushing to its callback fails: the answer was HTTP status 500");
        assertThat(alarms()).containsExactly("orders/push-fails");
        bench.stop(session);
        pass(Duration.ofSeconds(1));
        assertThat(alarms()).containsExactly("orders/push-fails");
        session.attention().pushFailure(Optional.empty());
        pass(Duration.ofSeconds(1));
        assertThat(alarms()).isEmpty();
    }

    @Test
    void ordersWithNoncesInCommonAreToldWhileBothRun() {
        bench.proofs.stream = "key and hash";
        Session half = bench.start(Orders.of("alice", "half", new NonceSequence(0, 2)));
        bench.start(Orders.of("alice", "odd", new NonceSequence(1, 2)));
        bench.stop(session);
        pass(Duration.ofSeconds(1));
        assertThat(alarms()).as("every second nonce each").isEmpty();
        bench.start(Orders.of("bob", "all", new NonceSequence(0, 1)));
        pass(Duration.ofSeconds(1));
        assertThat(alarms()).containsExactly("orders/overlap");
        assertThat(bench.alarms.list().getFirst().text()).contains(half.id(), "the chain counts a nonce once");
    }
}
