package io.bignode.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Found;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.WorkOrder;
import io.bignode.protocol.WorkerGone;
import io.bignode.protocol.WorkerHello;
import io.bignode.protocol.WorkerMessage.Reported;
import io.bignode.protocol.WorkerMessage.WorkerFault;
import io.bignode.session.Order;
import io.bignode.session.Orders;
import io.bignode.session.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Remote workers' results wait for another device's word. */
class VerificationTest {
    private static final Order ORDER = Orders.of("alice", "a", new NonceSequence(0, 1));

    private Bench bench = new Bench(1e-9);
    private Session session;

    @BeforeEach
    void start() {
        session = bench.start(ORDER);
        hello("farm");
        hello("other");
        hello("local");
    }

    private void hello(String worker) {
        hello(worker, "gpu");
    }

    private void hello(String worker, String... devices) {
        List<DeviceOffer> offers = Arrays.stream(devices).map(device -> new DeviceOffer(worker + "/" + device, "x", 1, 16)).toList();
        bench.leases.handle(new WorkerHello(worker, offers, List.of()));
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
    void agreementOnTooFewNoncesToTellAnythingReleasesNothingUntilALargerResultIsChecked() {
        bench.proofs.minSample = 4;
        Lease small = take("farm");
        assertThat(small.range().count()).isEqualTo(1);
        honest("farm", small);
        bench.time.pass(Duration.ofSeconds(3));
        bench.leases.tick();
        Lease check = take("other");
        assertThat(check.range()).as("nothing larger is there").isEqualTo(small.range());
        honest("other", check);
        assertThat(visible()).isZero();

        Lease larger = take("farm");
        assertThat(larger.range().count()).isGreaterThanOrEqualTo(4);
        honest("farm", larger);
        Lease second = take("other");
        assertThat(second.range().first()).isGreaterThanOrEqualTo(larger.range().first());
        honest("other", second);
        assertThat(visible()).as("agreement on it releases what came before, too").isEqualTo(1 + larger.range().count());
    }

    @Test
    void aSessionsFirstResultDoesNotWaitForOthersToBeChecked() {
        honest("farm", take("farm"));
        honest("other", take("other"));
        for (int i = 0; i < 3; i++) honest("farm", take("farm")); // proven: of these next to none is checked
        bench.time.pass(Duration.ofMillis(200));
        bench.leases.tick();
        Session second = bench.start(Orders.of("alice", "b", new NonceSequence(0, 1)));
        Lease first = take("farm");
        assertThat(first.sessionId()).isEqualTo(second.id());
        honest("farm", first);
        assertThat(second.totalGenerated()).isZero();
        bench.time.pass(Duration.ofMillis(200));
        bench.leases.tick();
        honest("other", take("other"));
        assertThat(second.totalGenerated()).isEqualTo(first.range().count());
    }

    @Test
    void resultsOfTheHeadsOwnDevicesAreCheckedByAnother() {
        Lease lease = take("local");
        honest("local", lease);
        assertThat(visible()).isZero();
        Lease check = take("other");
        assertThat(check.range()).isEqualTo(lease.range());
        honest("other", check);
        assertThat(visible()).isEqualTo(lease.range().count());
    }

    @Test
    void aBrokenDeviceOfTheHeadIsPutOutOfUseAloneAndAdmittedAgain() {
        hello("local", "gpu", "gpu2");
        bench.leases.handle(new WorkerGone("farm"));
        Lease lease = take("local");
        report("local", lease, "0.7");
        honest("local", bench.lease("local/gpu2"));
        honest("other", take("other"));
        assertThat(bench.quarantined).as("its link stays").isEmpty();
        assertThat(bench.alarms.list()).singleElement().satisfies(alarm -> {
            assertThat(alarm.key()).isEqualTo("worker/local/gpu");
            assertThat(alarm.text()).contains("device local/gpu is in quarantine");
            assertThat(alarm.fix()).contains("bignode admit local");
        });
        assertThat(visible()).isZero();
        assertThat(bench.leases.deviceViews()).filteredOn(view -> view.state() == DeviceView.State.QUARANTINED)
                .extracting(view -> view.offer().deviceId()).containsExactly("local/gpu");
        int sent = bench.sent.size();
        bench.request("local/gpu");
        assertThat(bench.sent).hasSize(sent);
        assertThat(bench.lease("local/gpu2").range().first()).as("what it got wrong comes first").isEqualTo(lease.range().first());
        assertThat(bench.leases.admit("local")).isTrue();
        assertThat(bench.sent.getLast().deviceId()).isEqualTo("local/gpu");
        assertThat(bench.alarms.list()).isEmpty();
    }

    @Test
    void theHeadsResultsDoNotWaitWhereNobodyCanCheckThem() {
        bench.leases.handle(new WorkerGone("other"));
        bench.leases.handle(new WorkerGone("farm"));
        honest("local", take("local"));
        assertThat(visible()).isEqualTo(1);
        assertThat(bench.alarms.list()).isEmpty();
    }

    @Test
    void theHeadsResultsDoNotWaitForACheckerThatGoesAwayOrTakesLong() {
        honest("local", take("local"));
        bench.leases.handle(new WorkerGone("other"));
        bench.leases.handle(new WorkerGone("farm"));
        bench.leases.tick();
        assertThat(visible()).isEqualTo(1);
        hello("other");
        Lease more = take("local");
        honest("local", more);
        take("other");
        assertThat(visible()).isEqualTo(1);
        bench.time.pass(Duration.ofSeconds(10));
        bench.leases.tick();
        assertThat(visible()).isEqualTo(1 + more.range().count());
        assertThat(bench.alarms.list()).isEmpty();
    }

    @Test
    void theHeadsCpuIsTheReferenceItIsNotHeldAndItsWordIsFinal() {
        hello("local", "cpu");
        Lease lease = bench.lease("local/cpu");
        honest("local", lease);
        assertThat(visible()).isEqualTo(lease.range().count());
        report("farm", take("farm"), "0.7");
        honest("local", bench.lease("local/cpu"));
        assertThat(bench.quarantined).containsOnlyKeys("farm");
    }

    @Test
    void ofTwoThatDifferNeitherIsPutOutWhileNobodyCanDecide() {
        bench.leases.handle(new WorkerGone("local"));
        Lease lease = take("farm");
        honest("farm", lease);
        report("other", take("other"), "0.7");
        bench.time.pass(Duration.ofSeconds(11));
        bench.leases.tick();
        assertThat(bench.quarantined).isEmpty();
        assertThat(visible()).isZero();
        assertThat(bench.alarms.list()).singleElement().satisfies(alarm -> {
            assertThat(alarm.key()).isEqualTo("disagree/farm+other");
            assertThat(alarm.text()).contains("worker farm and worker other computed different results");
        });
        Lease again = take("farm");
        assertThat(again.range()).as("what is disputed is computed again").isEqualTo(lease.range());
        honest("farm", again);
        hello("local");
        honest("local", take("local"));
        assertThat(visible()).isEqualTo(lease.range().count());
        assertThat(bench.alarms.list()).as("it is settled").isEmpty();
    }

    /** The head's CPU, which computes nothing before the test says so. */
    private final List<Lease> judged = new ArrayList<>();

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

    @Test
    void whereNoThirdIsThereTheHeadsCpuDecidesByOneNonceOnWhichTheyDiffer() {
        bench.leases.handle(new WorkerGone("local"));
        judge();
        honest("farm", take("farm"));
        honest("other", take("other"));
        Lease lease = take("farm");
        honest("farm", lease);
        bench.time.pass(Duration.ofSeconds(3));
        bench.leases.tick();
        Lease check = take("other");
        assertThat(judged).isEmpty();
        report("other", check, "0.7");
        bench.leases.tick();
        assertThat(judged).singleElement().satisfies(one -> assertThat(one.range().count()).isEqualTo(1));
        bench.leases.tick();
        assertThat(judged).hasSize(1);
        honest("local", judged.getFirst());
        assertThat(bench.quarantined).containsOnlyKeys("other");
        assertThat(visible()).isEqualTo(1 + lease.range().count());
    }

    @Test
    void bothAreWrongOnTheWordOfTheHeadsCpuAlone() {
        bench.leases.handle(new WorkerGone("local"));
        judge();
        report("farm", take("farm"), "0.8");
        report("other", take("other"), "0.7");
        bench.leases.tick();
        honest("local", judged.getFirst());
        assertThat(bench.quarantined).containsOnlyKeys("farm", "other");
    }

    @Test
    void aJudgeThatFailsLeavesItUndecided() {
        bench.leases.handle(new WorkerGone("local"));
        judge();
        honest("farm", take("farm"));
        report("other", take("other"), "0.7");
        bench.leases.tick();
        bench.leases.handle(new LeaseReport.Failed(judged.getFirst().id(), "no memory"));
        bench.time.pass(Duration.ofSeconds(11));
        bench.leases.tick();
        assertThat(judged).hasSize(1);
        assertThat(bench.quarantined).isEmpty();
        assertThat(bench.alarms.list()).extracting(alarm -> alarm.key()).containsExactly("disagree/farm+other");
    }

    @Test
    void aThirdThatAgreesWithNeitherPutsNobodyOut() {
        honest("farm", take("farm"));
        report("other", take("other"), "0.7");
        report("local", take("local"), "0.8");
        bench.time.pass(Duration.ofSeconds(11));
        bench.leases.tick();
        assertThat(bench.quarantined).isEmpty();
        assertThat(bench.alarms.list()).extracting(alarm -> alarm.key()).containsExactly("disagree/farm+local/gpu+other");
    }

    @Test
    void aCheckerThatHangsHoldsNobodysResultsUp() {
        honest("farm", take("farm"));
        Lease hung = take("other");
        bench.time.pass(Duration.ofSeconds(5));
        bench.leases.tick();
        Lease check = take("local");
        assertThat(check.id()).startsWith("check").isNotEqualTo(hung.id());
        honest("local", check);
        assertThat(visible()).isEqualTo(1);
        report("other", hung, "0.7");
        assertThat(bench.quarantined).as("late words change nothing").isEmpty();
    }

    @Test
    void aCheckerThatHangsKeepsTheCheckWhereNobodyElseCouldDoIt() {
        bench.leases.handle(new WorkerGone("local"));
        honest("farm", take("farm"));
        Lease check = take("other");
        bench.time.pass(Duration.ofSeconds(30));
        bench.leases.tick();
        assertThat(visible()).isZero();
        honest("other", check);
        assertThat(visible()).isEqualTo(1);
    }

    @Test
    void aCheckerThatFailsLeavesTheCheckToOthers() {
        honest("farm", take("farm"));
        Lease check = take("other");
        bench.leases.handle(new Reported("other", new LeaseReport.Failed(check.id(), "out of order")));
        bench.time.pass(Duration.ofSeconds(1));
        assertThat(take("other").id()).as("it may compute, not check").doesNotStartWith("check");
        honest("local", take("local"));
        assertThat(visible()).isEqualTo(1);
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
        assertThat(bench.quarantined).as("one of the two is wrong, and nobody knows which").isEmpty();
        honest("other", take("other"));
        assertThat(bench.quarantined).containsOnlyKeys("farm");
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
        assertThat(bench.quarantined).isEmpty();
        honest("local", take("local"));
        assertThat(bench.quarantined).containsOnlyKeys("other");
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

    /** What an honest device says where none counts, and one that makes nonces up, too. */
    private void nothing(String worker, Lease lease) {
        bench.leases.handle(new Reported(worker, new LeaseReport.Done(lease.id(), List.of(), lease.range().count(), 1_000_000)));
    }

    @Test
    void agreementThatNothingCountsReleasesNoNonceThatDoes() {
        nothing("farm", take("farm"));
        Lease check = take("local");
        Lease forged = take("farm");
        report("farm", forged, "0.7");
        nothing("farm", take("farm"));
        nothing("local", check);
        assertThat(visible()).as("the forged result came later").isZero();
        bench.time.pass(Duration.ofMillis(2100));
        bench.leases.tick();
        Lease second = take("local");
        assertThat(second.range().first()).as("what has nonces that count is checked, though it is not the newest")
                .isBetween(forged.range().first(), forged.range().end() - 1);
        honest("local", second);
        honest("other", take("other"));
        assertThat(bench.quarantined).containsOnlyKeys("farm");
        assertThat(visible()).isZero();
    }

    private void checkEveryResult() {
        bench = new Bench(1);
        start();
        honest("farm", take("farm"));
    }

    @Test
    void aCheckOfALaterResultWithoutNoncesThatCountReleasesNoneBeforeIt() {
        checkEveryResult();
        Lease first = take("local");
        report("farm", take("farm"), "0.7");
        honest("local", first);
        long before = visible();
        assertThat(before).isEqualTo(1);
        nothing("farm", take("farm"));
        Lease check = take("local");
        assertThat(check.id()).startsWith("check");
        nothing("local", check);
        assertThat(visible()).as("only what has nothing to forge is released").isEqualTo(before);
    }

    @Test
    void aCheckThatEndsBeforeTheFirstNonceThatCountsReleasesNothing() {
        checkEveryResult();
        honest("local", take("local"));
        Lease lease = take("farm");
        long[] nonces = lease.nonceValues();
        List<Found> forged = List.of(new Found(nonces[nonces.length - 1], "0.7"));
        bench.leases.handle(new Reported("farm", new LeaseReport.Done(lease.id(), forged, nonces.length, 1_000_000)));
        Lease check = take("local");
        assertThat(check.range().count()).as("of several nonces").isGreaterThan(1);
        bench.leases.handle(new Reported("local", new LeaseReport.Done(check.id(), List.of(), 1, 1_000_000)));
        assertThat(visible()).isEqualTo(1);
        assertThat(take("other").range()).as("the same nonces, once more").isEqualTo(check.range());
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
        assertThat(bench.quarantined).containsOnlyKeys("farm", "third");
        honest("other", others);
        assertThat(bench.leases.workers()).filteredOn(worker -> worker.name().equals("other")).singleElement()
                .satisfies(worker -> assertThat(worker.state()).isEqualTo(WorkerView.State.WORKING));
        bench.leases.handle(new WorkerFault("other", "nonsense"));
        assertThat(bench.quarantined).containsKey("other");
        assertThat(bench.leases.admit("other")).isTrue();
        assertThat(bench.quarantined).doesNotContainKey("other");
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
