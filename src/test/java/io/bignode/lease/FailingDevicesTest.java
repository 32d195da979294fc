package io.bignode.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.monitor.Alarms;
import io.bignode.monitor.LruMap;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.WorkerGone;
import io.bignode.protocol.WorkerHello;
import io.bignode.session.Orders;
import io.bignode.session.Session;
import io.bignode.session.SessionStatus;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A device on which every lease fails or hangs costs the others nothing, and everybody is told. */
class FailingDevicesTest {
    private static final Duration FAST = Duration.ofMillis(10);

    private final Bench bench = new Bench();
    private Session session;

    @BeforeEach
    void start() {
        session = bench.start(Orders.of("a"));
        hello("good");
        hello("bad");
    }

    private void hello(String worker) {
        bench.leases.handle(new WorkerHello(worker, List.of(new DeviceOffer(worker + "/gpu", "x", 1, 16)), List.of()));
    }

    private List<Lease> leasesOf(String deviceId) {
        return bench.sent.stream().filter(sent -> sent.deviceId().equals(deviceId)).map(Bench.Sent::lease).toList();
    }

    private List<String> alarms() {
        return bench.alarms.list().stream().map(Alarms.Alarm::key).filter(key -> key.startsWith("worker/")).toList();
    }

    private DeviceView view(String deviceId) {
        return bench.leases.deviceViews().stream().filter(view -> view.offer().deviceId().equals(deviceId)).findFirst().orElseThrow();
    }

    private DeviceView.State state(String deviceId) {
        return view(deviceId).state();
    }

    /** Lets time pass while the session is polled; the good device computes a lease a second, the bad one fails whatever it has. */
    private void live(Duration howLong) {
        for (int second = 0; second < howLong.toSeconds(); second++) {
            bench.time.pass(Duration.ofSeconds(1));
            session.polled();
            bench.leases.tick();
            bench.done(bench.lease("good/gpu"), FAST);
            for (Lease lease : leasesOf("bad/gpu")) bench.failed(lease);
            if (bench.leases.waiting() == 0) bench.request("bad/gpu");
        }
    }

    @Test
    void aDeviceOnWhichEveryLeaseFailsSinksToAProbeAMinute() {
        bench.done(bench.lease("bad/gpu"), FAST);
        bench.done(bench.lease("good/gpu"), FAST);
        bench.request("bad/gpu");
        live(Duration.ofMinutes(2));
        assertThat(leasesOf("bad/gpu")).hasSizeLessThanOrEqualTo(9);
        int before = leasesOf("bad/gpu").size();
        long computed = session.totalComputed();
        live(Duration.ofMinutes(2));
        assertThat(leasesOf("bad/gpu").size() - before).isBetween(1, 2);
        assertThat(leasesOf("bad/gpu").getLast().range().count()).isEqualTo(1);
        assertThat(session.totalComputed() - computed).as("what the good one does").isGreaterThan(110 * 64);
        assertThat(session.status()).isEqualTo(SessionStatus.GENERATING);
    }

    @Test
    void itIsAlarmedWithinSecondsAndShownAndBothEndAtItsFirstSuccess() {
        bench.request("bad/gpu");
        live(Duration.ofSeconds(10));
        assertThat(bench.alarms.list()).singleElement().satisfies(alarm -> {
            assertThat(alarm.key()).isEqualTo("worker/bad/gpu");
            assertThat(alarm.text()).contains("device bad/gpu failed its last", "device lost");
        });
        assertThat(state("bad/gpu")).isEqualTo(DeviceView.State.FAILING);
        assertThat(state("good/gpu")).isEqualTo(DeviceView.State.IDLE);
        bench.time.pass(Duration.ofSeconds(20));
        bench.leases.tick();
        bench.done(leasesOf("bad/gpu").getLast(), FAST);
        assertThat(alarms()).isEmpty();
        assertThat(state("bad/gpu")).isEqualTo(DeviceView.State.IDLE);
    }

    @Test
    void theSameWorkThatFailsOnOneDeviceOfSeveralEndsNoSession() {
        for (int i = 0; i < 8; i++) {
            bench.failed(bench.lease("bad/gpu"));
            session.polled();
            bench.time.pass(Duration.ofSeconds(Math.min(60, 1L << i)));
        }
        assertThat(session.status()).isEqualTo(SessionStatus.INITIALIZING);
    }

    @Test
    void workThatFailsOnEveryDeviceEndsItsSessionAndNoDeviceIsBlamed() {
        for (int i = 0; i < 5; i++) {
            bench.failed(bench.lease(i % 2 == 0 ? "bad/gpu" : "good/gpu"));
            bench.time.pass(Duration.ofSeconds(5));
        }
        assertThat(session.status()).isEqualTo(SessionStatus.ERROR);
        assertThat(session.error()).hasValueSatisfying(error -> assertThat(error).contains("5 times", "device lost"));
        assertThat(alarms()).isEmpty();
    }

