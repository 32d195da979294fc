package io.bignode.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.monitor.Alarms;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Found;
import io.bignode.protocol.HeadSide;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.WorkerHello;
import io.bignode.protocol.WorkerMessage;
import io.bignode.protocol.WorkerMessage.Reported;
import io.bignode.session.Orders;
import io.bignode.session.Session;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a head before this one left behind waits for its workers, whose silence counts only from when they could be heard. */
class RestartedHeadTest {
    private final Bench bench = new Bench(1);
    private final List<Throwable> deaths = new CopyOnWriteArrayList<>();
    private Session session;

    @BeforeEach
    void start() {
        session = bench.start(Orders.of("alice", "a", new NonceSequence(0, 1)));
        hello("farm");
        report("farm", bench.lease("farm/gpu"));
    }

    private void hello(String worker) {
        bench.leases.handle(new WorkerHello(worker, List.of(new DeviceOffer(worker + "/gpu", "x", 1, 16)), List.of()));
    }

    private void report(String worker, Lease lease) {
        List<Found> found = Arrays.stream(lease.nonceValues()).mapToObj(nonce -> new Found(nonce, "1.0")).toList();
        bench.leases.handle(new Reported(worker, new LeaseReport.Done(lease.id(), found, lease.range().count(), 1_000_000)));
    }

    private List<String> alarms() {
        return bench.alarms.list().stream().map(Alarms.Alarm::key).toList();
    }

    /** Has the head's thread run for a few ticks. */
    private static void run(HeadLoop head, Ticks ticks) throws InterruptedException {
        head.start();
        assertThat(ticks.happened.await(30, TimeUnit.SECONDS)).as("the head's thread ticked within 30 s").isTrue();
        head.close();
    }

    /** Messages that never come; time passes while they are waited for. */
    private final class Ticks implements HeadSide {
        final CountDownLatch happened = new CountDownLatch(4);

        @Override
        public List<WorkerMessage> receive(Duration wait) throws InterruptedException {
            // No more time passes than the test wants, however late its thread ends the head.
            if (happened.getCount() == 0 && wait.isPositive()) new CountDownLatch(1).await();
            bench.time.pass(wait);
            happened.countDown();
            return List.of();
        }

        @Override
        public void wake() {}

        @Override
        public void acknowledge() {
            throw new AssertionError("nothing was received");
        }

        @Override
        public void send(String deviceId, Lease lease) {}

        @Override
        public void cancel(String deviceId, String leaseId) {}

        @Override
        public void quarantine(String worker, String reason) {}

        @Override
        public void admit(String worker) {}
    }

    @Test
    void theAlarmThatResultsWereNotVerifiedStaysWhileTheirWorkerIsAway() {
        bench.restart();
        bench.time.pass(Duration.ofSeconds(11));
        for (int tick = 0; tick < 3; tick++) {
            bench.leases.tick();
            assertThat(alarms()).containsExactly("unverified");
        }
        bench.time.pass(Duration.ofMinutes(16));
        bench.leases.workers();
        bench.leases.tick();
        assertThat(alarms()).as("a worker that does not come back is forgotten").isEmpty();
    }

    @Test
    void theTimeAStartTakesIsNobodysSilence() throws InterruptedException {
        Lease computing = bench.lease("farm/gpu");
        bench.restart();
        Ticks ticks = new Ticks();
        try (HeadLoop head = new HeadLoop(bench.sessions, bench.leases, ticks, (_, death) -> deaths.add(death), bench.time)) {
            bench.time.pass(Duration.ofMinutes(1));
            run(head, ticks);
        }
        assertThat(deaths).isEmpty();
        assertThat(bench.leases.inFlight()).as("the lease waits for its worker").isEqualTo(1);
        assertThat(session.totalGenerated()).as("what was not verified").isZero();
        assertThat(alarms()).isEmpty();
        bench.leases.handle(new WorkerHello("farm", List.of(new DeviceOffer("farm/gpu", "x", 1, 16)), List.of(computing.id())));
        hello("other");
        report("other", bench.lease("other/gpu"));
        assertThat(session.totalGenerated()).isEqualTo(1);
    }
}
