package io.bignode.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.monitor.Alarms;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Found;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.WorkOrder;
import io.bignode.protocol.WorkerGone;
import io.bignode.protocol.WorkerHello;
import io.bignode.protocol.WorkerMessage.Reported;
import io.bignode.session.Orders;
import io.bignode.session.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A check on which devices differ stays open for as long as somebody may still decide it: another device, or the head's CPU. */
class DisputedChecksTest {
    private static final String RIGHT = "1.0";

    /** Every result is checked, whole. */
    private final Bench bench = new Bench(1);

    private final List<Lease> judged = new ArrayList<>();
    private Session session;

    @BeforeEach
    void start() {
        session = bench.start(Orders.of("alice", "a", new NonceSequence(0, 1)));
        hello("farm");
        hello("other");
        hello("local");
    }

    private void hello(String worker) {
        bench.leases.handle(new WorkerHello(worker, List.of(new DeviceOffer(worker + "/gpu", "x", 1, 16)), List.of()));
    }

    private void judge() {
        bench.leases.judgeBy(new Judge() {
            @Override
            public boolean takes(WorkOrder work) {
                return true;
            }

            @Override
            public void judge(Lease lease) {
                judged.add(lease);
            }
        });
    }

    private Lease take(String worker) {
        return bench.lease(worker + "/gpu");
    }

    private Lease report(String worker, Lease lease, String proof) {
        return report(worker, lease, lease.range().count(), proof);
    }

    /** Says of all nonces but the last one what is right. */
    private Lease report(String worker, Lease lease, int computed, String last) {
        List<Found> found = new ArrayList<>();
        for (int i = 0; i < computed; i++) found.add(new Found(lease.nonceValues()[i], i < computed - 1 ? RIGHT : last));
        bench.leases.handle(new Reported(worker, new LeaseReport.Done(lease.id(), found, computed, 1_000_000L * computed)));
        return lease;
    }

    private void pass(Duration time) {
        bench.time.pass(time);
        bench.leases.tick();
    }

    private List<String> alarms() {
        return bench.alarms.list().stream().map(Alarms.Alarm::key).toList();
    }

    @Test
    void aThirdThatDiffersFromBothLeavesItToTheHeadsCpu() {
        judge();
        report("farm", take("farm"), RIGHT);
        report("other", take("other"), "0.7");
        report("local", take("local"), "0.8");
        assertThat(alarms()).as("the head's CPU was not asked yet").isEmpty();
        bench.leases.tick();
        assertThat(judged).hasSize(1);
        report("local", judged.getFirst(), RIGHT);
        assertThat(session.totalGenerated()).isEqualTo(1);
        assertThat(alarms()).as("both that were wrong are out").containsExactlyInAnyOrder("worker/other", "worker/local/gpu");
    }

    @Test
    void aFourthThatAgreesWithTheThirdDecides() {
        report("farm", take("farm"), "0.6");
        report("other", take("other"), "0.7");
        report("local", take("local"), RIGHT);
        hello("fourth");
        report("fourth", take("fourth"), RIGHT);
        assertThat(bench.quarantined).containsOnlyKeys("farm", "other");
        assertThat(session.totalGenerated()).isZero();
        assertThat(alarms()).containsExactlyInAnyOrder("worker/farm", "worker/other");
    }

    @Test
    void nobodysOwnWordIsASecondOne() {
        report("farm", take("farm"), "0.6");
        Lease slow = take("other");
        pass(Duration.ofSeconds(5));
        Lease first = take("local");
        report("other", slow, "0.7");
        Lease again = take("local");
        report("local", first, RIGHT);
        report("local", again, RIGHT);
        assertThat(bench.quarantined).as("the same device said it twice").isEmpty();
    }

    @Test
    void whereDevicesFailOnWhatIsDisputedTheHeadsCpuIsStillAsked() {
        judge();
        report("farm", take("farm"), RIGHT);
        report("other", take("other"), "0.7");
        for (String worker : List.of("fourth", "fifth", "sixth")) {
            hello(worker);
            bench.failed(take(worker));
        }
        bench.leases.handle(new WorkerGone("local"));
        assertThat(alarms()).isEmpty();
        bench.leases.tick();
        report("local", judged.getFirst(), RIGHT);
        assertThat(bench.quarantined).containsOnlyKeys("other");
        assertThat(session.totalGenerated()).isEqualTo(1);
    }

    @Test
    void aThirdThatEndsBeforeTheNonceOnWhichTheyDifferDecidesNothing() {
        report("farm", take("farm"), RIGHT);
        report("other", take("other"), RIGHT);
        Lease lease = report("farm", take("farm"), RIGHT);
        report("other", take("other"), "0.7");
        report("local", take("local"), 1, RIGHT);
        assertThat(lease.range().count()).isGreaterThan(1);
        assertThat(session.totalGenerated()).as("held").isEqualTo(1);
        report("local", take("local"), RIGHT);
        assertThat(bench.quarantined).containsOnlyKeys("other");
        assertThat(session.totalGenerated()).isEqualTo(1 + lease.range().count());
    }

    @Test
    void theHeadsCpuKeepsItsLeaseWhereTheLinkOfTheHeadsOwnDevicesBreaks() {
        bench.leases.handle(new WorkerGone("local"));
        judge();
        report("farm", take("farm"), RIGHT);
        report("other", take("other"), "0.7");
        bench.leases.tick();
        assertThat(judged).hasSize(1);
        hello("local");
        bench.leases.handle(new WorkerGone("local"));
        bench.leases.tick();
        assertThat(judged).as("it does not begin again").hasSize(1);
        assertThat(bench.cancelled).doesNotContain(judged.getFirst().id());
        report("local", judged.getFirst(), RIGHT);
        assertThat(bench.quarantined).containsOnlyKeys("other");
    }
}
