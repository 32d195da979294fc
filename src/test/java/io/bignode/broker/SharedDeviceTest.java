package io.bignode.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.bignode.broker.SharedDevice.Held;
import io.bignode.protocol.Lease;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.WorkOrder;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Whose turn it is at a device of two heads, on a clock moved by hand. */
class SharedDeviceTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();
    private static final Duration PERIOD = Duration.ofSeconds(4);

    /** Close to where nanoseconds overflow, as {@link System#nanoTime} may be. */
    private long now = Long.MAX_VALUE - 50 * SECOND;

    private final SharedDevice device = new SharedDevice(2, now);
    private int issued;

    /** The requests that each head has not answered. */
    private final int[] requests = new int[2];

    private Held arrives(int head) {
        return device.arrived(head, new Lease(
                "lease-" + issued++, "session", new WorkOrder("f", "c", "{}"), new NonceSequence(0, 1), new NonceRange(0, 1)), now);
    }

    private Held take() {
        return device.take(now).orElseThrow();
    }

    /** The device computes for so long, and ends a lease. */
    private void compute(Held held, long nanos) {
        now += nanos;
        device.ended(held, Optional.of(nanos), now);
    }

    /** Slots ask one after the other; heads with work answer at once, with leases of these lengths. Returns the device time of each. */
    private long[] work(long seconds, long... lengths) {
        long[] used = new long[lengths.length];
        for (long until = now + seconds * SECOND; until - now > 0;) {
            device.ask(16);
            answer(lengths);
            Held held = take();
            answer(lengths);
            compute(held, lengths[held.head]);
            used[held.head] += lengths[held.head];
        }
        return used;
    }

    private void answer(long... lengths) {
        for (List<Integer> asked = device.toAsk(); !asked.isEmpty(); asked = device.toAsk()) {
            asked.forEach(head -> requests[head]++);
            for (int head = 0; head < lengths.length; head++) {
                for (; lengths[head] > 0 && requests[head] > 0; requests[head]--) arrives(head);
            }
        }
    }

    @Test
    void everyHeadIsAskedOnceForEachSlotThatWaitsAndAHeadWithoutWorkForNothingMore() {
        device.ask(16);
        device.ask(16);
        assertThat(device.toAsk()).containsExactly(0, 0, 1, 1);
        arrives(0);
        Held first = take();
        assertThat(device.toAsk()).as("nothing waits for a slot that has work").isEmpty();
        compute(first, SECOND);
        device.ask(16);
        assertThat(device.toAsk()).as("the other knows of two slots already").containsExactly(0);
        assertThat(work(100, SECOND, 0)).as("all of the device's time").containsExactly(100 * SECOND, 0);
    }

    @Test
    void headsWithWorkGetHalfOfTheTimeEachHoweverLongTheirLeasesAre() {
        assertThat(work(100, SECOND, SECOND)).containsExactly(50 * SECOND, 50 * SECOND);
        long[] used = work(1000, SECOND / 5, 9 * SECOND);
        assertThat((double) used[0] / (used[0] + used[1])).isCloseTo(0.5, within(0.02));
    }

    @Test
    void aHeadThatHadNoWorkClaimsNoTimeForIt() {
        work(1000, SECOND, 0);
        long[] used = work(20, SECOND, SECOND);
        assertThat(used[0]).as("it does not wait until the other had a thousand seconds too").isGreaterThanOrEqualTo(9 * SECOND);
        work(1000, 0, SECOND);
        used = work(20, SECOND, SECOND);
        assertThat(used[1]).isGreaterThanOrEqualTo(9 * SECOND);
    }

    @Test
    void whatAHeadDoesNotWantAnyMoreIsDroppedAndAskedForAnew() {
        device.ask(16);
        device.toAsk();
        Held unwanted = arrives(0);
        assertThat(device.dropUnwanted(unwanted::equals, now)).containsExactly(unwanted);
        assertThat(device.toAsk()).containsExactly(0);
        Held other = arrives(0);
        assertThat(device.withdraw(now)).containsExactly(other);
        assertThat(device.toAsk()).isEmpty();
        assertThat(device.take(now)).isEmpty();
    }

    @Test
    void aLeaseThatEndsWithNothingIsChargedNoMoreThanTheTimeItHad() {
        device.ask(16);
        device.toAsk();
        arrives(0);
        arrives(1);
        Held held = take();
        now += SECOND / 1000;
        device.ended(held, Optional.empty(), now);
        device.ask(16);
        Held next = take();
        assertThat(next.head).isNotEqualTo(held.head);
        compute(next, SECOND);
        assertThat(work(10, SECOND, SECOND)[held.head]).as("it had nearly nothing before").isGreaterThanOrEqualTo(5 * SECOND);
    }

    @Test
    void aHeadIsToldOfALeaseThatWaitsForAnothersEveryPeriodUntilItsTurn() {
        for (int slot = 0; slot < 2; slot++) device.ask(16);
        device.toAsk();
        arrives(0);
        Held slow = take();
        now++;
        arrives(1);
        Held inSlot = take();
        Held waits = arrives(1);
        assertThat(waited()).as("not long enough").isEmpty();
        now += PERIOD.toNanos();
        assertThat(waited()).containsExactly(inSlot, waits);
        now += PERIOD.toNanos() - 1;
        assertThat(waited()).isEmpty();
        now++;
        assertThat(waited()).containsExactly(inSlot, waits);
        compute(slow, PERIOD.toNanos());
        assertThat(waited()).as("it computes, and the other waits for its own head's").isEmpty();
    }

    @Test
    void nobodyWaitsForALeaseThatIsNotWantedOrThatADeviceNeverEnds() {
        for (int slot = 0; slot < 2; slot++) device.ask(16);
        device.toAsk();
        arrives(0);
        Held hangs = take();
        now += PERIOD.toNanos();
        arrives(1);
        Held waits = take();
        now += PERIOD.toNanos();
        assertThat(device.waitedFor(PERIOD, hangs::equals, now)).as("its own head gave it up").isEmpty();
        assertThat(waited()).containsExactly(waits);
        now += Duration.ofMinutes(10).toNanos();
        assertThat(waited()).isEmpty();
    }

    private List<Held> waited() {
        return device.waitedFor(PERIOD, _ -> false, now);
    }
}
