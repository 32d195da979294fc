package io.bignode.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.lease.DeviceGone;
import io.bignode.lease.Lease;
import io.bignode.lease.LeaseReport;
import io.bignode.lease.LeaseRequest;
import io.bignode.session.NonceRange;
import io.bignode.session.NonceSequence;
import io.bignode.session.WorkOrder;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class InMemoryBrokerTest {
    private final InMemoryBroker broker = new InMemoryBroker();

    @Test
    void theHeadReceivesWhatWorkersSendInThatOrder() throws Exception {
        LeaseRequest request = new LeaseRequest("gpu", 8);
        LeaseReport report = new LeaseReport.Returned("1");
        broker.request(request);
        broker.report(report);
        broker.gone("gpu");
        assertThat(broker.receive(Duration.ZERO)).contains(request);
        assertThat(broker.receive(Duration.ZERO)).contains(report);
        assertThat(broker.receive(Duration.ZERO)).contains(new DeviceGone("gpu"));
        assertThat(broker.receive(Duration.ofMillis(1))).isEmpty();
    }

    @Test
    void aLeaseGoesToOneSlotOfItsDevice() throws Exception {
        FutureTask<Optional<Lease>> other = waiting(() -> broker.take("other"));
        FutureTask<Optional<Lease>> slot = waiting(() -> broker.take("gpu"));
        broker.send("gpu", lease("1"));
        broker.send("gpu", lease("2"));
        assertThat(List.of(slot.get().orElseThrow().id(), broker.take("gpu").orElseThrow().id())).containsExactlyInAnyOrder("1", "2");
        assertThat(other.isDone()).isFalse();
        broker.send("other", lease("3"));
        assertThat(other.get()).contains(lease("3"));
    }

    @Test
    void aLeaseIsWantedUntilItIsCancelledOrEnded() {
        broker.send("gpu", lease("1"));
        broker.send("gpu", lease("2"));
        broker.report(new LeaseReport.Started("1", 8));
        assertThat(broker.cancelled("1")).isFalse();
        broker.cancel("1");
        assertThat(broker.cancelled("1")).isTrue();
        broker.report(new LeaseReport.Failed("2", "no reason"));
        assertThat(broker.cancelled("2")).isTrue();
        broker.cancel("2");
        broker.cancel("unknown");
        assertThat(broker.cancelled("unknown")).isTrue();
    }

    @Test
    void leasesOnTheirWayToADeviceThatWentAreDropped() throws Exception {
        broker.send("gpu", lease("1"));
        broker.gone("gpu");
        broker.request(new LeaseRequest("gpu", 8));
        broker.receive(Duration.ZERO);
        broker.receive(Duration.ZERO);
        broker.send("gpu", lease("2"));
        assertThat(broker.take("gpu")).contains(lease("2"));
    }

    @Test
    void closingWakesTheDevicesAndCancelsTheirLeasesWhileReportsStillPass() throws Exception {
        broker.send("gpu", lease("1"));
        broker.take("gpu");
        FutureTask<Optional<Lease>> slot = waiting(() -> broker.take("gpu"));
        broker.close();
        assertThat(slot.get()).isEmpty();
        assertThat(broker.cancelled("1")).isTrue();
        broker.send("gpu", lease("2"));
        assertThat(broker.take("gpu")).isEmpty();
        broker.report(new LeaseReport.Returned("1"));
        assertThat(broker.receive(Duration.ZERO)).contains(new LeaseReport.Returned("1"));
    }

    private static Lease lease(String id) {
        return new Lease(id, "session", new WorkOrder("test", "shape", "{}"), new NonceSequence(0, 1), new NonceRange(0, 1));
    }

    private static <T> FutureTask<T> waiting(Callable<T> call) {
        FutureTask<T> task = new FutureTask<>(call);
        Thread thread = Thread.ofPlatform().daemon().start(task);
        while (!task.isDone() && thread.getState() != Thread.State.WAITING) Thread.onSpinWait();
        return task;
    }
}