    /** Both devices fail, in step, so that each always gets the same nonce. */
    private void failInStep(Session all) {
        for (int i = 0; i < 5; i++) {
            Lease bad = bench.lease("bad/gpu");
            Lease good = bench.lease("good/gpu");
            assertThat(bad.sessionId()).isEqualTo(all.id());
            assertThat(bad.range().first()).isLessThan(good.range().first());
            bench.failed(bad);
            bench.failed(good);
            bench.time.pass(Duration.ofSeconds(20));
            all.polled();
        }
    }

    @Test
    void anOrderThatEveryDeviceFailsEndsThoughEachFailsOnOtherNoncesOfIt() {
        failInStep(session);
        assertThat(session.status()).isEqualTo(SessionStatus.ERROR);
        assertThat(session.error()).hasValueSatisfying(error -> assertThat(error).contains("5 times", "device lost"));
        assertThat(alarms()).isEmpty();
        assertThat(state("good/gpu")).isNotEqualTo(DeviceView.State.FAILING);
        assertThat(state("bad/gpu")).isNotEqualTo(DeviceView.State.FAILING);
    }

    @Test
    void anOrderGoesOnWhereADeviceDidNotFailOnItOrComputedSomeOfItSince() {
        hello("third");
        Lease third = bench.lease("third/gpu");
        failInStep(session);
        assertThat(session.status()).isEqualTo(SessionStatus.INITIALIZING);
        bench.failed(third);
        bench.time.pass(Duration.ofSeconds(2));
        bench.done(bench.lease("third/gpu"), FAST);
        bench.failed(bench.lease("bad/gpu"));
        assertThat(session.status()).isEqualTo(SessionStatus.GENERATING);
    }

    @Test
    void devicesThatFailTwoOrdersAreForgivenWhenBothAreToBlame() {
        Session second = bench.start(Orders.of("b"));
        for (int i = 0; i < 40 && !(session.status().ended() && second.status().ended()); i++) {
            for (String device : List.of("bad/gpu", "good/gpu")) {
                int sent = bench.sent.size();
                if (bench.leases.waiting() == 0) bench.request(device);
                if (bench.sent.size() > sent) bench.failed(bench.sent.getLast().lease());
            }
            bench.time.pass(Duration.ofSeconds(20));
            session.polled();
            second.polled();
        }
        assertThat(List.of(session.status(), second.status())).containsOnly(SessionStatus.ERROR);
        assertThat(alarms()).isEmpty();
    }

    @Test
    void anotherSessionsWorkIsTriedAtOnceWithOneNonce() {
        for (int i = 0; i < 4; i++) {
            bench.failed(bench.lease("bad/gpu"));
            bench.time.pass(Duration.ofSeconds(8));
        }
        bench.failed(bench.lease("bad/gpu"));
        bench.request("bad/gpu");
        Session other = bench.start(Orders.of("b"));
        assertThat(bench.sent.getLast().lease().sessionId()).isEqualTo(other.id());
        int sent = bench.sent.size();
        bench.request("bad/gpu");
        assertThat(bench.sent).as("one at a time").hasSize(sent);
    }

    @Test
    void aDeviceThatHangsIsToldAtOnceAndGetsOneNonceAfterwards() {
        for (int i = 0; i < 3; i++) {
            Lease lease = bench.lease("bad/gpu");
            bench.leases.handle(new LeaseReport.Started(lease.id(), 16));
            bench.done(lease, FAST);
        }
        Lease hung = bench.lease("bad/gpu");
        bench.time.pass(Duration.ofSeconds(9));
        bench.leases.tick();
        assertThat(bench.leases.inFlight()).isEqualTo(1);
        bench.time.pass(Duration.ofSeconds(13));
        bench.leases.tick();
        assertThat(bench.leases.inFlight()).isZero();
        assertThat(alarms()).containsExactly("worker/bad/gpu");
        assertThat(state("bad/gpu")).isEqualTo(DeviceView.State.FAILING);
        assertThat(bench.lease("good/gpu").range().first()).isEqualTo(hung.range().first());
        bench.time.pass(Duration.ofSeconds(2));
        Lease probe = bench.lease("bad/gpu");
        assertThat(probe.range().count()).isEqualTo(1);
        bench.done(probe, FAST);
        assertThat(alarms()).as("it works again").isEmpty();
    }

    @Test
    void aDeviceThatSaysNothingOfItsFirstLeaseIsToldWithinAMinuteAndKeepsIt() {
        Lease lease = bench.lease("bad/gpu");
        bench.time.pass(Duration.ofSeconds(50));
        bench.leases.tick();
        assertThat(bench.alarms.list()).singleElement().satisfies(alarm -> assertThat(alarm.text()).contains("bad/gpu makes the model ready", "50 s"));
        bench.done(lease, FAST);
        assertThat(alarms()).isEmpty();
    }

