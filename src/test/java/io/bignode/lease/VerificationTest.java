package io.bignode.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.session.Found;
import io.bignode.session.NonceSequence;
import io.bignode.session.Order;
import io.bignode.session.Orders;
import io.bignode.session.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Remote workers' results wait for another device's word. */
class VerificationTest {
    private static final Order ORDER = Orders.of("alice", "a", new NonceSequence(0, 1));

    private final Bench bench = new Bench(1e-9);
    private Session session;

    @BeforeEach
    void start() {
        session = bench.start(ORDER);
        hello("farm");
        hello("other");
        hello("local");
    }

    private void hello(String worker) {
        bench.leases.handle(new WorkerHello(worker, List.of(new DeviceOffer(worker + "/gpu", "x", 1, 16)), List.of()));
    }

    private Lease take(String worker) {
        return bench.lease(worker + "/gpu");
    }

    /** What an honest device says: every nonce counts. */
    private void honest(String worker, Lease lease) {
        report(worker, lease, "1.0");
    }

    private void report(String worker, Lease lease, String proof) {
        List<Found> found = new ArrayList<>();
        for (long nonce : lease.nonceValues()) found.add(new Found(nonce, proof));
        bench.leases.handle(new Reported(worker, new LeaseReport.Done(lease.id(), found, lease.range().count(), 1_000_000)));
    }

    private long visible() {
        return session.totalGenerated();
    }

    @Test
    void aNewWorkersFirstResultIsInvisibleUntilAnotherAgreed() {
        Lease lease = take("farm");
        honest("farm", lease);
        assertThat(visible()).isZero();
        Lease check = take("other");
        assertThat(check.range()).isEqualTo(lease.range());
        assertThat(check.id()).isNotEqualTo(lease.id());
        honest("other", check);
        assertThat(visible()).isEqualTo(lease.range().count());
    }

    @Test
    void theHeadsOwnResultsAreVisibleAtOnce() {
        Lease lease = take("local");
        honest("local", lease);
        assertThat(visible()).isEqualTo(lease.range().count());
    }

    @Test
    void aWorkerNeverChecksItself() {
        honest("farm", take("farm"));
        assertThat(take("farm").id()).doesNotStartWith("check");
        assertThat(take("local").id()).startsWith("check");
    }

    @Test
    void aForgerIsKeptOutAndItsRangesReturn() {
        Lease lease = take("farm");
        report("farm", lease, "0.7");
        honest("local", take("local"));
        assertThat(bench.barred).containsKey("farm");
        assertThat(bench.alarms.list()).extracting(alarm -> alarm.key()).containsExactly("worker/farm");
        assertThat(visible()).isZero();
        assertThat(take("local").range().first()).as("the forged nonces come first").isEqualTo(lease.range().first());
        bench.request("farm/gpu");
        assertThat(bench.sent.getLast().deviceId()).isNotEqualTo("farm/gpu");
    }

    @Test
    void ofTwoRemoteWorkersThatDifferAThirdDecidesWhoLied() {
        Lease lease = take("farm");
        honest("farm", lease);
        report("other", take("other"), "0.7");
        assertThat(bench.barred).isEmpty();
        honest("local", take("local"));
        assertThat(bench.barred).containsOnlyKeys("other");
        assertThat(visible()).isEqualTo(lease.range().count());
    }

    @Test
    void whatWaitsTwoSecondsIsCheckedAndNothingThatCameSinceIsReleasedWithIt() {
        honest("farm", take("farm"));
        honest("local", take("local"));
        long before = visible();
        Lease second = take("farm");
        honest("farm", second);
        assertThat(visible()).as("held").isEqualTo(before);
        bench.time.pass(Duration.ofMillis(2100));
        bench.leases.tick();
        Lease check = take("local");
        assertThat(check.id()).startsWith("check");
        Lease third = take("farm");
        honest("farm", third);
        honest("local", check);
        assertThat(visible()).isEqualTo(before + second.range().count());
    }

    @Test
    void aWorkerThatNobodyCanCheckIsBelievedWithAnAlarm() {
        bench.leases.handle(new WorkerGone("other"));
        bench.leases.handle(new WorkerGone("local"));
        Lease lease = take("farm");
        honest("farm", lease);
        bench.time.pass(Duration.ofSeconds(11));
        bench.leases.tick();
        assertThat(visible()).isEqualTo(lease.range().count());
        assertThat(bench.alarms.list()).extracting(alarm -> alarm.key()).containsExactly("unverified");
    }

    @Test
    void impossibleResultsAndOthersLeasesPutAWorkerInQuarantine() {
        report("farm", take("farm"), "impossible");
        Lease others = take("other");
        hello("third");
        honest("third", others);
        assertThat(bench.barred).containsOnlyKeys("farm", "third");
        honest("other", others);
        assertThat(bench.leases.workers()).filteredOn(worker -> worker.name().equals("other")).singleElement()
                .satisfies(worker -> assertThat(worker.state()).isEqualTo(WorkerView.State.WORKING));
        bench.leases.handle(new WorkerFault("other", "nonsense"));
        assertThat(bench.barred).containsKey("other");
        assertThat(bench.leases.admit("other")).isTrue();
        assertThat(bench.barred).doesNotContainKey("other");
    }

    @Test
    void aDeviceThatHangsLosesItsLeasesAfterAMultipleOfItsUsualTime() {
        for (int i = 0; i < 3; i++) {
            Lease lease = take("local");
            bench.leases.handle(new LeaseReport.Started(lease.id(), 16));
            honest("local", lease);
        }
        Lease hung = take("local");
        bench.time.pass(Duration.ofSeconds(9));
        bench.leases.tick();
        assertThat(bench.leases.inFlight()).isEqualTo(1);
        bench.time.pass(Duration.ofSeconds(2));
        bench.leases.tick();
        assertThat(bench.leases.inFlight()).isZero();
        assertThat(bench.alarms.list()).extracting(alarm -> alarm.key()).containsExactly("worker/local/gpu");
        Lease again = take("other");
        assertThat(again.range().first()).isEqualTo(hung.range().first());
        Lease more = take("local");
        honest("local", more);
        assertThat(bench.alarms.list()).as("it works again").isEmpty();
    }

    @Test
    void aWorkersHelloReturnsWhatItDoesNotHold() {
        bench.leases.handle(new Reported("farm", new LeaseReport.Returned(take("farm").id())));
        Lease held = take("farm");
        Lease lost = take("farm");
        bench.leases.handle(new WorkerHello("farm", List.of(new DeviceOffer("farm/gpu", "x", 1, 16)), List.of(held.id(), "another-heads")));
        assertThat(bench.leases.inFlight()).isEqualTo(1);
        assertThat(bench.cancelled).contains(lost.id(), "another-heads").doesNotContain(held.id());
        assertThat(take("other").range()).isEqualTo(lost.range());
    }
}
