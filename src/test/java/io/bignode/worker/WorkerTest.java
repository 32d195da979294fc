package io.bignode.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.broker.InMemoryBroker;
import io.bignode.engine.CancelledException;
import io.bignode.engine.Device;
import io.bignode.engine.DeviceException;
import io.bignode.engine.DeviceLostException;
import io.bignode.engine.DeviceMemoryException;
import io.bignode.engine.Engine;
import io.bignode.engine.Gauges;
import io.bignode.engine.Model;
import io.bignode.poc.HostMemory;
import io.bignode.poc.ModelParams;
import io.bignode.poc.NonceInputs;
import io.bignode.poc.PoolCache;
import io.bignode.poc.ProofOrder;
import io.bignode.poc.WeightPool;
import io.bignode.proof.transformer.TransformerDevice;
import io.bignode.proof.transformer.WeightPools;
import io.bignode.protocol.DeviceHealth;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.WorkOrder;
import io.bignode.protocol.WorkerMessage;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.LongToDoubleFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A worker with a device made for the test: the head's side of the broker is played by the test. */
@Timeout(30)
class WorkerTest {
    private static final ModelParams PARAMS = new ModelParams(8, 1, 2, 2, 16, 1.0, 8, 1e-5, 10_000, false, 2);

    private final InMemoryBroker broker = new InMemoryBroker();
    private final FakeEngine engine = new FakeEngine();
    private final WeightPools pools = new WeightPools(1 << 20, 1, new PoolCache(Path.of("unused"), 0), HostMemory.PLAIN);
    private final Worker worker = new Worker(List.of(new TransformerDevice(engine, pools, 0)), broker, pools::close);

    @AfterEach
    void close() {
        broker.close();
        worker.close();
    }

    private static Lease lease(String id, int count) {
        return lease("block", id, count);
    }

    private static Lease lease(String block, String id, int count) {
        ProofOrder order = new ProofOrder(block, 1, "key", 3, 2, PARAMS);
        WorkOrder work = new WorkOrder(ProofOrder.FUNCTION, "shape", order.toJson().toString());
        return new Lease(id, "session", work, new NonceSequence(3, 10), new NonceRange(5, count));
    }

    private WorkerMessage next() throws InterruptedException {
        return broker.receive(Duration.ofSeconds(20)).orElseThrow(() -> new AssertionError("no message came"));
    }

    /** The next message that is no request. */
    private LeaseReport report() throws InterruptedException {
        while (true) {
            if (next() instanceof LeaseReport report) {
                return report;
            }
        }
    }

    @Test
    void aLeaseIsComputedInBatchesAndEveryNonceOfItIsReported() throws InterruptedException {
        worker.start();
        assertThat(next()).isInstanceOf(LeaseRequest.class);
        broker.send("fake", lease("a", 7));
        assertThat(report()).isEqualTo(new LeaseReport.Started("a", 3));
        LeaseReport.Done done = (LeaseReport.Done) report();
        assertThat(done.computed()).isEqualTo(7);
        assertThat(done.found()).extracting(found -> found.nonce()).containsExactly(53L, 63L, 73L, 83L, 93L, 103L, 113L);
        assertThat(engine.batches).as("7 nonces in batches of 3").hasValue(3);
    }

    @Test
    void aFailingDeviceIsNamedAndTriedAgain() throws InterruptedException {
        engine.failures.set(1);
        worker.start();
        broker.send("fake", lease("a", 2));
        LeaseReport first = report();
        while (first instanceof LeaseReport.Started) {
            first = report();
        }
        assertThat(first).isInstanceOfSatisfying(LeaseReport.Failed.class, failed -> assertThat(failed.reason()).contains("fake", "out of order"));
        broker.send("fake", lease("b", 2));
        LeaseReport second = report();
        while (second instanceof LeaseReport.Started) {
            second = report();
        }
        assertThat(second).isInstanceOf(LeaseReport.Done.class);
    }

    @Test
    void whatADeviceMeasuresIsToldAndWhatNoDeviceMeasuresIsNot() throws InterruptedException {
        engine.gauges = new Gauges(
                OptionalDouble.of(0.5), OptionalDouble.empty(), OptionalDouble.of(4e9), OptionalDouble.of(300), OptionalDouble.empty(), OptionalDouble.empty());
        worker.start();
        WorkerMessage message = next();
        while (!(message instanceof DeviceHealth)) message = next();
        assertThat(message).isEqualTo(new DeviceHealth("fake", Map.of("utilisation", 0.5, "power_watts", 300.0)));
    }

    @Test
    void anUnknownFunctionFailsTheLeaseAlone() throws InterruptedException {
        worker.start();
        Lease known = lease("a", 1);
        broker.send("fake", new Lease("x", "s", new WorkOrder("another", "shape", "{}"), known.nonces(), known.range()));
        assertThat(report()).isInstanceOfSatisfying(LeaseReport.Failed.class, failed -> assertThat(failed.reason()).contains("another"));
    }

    @Test
    void aCancelledLeaseIsReturned() throws InterruptedException {
        engine.hold = true;
        worker.start();
        broker.send("fake", lease("a", 2));
        engine.computing.await();
        broker.cancel("a");
        LeaseReport ended = report();
        while (ended instanceof LeaseReport.Started) {
            ended = report();
        }
        assertThat(ended).isEqualTo(new LeaseReport.Returned("a"));
    }

