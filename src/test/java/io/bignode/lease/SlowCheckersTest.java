package io.bignode.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.monitor.Alarms;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Found;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.WorkerHello;
import io.bignode.protocol.WorkerMessage.Reported;
import io.bignode.session.Orders;
import io.bignode.session.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Checkers that are slow, hang or say nothing, a head that stands still, and heads that start anew: nobody honest pays, and nothing goes unchecked by it. */
class SlowCheckersTest {
    private static final String RIGHT = "1.0";
    private static final String WRONG = "0.7";

    private final Bench bench = new Bench(1e-9);
    private final Session session = bench.start(Orders.of("alice", "a", new NonceSequence(0, 1)));

    private void hello(String worker, String... devices) {
        List<DeviceOffer> offers = Arrays.stream(devices).map(device -> new DeviceOffer(worker + "/" + device, "x", 1, 16)).toList();
        bench.leases.handle(new WorkerHello(worker, offers, List.of()));
    }

    private void report(String worker, Lease lease, String distance) {
        List<Found> found = new ArrayList<>();
        for (long nonce : lease.nonceValues()) found.add(new Found(nonce, distance));
        bench.leases.handle(new Reported(worker, new LeaseReport.Done(lease.id(), found, lease.range().count(), 1_000_000)));
    }

    private void pass(Duration time) {
        bench.time.pass(time);
        bench.leases.tick();
    }

    private List<String> alarms() {
        return bench.alarms.list().stream().map(Alarms.Alarm::key).toList();
    }

    /** Drawn at random: one run alone could agree by chance. */
    @RepeatedTest(10)
    void aCheckThatWentToASecondDeviceIsOfTheSameNonces() {
        hello("farm", "gpu");
        hello("slow", "gpu");
        report("farm", bench.lease("farm/gpu"), RIGHT);
        report("slow", bench.lease("slow/gpu"), RIGHT);
        Lease broken = bench.lease("farm/gpu");
        report("farm", broken, WRONG);
        hello("local", "cpu");
        pass(Duration.ofMillis(2100));
        Lease first = bench.lease("slow/gpu");
        pass(Duration.ofMillis(5100));
        Lease second = bench.lease("local/cpu");
        assertThat(second.range()).isEqualTo(first.range());

        report("slow", first, RIGHT);
        report("local", second, RIGHT);

        assertThat(bench.quarantined).containsOnlyKeys("farm");
        assertThat(alarms()).noneMatch(key -> key.startsWith("disagree/"));
    }

    @Test
    void whatDevicesSaidWhileTheHeadStoodStillIsHeardBeforeTheirTimeIsOver() {
        hello("farm", "gpu");
        hello("other", "gpu");
        report("farm", bench.lease("farm/gpu"), RIGHT);
        report("other", bench.lease("other/gpu"), RIGHT);
        report("other", bench.lease("other/gpu"), RIGHT);
        report("farm", bench.lease("farm/gpu"), RIGHT);
        long visible = session.totalGenerated();
        Lease forged = bench.lease("farm/gpu");
        report("farm", forged, WRONG);
        pass(Duration.ofMillis(2100));
        Lease check = bench.lease("other/gpu");
        assertThat(check.id()).startsWith("check-");
        bench.leases.handle(new LeaseReport.Started(check.id(), 16));

        bench.time.pass(Duration.ofSeconds(30));
        bench.leases.stood(Duration.ofSeconds(30));
        bench.leases.tick();
        assertThat(session.totalGenerated()).isEqualTo(visible);
        assertThat(alarms()).isEmpty();
        bench.leases.deviceViews().forEach(device -> assertThat(device.state()).isNotEqualTo(DeviceView.State.FAILING));
    }

    @Test
    void aDeviceThatAsksForNothingIsNotWaitedForAsAChecker() {
        hello("farm", "gpu");
        hello("broken", "gpu");
        for (int second = 0; second < 120; second++) {
            report("farm", bench.lease("farm/gpu"), RIGHT);
            session.polled();
            pass(Duration.ofSeconds(1));
        }
        assertThat(session.totalGenerated()).as("released when the silent one is known to be silent").isPositive();
        assertThat(alarms()).contains("unverified", "worker/broken/gpu");
    }

    @Test
    void whatIsInDisputeStaysHeldOverARestart() {
        hello("local", "gpu");
        hello("farm", "gpu");
        report("local", bench.lease("local/gpu"), WRONG);
        report("farm", bench.lease("farm/gpu"), RIGHT);
        pass(Duration.ofSeconds(1));
        assertThat(bench.sessions.held()).hasSize(1);

        bench.restart();
        assertThat(bench.sessions.held()).hasSize(1);
        assertThat(session.totalGenerated()).isZero();
    }

    @Test
    void theAlarmOfADeviceInQuarantineIsNotClearedByWhatItFailedBefore() {
        hello("local", "gpu", "gpu2", "gpu3");
        report("local", bench.lease("local/gpu"), WRONG);
        bench.failed(bench.lease("local/gpu"));
        report("local", bench.lease("local/gpu2"), RIGHT);
        report("local", bench.lease("local/gpu3"), RIGHT);
        assertThat(alarms()).contains("worker/local/gpu");
        for (int i = 0; i < 6 && !session.status().ended(); i++) {
            bench.failed(bench.lease(i % 2 == 0 ? "local/gpu2" : "local/gpu3"));
            pass(Duration.ofSeconds(5));
        }
        assertThat(session.status().ended()).isTrue();
        assertThat(alarms()).contains("worker/local/gpu");
    }
}
