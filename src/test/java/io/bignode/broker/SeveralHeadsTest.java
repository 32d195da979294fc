package io.bignode.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bignode.fixtures.Waiting;
import io.bignode.protocol.DeviceHealth;
import io.bignode.protocol.Found;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.WorkOrder;
import io.bignode.protocol.WorkerMessage;
import io.bignode.protocol.WorkerMessage.DeviceGone;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import io.bignode.protocol.WorkerSide;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A worker of two heads that the test plays. */
@Timeout(60)
class SeveralHeadsTest {
    private static final String DEVICE = "cuda:0";
    private static final LeaseRequest REQUEST = new LeaseRequest(DEVICE, 16);

    private final InMemoryBroker one = new InMemoryBroker();
    private final InMemoryBroker two = new InMemoryBroker();
    private final SeveralHeads worker =
            new SeveralHeads(List.of(new SeveralHeads.Head("one:9091", one), new SeveralHeads.Head("two:9091", two)), List.of(DEVICE));

    @BeforeEach
    void start() {
        worker.start();
    }

    @AfterEach
    void stop() {
        one.close();
        two.close();
        worker.close();
    }

    private static Lease lease(String id, long first) {
        return new Lease(id, "session", new WorkOrder("f", "c", "{}"), new NonceSequence(0, 1), new NonceRange(first, 4));
    }

    private static WorkerMessage hears(InMemoryBroker head) throws InterruptedException {
        return head.receive(Duration.ofSeconds(30)).orElseThrow();
    }

    @Test
    void leasesOfTheSameIdAreKeptApartAndEachHeadHearsOfItsOwn() throws Exception {
        worker.request(REQUEST);
        worker.request(REQUEST);
        for (InMemoryBroker head : List.of(one, one, two, two)) assertThat(hears(head)).isEqualTo(REQUEST);
        one.send(DEVICE, lease("same", 0));
        Lease first = worker.take(DEVICE).orElseThrow();
        two.send(DEVICE, lease("same", 100));
        Lease second = worker.take(DEVICE).orElseThrow();
        assertThat(first).isEqualTo(lease("one:9091/same", 0));
        assertThat(second).isEqualTo(lease("two:9091/same", 100));
        two.cancel("same");
        assertThat(worker.cancelled(first.id())).isFalse();
        assertThat(worker.cancelled(second.id())).isTrue();
        LeaseReport.Done done = new LeaseReport.Done(first.id(), List.of(new Found(1, "1.5")), 4, 1_000, List.of(2L));
        worker.report(new LeaseReport.Started(first.id(), 8));
        worker.report(done);
        worker.report(new LeaseReport.Returned(second.id()));
        assertThat(hears(two)).isEqualTo(new LeaseReport.Returned("same"));
        assertThat(hears(one)).isEqualTo(new LeaseReport.Started("same", 8));
        assertThat(hears(one)).isEqualTo(done.of("same"));
        assertThat(worker.cancelled(first.id())).as("it ended").isTrue();
        assertThatThrownBy(() -> worker.report(done)).hasMessageContaining(first.id());
    }

    @Test
    void whatIsMeasuredAndADeviceThatIsWithdrawnAreToldToAll() throws Exception {
        worker.request(REQUEST);
        DeviceHealth health = new DeviceHealth(DEVICE, Map.of("celsius", 61.0));
        worker.measured(health);
        for (InMemoryBroker head : List.of(one, two)) {
            assertThat(hears(head)).isEqualTo(REQUEST);
            assertThat(hears(head)).isEqualTo(health);
        }
        one.send(DEVICE, lease("a", 0));
        one.send(DEVICE, lease("b", 4));
        String taken = worker.take(DEVICE).orElseThrow().id();
        // The second came behind it, and is with the worker when there is something that a slot could take.
        worker.request(REQUEST);
        Waiting.until("the second lease came", () -> !worker.cancelled("one:9091/b"));
        worker.gone(DEVICE);
        WorkerMessage heard = hears(one);
        while (!(heard instanceof DeviceGone)) heard = hears(one);
        assertThat(hears(one)).isEqualTo(new LeaseReport.Returned("b"));
        worker.report(new LeaseReport.Returned(taken));
        assertThat(hears(one)).isEqualTo(new LeaseReport.Returned("a"));
        assertThat(hears(two)).isIn(new DeviceGone(DEVICE), REQUEST);
    }

    @Test
    void aLeaseThatIsCancelledWhileItWaitsIsGivenBackAtOnce() throws Exception {
        worker.request(REQUEST);
        assertThat(hears(one)).isEqualTo(REQUEST);
        one.send(DEVICE, lease("a", 0));
        worker.take(DEVICE);
        two.send(DEVICE, lease("b", 0));
        Waiting.until("it came", () -> !worker.cancelled("two:9091/b"));
        two.cancel("b");
        WorkerMessage heard = hears(two);
        while (heard instanceof LeaseRequest) heard = hears(two);
        assertThat(heard).as("though all slots are busy").isEqualTo(new LeaseReport.Returned("b"));
    }

    @Test
    void aSlotThatWaitsEndsWhenAllHeadsAreClosed() throws Exception {
        CompletableFuture<Optional<Lease>> slot = CompletableFuture.supplyAsync(() -> {
            try {
                return worker.take(DEVICE);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        one.close();
        worker.request(REQUEST);
        two.send(DEVICE, lease("a", 0));
        assertThat(slot.get()).map(Lease::id).contains("two:9091/a");
        two.close();
        assertThat(worker.take(DEVICE)).isEmpty();
    }

    /** The link of one head is cut so that it takes nothing more: the device computes for the other. */
    @Test
    void aHeadToWhichNothingCanBeSentKeepsNobodyWaiting() throws Exception {
        CountDownLatch mended = new CountDownLatch(1);
        WorkerSide stuck = new WorkerSide() {
            @Override
            public void request(LeaseRequest request) {
                try {
                    mended.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }

            @Override
            public Optional<Lease> take(String deviceId) throws InterruptedException {
                mended.await();
                return Optional.empty();
            }

            @Override
            public boolean cancelled(String leaseId) {
                return false;
            }

            @Override
            public void report(LeaseReport report) {}

            @Override
            public void measured(DeviceHealth health) {}

            @Override
            public void gone(String deviceId) {}
        };
        InMemoryBroker sound = new InMemoryBroker();
        SeveralHeads both = new SeveralHeads(List.of(new SeveralHeads.Head("stuck", stuck), new SeveralHeads.Head("sound", sound)), List.of(DEVICE));
        both.start();
        try {
            for (int i = 0; i < 3; i++) {
                both.request(REQUEST);
                assertThat(hears(sound)).isEqualTo(REQUEST);
                sound.send(DEVICE, lease("a" + i, 0));
                both.report(new LeaseReport.Returned(both.take(DEVICE).orElseThrow().id()));
                assertThat(hears(sound)).isEqualTo(new LeaseReport.Returned("a" + i));
            }
        } finally {
            mended.countDown();
            sound.close();
            both.close();
        }
    }
}
