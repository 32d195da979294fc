package io.bignode.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.CapturedLog;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Lease;
import io.bignode.protocol.WorkerGone;
import io.bignode.protocol.WorkerHello;
import io.bignode.protocol.WorkerMessage.DeviceGone;
import io.bignode.session.Orders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.logging.Level;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LeaseObserverTest {
    private final Bench bench = new Bench();
    private final List<String> told = new ArrayList<>();

    /** Writes down what it is told. */
    private final class Scribe implements LeaseObserver {
        @Override
        public void issued(Kind kind) {
            told.add("issued " + word(kind));
        }

        @Override
        public void ended(Kind kind, End end, String deviceId) {
            told.add(word(kind) + " " + word(end) + " on " + deviceId);
        }

        @Override
        public void computed(String tenant, String deviceId, int computed, int found, long deviceNanos) {
            told.add(deviceId + " computed " + computed + " of which " + found + " for " + tenant + " in " + deviceNanos);
        }

        @Override
        public void verified(boolean agreed) {
            told.add("verified " + agreed);
        }

        @Override
        public void quarantined() {
            told.add("condemned");
        }

        private String word(Enum<?> constant) {
            return constant.name().toLowerCase(Locale.ROOT);
        }
    }

    @BeforeEach
    void observe() {
        bench.leases.observe(new Scribe());
    }

    @Test
    void aLeaseIsToldOnceWhenItIsIssuedAndOnceWhenItIsDone() {
        bench.start(Orders.of("a"));
        Lease lease = bench.lease("gpu");
        bench.done(lease, Duration.ofMillis(10));
        bench.done(lease, Duration.ofMillis(10));
        bench.failed(lease);

        assertThat(told).hasSize(3).startsWith("issued work", "work done on gpu");
        assertThat(told.getLast()).startsWith("gpu computed 1 of which 1 for ").endsWith(" in 10000000");
    }

    @Test
    void aFailedAReturnedAndAVanishedDevicesLeaseEndEachInItsWay() {
        bench.start(Orders.of("a"));
        bench.failed(bench.lease("gpu"));
        bench.time.pass(Duration.ofSeconds(1));
        bench.returned(bench.lease("gpu"));
        bench.lease("gpu");
        bench.leases.handle(new DeviceGone("gpu"));

        assertThat(told).containsExactly(
                "issued work", "work failed on gpu", "issued work", "work returned on gpu", "issued work", "work returned on gpu");
        assertThat(bench.leases.inFlight()).isZero();
    }

    @Test
    void aWorkerThatIsGoneIsCountedBeforeTheLogTellsIt() {
        List<String> logged = new ArrayList<>();
        try (CapturedLog log = new CapturedLog("io.bignode.lease", Level.ALL)) {
            bench.leases.observe(new LeaseObserver() {
                @Override
                public void disconnected(WorkerGone.Reason reason) {
                    logged.add(reason + " after " + log.messages().stream().filter(line -> line.contains("is gone")).count() + " lines");
                }
            });
            bench.leases.handle(new WorkerHello("farm", List.of(new DeviceOffer("farm/gpu", "x", 1, 16)), List.of()));
            bench.leases.handle(new WorkerGone("farm", WorkerGone.Reason.SILENT));
            assertThat(log.messages()).anyMatch(line -> line.contains("worker farm is gone"));
        }
        assertThat(logged).containsExactly("SILENT after 0 lines");
    }

    @Test
    void requestsThatWaitAreCounted() {
        bench.request("one");
        bench.request("two");
        assertThat(bench.leases.waiting()).isEqualTo(2);

        bench.start(Orders.of("a"));

        assertThat(bench.leases.waiting()).isZero();
    }
}