    @Test
    void aDeviceThatAsksForNothingIsToldWithinAMinuteUntilItAsks() {
        bench.request("good/gpu");
        bench.leases.tick();
        bench.time.pass(Duration.ofSeconds(46));
        bench.leases.tick();
        assertThat(bench.alarms.list()).filteredOn(alarm -> alarm.key().equals("worker/bad/gpu")).singleElement()
                .satisfies(alarm -> assertThat(alarm.text()).contains("bad/gpu has asked for no work for 46 s"));
        bench.request("bad/gpu");
        bench.time.pass(Duration.ofSeconds(1));
        bench.leases.tick();
        assertThat(alarms()).doesNotContain("worker/bad/gpu");
    }

    @Test
    void aDeviceThatWasLookedAfterIsTriedSoon() {
        for (int i = 0; i < 7; i++) {
            bench.failed(bench.lease("bad/gpu"));
            session.polled();
            if (i < 6) bench.time.pass(Duration.ofSeconds(1L << i));
        }
        bench.leases.handle(new WorkerGone("bad"));
        hello("bad");
        int sent = bench.sent.size();
        bench.request("bad/gpu");
        assertThat(bench.sent).hasSize(sent);
        bench.time.pass(Duration.ofSeconds(10));
        bench.leases.tick();
        assertThat(bench.sent).hasSize(sent + 1);
    }

    @Test
    void aBrokenLineMakesNobodyForgetThatADeviceAsksForNothing() {
        bench.request("good/gpu");
        for (int i = 0; i < 10; i++) {
            bench.leases.handle(new WorkerGone("bad"));
            bench.leases.tick();
            hello("bad");
            bench.time.pass(Duration.ofSeconds(1));
            bench.leases.tick();
            bench.time.pass(Duration.ofSeconds(4));
        }
        bench.leases.tick();
        assertThat(alarms()).contains("worker/bad/gpu");
        bench.leases.handle(new WorkerGone("bad"));
        bench.time.pass(Duration.ofSeconds(1));
        bench.leases.tick();
        assertThat(alarms()).as("its line breaks").contains("worker/bad/gpu");
    }

    @Test
    void whoHandsLeasesBackOrComputesNothingOfThemFailsToo() {
        for (int i = 0; i < 5; i++) bench.returned(bench.lease("bad/gpu"));
        bench.request("bad/gpu");
        assertThat(bench.leases.inFlight()).isZero();
        for (int i = 0; i < 5; i++) bench.done(bench.lease("good/gpu"), 0, FAST);
        bench.request("good/gpu");
        assertThat(bench.leases.inFlight()).isZero();
    }

    @Test
    void whoLooksAsItsAlarmRisesSeesTheAlarmWithTheState() throws Exception {
        FutureTask<DeviceView> seen = new FutureTask<>(() -> view("bad/gpu"));
        Thread viewer = Thread.ofPlatform().unstarted(seen);
        bench.asAnAlarmRises = () -> {
            viewer.start();
            // The lock is held by who raises the alarm; the viewer is as far as it gets without it.
            while (viewer.getState() != Thread.State.BLOCKED && viewer.isAlive()) Thread.onSpinWait();
        };
        for (int i = 0; i < 3; i++) {
            bench.failed(bench.lease("bad/gpu"));
            bench.time.pass(Duration.ofSeconds(4));
        }
        assertThat(seen.get().state()).isEqualTo(DeviceView.State.FAILING);
        assertThat(seen.get().alarm()).hasValueSatisfying(alarm -> assertThat(alarm).contains("failed its last 3 leases"));
    }

    @Test
    void itsAlarmGoesWithADeviceThatIsForgottenAsTooManyFail() {
        Alarms raised = new Alarms(bench.time);
        Blame blame = new Blame(LeaseRules.usual(), raised);
        Lease lease = bench.lease("good/gpu");
        blame.device(new ActiveLease(lease, session, "farm/gpu", 0, Optional.empty()), "it hangs", true, bench.time.getAsLong());
        assertThat(raised.list()).hasSize(1);
        for (int i = 0; i < LruMap.DEVICES; i++) {
            blame.device(new ActiveLease(lease, session, "farm-" + i + "/gpu", 0, Optional.empty()), "out of order", false, bench.time.getAsLong());
        }
        assertThat(raised.list()).isEmpty();
    }

    @Test
    void itsAlarmGoesWithADeviceThatIsForgotten() {
        for (int i = 0; i < 3; i++) {
            bench.failed(bench.lease("bad/gpu"));
            bench.time.pass(Duration.ofSeconds(4));
        }
        assertThat(alarms()).containsExactly("worker/bad/gpu");
        bench.leases.handle(new WorkerGone("bad"));
        bench.time.pass(Duration.ofMinutes(16));
        bench.leases.workers();
        bench.leases.tick();
        assertThat(alarms()).isEmpty();
    }
}