    @Test
    void closingReturnsWhatIsComputedAndFreesTheDevice() throws InterruptedException {
        engine.hold = true;
        worker.start();
        broker.send("fake", lease("a", 2));
        engine.computing.await();
        worker.close();
        LeaseReport ended = report();
        while (ended instanceof LeaseReport.Started) {
            ended = report();
        }
        assertThat(ended).isEqualTo(new LeaseReport.Returned("a"));
        assertThat(engine.open).as("models left open").hasValue(0);
    }

    @Test
    void aLostDeviceIsMadeReadyAgainBeforeItAsksForMore() throws InterruptedException {
        engine.losses.set(1);
        worker.start();
        broker.send("fake", lease("a", 2));
        LeaseReport first = report();
        while (first instanceof LeaseReport.Started) {
            first = report();
        }
        assertThat(first).isInstanceOfSatisfying(LeaseReport.Failed.class, failed -> assertThat(failed.reason()).contains("context is gone"));
        broker.send("fake", lease("b", 2));
        LeaseReport second = report();
        while (second instanceof LeaseReport.Started) {
            second = report();
        }
        assertThat(second).isInstanceOf(LeaseReport.Done.class);
        assertThat(engine.recoveries).as("times the device was opened anew").hasValue(1);
        assertThat(engine.open).as("models opened on the new context").hasValue(1);
    }

    @Test
    void aModelThatFindsNoMemoryTakesThatOfOneNobodyUses() throws InterruptedException {
        engine.room = 1;
        worker.start();
        for (String block : List.of("one", "another", "one")) {
            broker.send("fake", lease(block, "id", 1));
            LeaseReport ended = report();
            while (ended instanceof LeaseReport.Started) {
                ended = report();
            }
            assertThat(ended).isInstanceOf(LeaseReport.Done.class);
            assertThat(engine.open).hasValue(1);
        }
    }

    @Test
    void aNonceWithinTheMarginOfTheTargetIsNotReported() throws InterruptedException {
        try (Worker cautious = new Worker(List.of(new TransformerDevice(engine, pools, 0.25)), broker, pools::close)) {
            engine.distance = nonce -> nonce == 53 ? 1.76 : 1.74;
            cautious.start();
            broker.send("fake", lease("a", 2));
            LeaseReport ended = report();
            while (ended instanceof LeaseReport.Started) {
                ended = report();
            }
            assertThat(((LeaseReport.Done) ended).found()).extracting(found -> found.nonce()).containsExactly(63L);
            assertThat(((LeaseReport.Done) ended).computed()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -1, 2.5})
    void whatIsNoDistanceFailsTheLeaseAndNothingOfItCounts(double broken) throws InterruptedException {
        engine.distance = nonce -> nonce == 63 ? broken : 1;
        worker.start();
        broker.send("fake", lease("a", 7));
        LeaseReport ended = report();
        while (ended instanceof LeaseReport.Started) {
            ended = report();
        }
        assertThat(ended).isEqualTo(new LeaseReport.Failed("a", "fake: computed " + broken + " for nonce 63, which is no distance"));
    }

    /** Answers whatever distances it is told to; fails, is lost or holds on when told to. */
    private static final class FakeEngine implements Engine {
        volatile Gauges gauges = Gauges.NONE;
        final AtomicInteger failures = new AtomicInteger();
        final AtomicInteger losses = new AtomicInteger();
        final AtomicInteger recoveries = new AtomicInteger();
        final AtomicInteger batches = new AtomicInteger();
        final AtomicInteger open = new AtomicInteger();
        final CountDownLatch computing = new CountDownLatch(1);
        volatile LongToDoubleFunction distance = _ -> 1;
        volatile boolean hold;
        volatile boolean lost;
        volatile int room = 9;

        @Override
        public Gauges gauges() {
            return gauges;
        }

        @Override
        public Device device() {
            return new Device("fake", "made for a test", 1 << 30, 3);
        }

        @Override
        public void prepare() {
            if (!lost) return;
            assertThat(open).as("models left on the lost device").hasValue(0);
            lost = false;
            recoveries.incrementAndGet();
        }

        @Override
        public Optional<String> refusal(ModelParams params) {
            return Optional.empty();
        }

        @Override
        public HostMemory poolMemory() {
            return HostMemory.PLAIN;
        }

        @Override
        public double matrixRate(ModelParams params, int batch, int size) {
            return 1;
        }

        @Override
        public void close() {}

        @Override
        public Model open(ModelParams params, WeightPool pool) {
            if (open.get() == room) throw new DeviceMemoryException("full");
            open.incrementAndGet();
            return new Model() {
                @Override
                public int maxBatch() {
                    return 3;
                }

                @Override
                public NonceInputs newInputs() {
                    return new NonceInputs(params, 3, HostMemory.PLAIN);
                }

                @Override
                public Computed distances(NonceInputs inputs, BooleanSupplier cancelled) throws CancelledException {
                    long first = 53 + 10L * 3 * batches.getAndIncrement();
                    computing.countDown();
                    if (failures.getAndDecrement() > 0) {
                        throw new DeviceException("out of order");
                    }
                    if (losses.getAndDecrement() > 0) {
                        lost = true;
                        throw new DeviceLostException("its context is gone");
                    }
                    while (hold && !cancelled.getAsBoolean()) {
                        Thread.onSpinWait();
                    }
                    if (cancelled.getAsBoolean()) {
                        throw new CancelledException();
                    }
                    return new Computed(LongStream.range(0, inputs.count()).mapToDouble(i -> distance.applyAsDouble(first + 10 * i)).toArray(), 1000);
                }

                @Override
                public void close() {
                    open.decrementAndGet();
                }
            };
        }
    }
}
