package io.bignode.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.protocol.DeviceId;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.WorkerGone;
import io.bignode.protocol.WorkerHello;
import io.bignode.session.Orders;
import io.bignode.session.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a dead worker had is begun by the device that is free first, not by the one that asks first and has a lease waiting. */
class LostLeasesTest {
    private static final String DEAD = "dead/gpu";
    private static final String SOON = "soon/gpu";
    private static final String LATE = "late/gpu";
    private static final Duration A_SECOND = Duration.ofSeconds(1).dividedBy(64);

    private final Bench bench = new Bench();
    private Session session;

    @BeforeEach
    void threeWorkersOfKnownSpeed() {
        for (String device : List.of(DEAD, SOON, LATE, "other/gpu")) hello(device);
        session = bench.start(Orders.of("a"));
        for (String device : List.of(DEAD, SOON, LATE, "other/gpu")) {
            for (int i = 0; i < 4; i++) bench.done(bench.lease(device), A_SECOND);
        }
    }

    private void hello(String device) {
        String worker = DeviceId.of(device).worker();
        bench.leases.handle(new WorkerHello(worker, List.of(new DeviceOffer(device, "GPU", 1L << 30, 16)), List.of()));
    }

    /** A lease that is computed and one that waits. */
    private List<Lease> two(String device) {
        List<Lease> leases = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            leases.add(bench.lease(device));
            bench.leases.handle(new LeaseReport.Started(leases.getLast().id(), 16));
        }
        return leases;
    }

    private void dies() {
        bench.leases.handle(new WorkerGone("dead"));
    }

    @Test
    void theDeviceThatIsFreeFirstHandsBackWhatWaitsAndTakesTheLostRange() {
        List<Lease> soon = two(SOON);
        bench.time.pass(Duration.ofMillis(500));
        List<Lease> late = two(LATE);
        List<Lease> lost = two(DEAD);
        dies();
        assertThat(bench.cancelled).contains(soon.get(1).id(), late.get(1).id()).doesNotContain(soon.get(0).id(), late.get(0).id());
        bench.returned(soon.get(1));
        assertThat(bench.lease(SOON).range()).as("what the dead device computed, on the device that is free first").isEqualTo(lost.get(0).range());
        bench.returned(late.get(1));
        assertThat(bench.lease(LATE).range()).isEqualTo(lost.get(1).range());
        assertThat(Stream.of(bench.lease("other/gpu"), bench.lease("other/gpu")).map(Lease::range))
                .as("what was handed back").containsExactly(soon.get(1).range(), late.get(1).range());
    }

    @Test
    void whoeverAsksMeanwhileDoesNotGetTheRangeThatIsKeptAside() {
        two(SOON);
        two(LATE);
        List<Lease> lost = two(DEAD);
        dies();
        assertThat(bench.lease("other/gpu").range()).isNotIn(lost.stream().map(Lease::range).toList());
    }

    @Test
    void aDeviceThatDoesNotAskInTimeKeepsNobodyWaiting() {
        two(SOON);
        two(LATE);
        List<Lease> lost = two(DEAD);
        dies();
        bench.time.pass(Duration.ofMillis(300));
        bench.leases.tick();
        assertThat(bench.lease("other/gpu").range()).isEqualTo(lost.get(0).range());
        assertThat(bench.lease("other/gpu").range()).isEqualTo(lost.get(1).range());
    }

    @Test
    void whatWasKeptForADeviceThatDiesTooGoesToTheNext() {
        List<Lease> soon = two(SOON);
        bench.time.pass(Duration.ofMillis(500));
        two(LATE);
        List<Lease> lost = List.of(bench.lease(DEAD));
        dies();
        assertThat(bench.cancelled).contains(soon.get(1).id());
        bench.leases.handle(new WorkerGone("soon"));
        assertThat(Stream.of(bench.lease("other/gpu"), bench.lease("other/gpu")).map(Lease::range)).contains(lost.get(0).range());
    }

    @Test
    void nobodyHandsBackWhileADeviceWaitsForWork() {
        bench.stop(session);
        Session small = bench.start(Orders.of("alice", "small", new NonceSequence(Long.MAX_VALUE - 63, 1)));
        List<Lease> busy = two(SOON);
        List<Lease> lost = two(DEAD);
        bench.request(LATE);
        bench.request("other/gpu");
        assertThat(small.leasable()).as("all of it is with devices").isFalse();
        bench.cancelled.clear();
        dies();
        assertThat(bench.cancelled).containsExactlyElementsOf(lost.stream().map(Lease::id).toList()).doesNotContain(busy.get(1).id());
        assertThat(bench.sent.getLast().lease().range()).as("both, as one").isEqualTo(new NonceRange(lost.get(0).range().first(), 32));
    }

    @Test
    void aLateReportOfADeadWorkerChangesNothing() {
        two(SOON);
        two(LATE);
        List<Lease> lost = two(DEAD);
        long before = session.totalComputed();
        dies();
        bench.done(lost.get(0), A_SECOND);
        assertThat(session.totalComputed()).isEqualTo(before);
    }
}
