package io.bignode.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.bignode.fixtures.ManualTime;
import io.bignode.protocol.Lease;
import io.bignode.session.Orders;
import io.bignode.session.Session;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The processor time of a lease, and the devices that have work, are played. */
class LeaseLengthTest {
    private static final Duration LOOK = Duration.ofSeconds(5);
    private static final Duration MILLI = Duration.ofMillis(1);

    private final ManualTime time = new ManualTime();
    private final LeaseLength length = new LeaseLength(LeaseRules.usual(), time);
    private long servingNanos = Duration.ofHours(1).toNanos();

    LeaseLengthTest() {
        length.measureBy(() -> servingNanos);
    }

    /** So many devices compute until the next look, each lease taking its device {@code each} and the head {@code cost}. */
    private double compute(int devices, Duration each, Duration cost) {
        long leases = devices * LOOK.toNanos() / each.toNanos();
        for (long i = 0; i < leases; i++) length.ended(each.toNanos());
        servingNanos += leases * cost.toNanos();
        time.pass(LOOK);
        length.tick();
        return seconds();
    }

    private double seconds() {
        return length.target().toNanos() * 1e-9;
    }

    private double settle(int devices, Duration cost) {
        for (int look = 0; look < 12; look++) compute(devices, length.target(), cost);
        return seconds();
    }

    @Test
    void aFarmThatHalfACoreServesHasLeasesOfASecond() {
        assertThat(settle(256, MILLI)).isEqualTo(1);
        assertThat(length.cores()).isCloseTo(0.256, within(0.01));
    }

    @Test
    void aLargerOneHasLeasesSoLongThatHalfACoreServesIt() {
        assertThat(settle(1024, MILLI)).isCloseTo(2.05, within(0.05));
        assertThat(length.cores()).isCloseTo(0.5, within(0.01));
    }

    @Test
    void noFarmHasLeasesOfMoreThanFourSeconds() {
        assertThat(settle(10_000, MILLI)).isCloseTo(4, within(0.01));
        assertThat(length.cores()).isCloseTo(2.5, within(0.05));
    }

    @Test
    void whereFewerDevicesHaveWorkLeasesAreSoonShorterAgain() {
        settle(10_000, MILLI);
        compute(200, Duration.ofSeconds(4), MILLI);
        compute(200, Duration.ofSeconds(4), MILLI);
        assertThat(compute(200, Duration.ofSeconds(2), MILLI)).isLessThan(1.4);
        assertThat(settle(200, MILLI)).isCloseTo(1, within(0.01));
    }

    @Test
    void whereNothingIsComputedTheyAreToo() {
        settle(10_000, MILLI);
        assertThat(settle(0, MILLI)).isCloseTo(1, within(0.01));
    }

    /** At the opening of a stage leases have a nonce or a few: it is not their target that makes them short. */
    @Test
    void theFirstLeasesOfDevicesMakeNoOthersLonger() {
        assertThat(compute(1024, Duration.ofMillis(40), Duration.ofNanos(40_000))).isEqualTo(1);
        assertThat(length.cores()).isGreaterThan(1);
    }

    @Test
    void itIsLookedEveryFewSeconds() {
        settle(1024, MILLI);
        double before = seconds();
        servingNanos += Duration.ofSeconds(100).toNanos();
        length.ended(Duration.ofSeconds(2).toNanos());
        time.pass(LOOK.minusMillis(1));
        length.tick();
        assertThat(seconds()).isEqualTo(before);
        time.pass(MILLI);
        length.tick();
        assertThat(seconds()).isGreaterThan(before);
    }

    /** What an order's leases are depends on its function: work that cannot be interrupted keeps leases of a second. */
    @Test
    void leasesOfAHeadThatHasMuchToDoAreLonger() {
        assertThat(largestLease(new Bench())).as("almost four times four batches of 16 nonces").isBetween(15 * 16, 16 * 16);
        Bench whole = new Bench();
        whole.stretches = false;
        assertThat(largestLease(whole)).as("four batches").isEqualTo(4 * 16);
    }

    /** The lease of a device that takes 15 ms a nonce, after a minute in which leases took the head seven cores. */
    private static int largestLease(Bench bench) {
        long[] served = {0};
        bench.leases.measureBy(() -> served[0]);
        Session session = bench.start(Orders.of("a"));
        int largest = 0;
        for (int lease = 0; lease < 60; lease++) {
            session.polled();
            Lease issued = bench.lease("gpu");
            largest = issued.range().count();
            Duration took = Duration.ofMillis(15L * largest);
            served[0] += 7 * took.toNanos();
            bench.time.pass(took);
            bench.done(issued, Duration.ofMillis(15));
            bench.leases.tick();
        }
        assertThat(bench.leases.servingCores()).isCloseTo(7, within(0.5));
        assertThat(bench.leases.target()).isBetween(Duration.ofMillis(3900), Duration.ofSeconds(4));
        return largest;
    }
}
