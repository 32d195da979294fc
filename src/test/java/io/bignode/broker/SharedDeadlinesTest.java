package io.bignode.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.bignode.broker.SharedDevice.Held;
import io.bignode.fixtures.ManualTime;
import io.bignode.lease.LeaseRules;
import io.bignode.lease.Leases;
import io.bignode.lease.Policies;
import io.bignode.lease.ProofsOfTests;
import io.bignode.monitor.Alarms;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.HeadSide;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.WorkerHello;
import io.bignode.protocol.WorkerMessage;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import io.bignode.session.MemoryStore;
import io.bignode.session.Orders;
import io.bignode.session.Quiet;
import io.bignode.session.SessionRules;
import io.bignode.session.Sessions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A device of two slots that two busy heads share, on a clock moved by hand: their deadlines are those of the program. */
@Timeout(60)
@ExtendWith(Quiet.class)
class SharedDeadlinesTest {
    private static final String DEVICE = "farm/device";
    private static final Duration STEP = Duration.ofMillis(100);

    private final ManualTime time = new ManualTime();
    private final SharedDevice device = new SharedDevice(2, time.getAsLong());

    /** What the slots have in hand; the first is computed. */
    private final Deque<Held> slots = new ArrayDeque<>();

    /** A head in this thread. */
    private final class PlayedHead implements HeadSide {
        final int number;
        final Duration perNonce;
        final Alarms alarms = new Alarms(time);
        final Sessions sessions = new Sessions(
                new SessionRules(10, Duration.ofHours(9), Duration.ofHours(9), Duration.ofDays(1), 1000), time, time, new MemoryStore());
        final Leases leases =
                new Leases(sessions, LeaseRules.usual(), time, this, new Policies(new ProofsOfTests(), (_, _) -> Optional.empty(), 0), alarms);
        final List<String> givenUp = new ArrayList<>();
        final Set<String> unwanted = new HashSet<>();
        Duration used = Duration.ZERO;

        PlayedHead(int number, Duration perNonce) {
            this.number = number;
            this.perNonce = perNonce;
            leases.handle(new WorkerHello("farm", List.of(new DeviceOffer(DEVICE, "a test", 1, 16)), List.of()));
            sessions.start(Orders.of("key"));
        }

        @Override
        public List<WorkerMessage> receive(Duration wait) {
            throw new AssertionError("the test hands the messages to the leases itself");
        }

        @Override
        public void wake() {}

        @Override
        public void acknowledge() {
            throw new AssertionError("the test receives nothing");
        }

        @Override
        public void send(String deviceId, Lease lease) {
            device.arrived(number, lease, time.getAsLong());
        }

        @Override
        public void cancel(String deviceId, String leaseId) {
            if (unwanted.add(leaseId)) givenUp.add(leaseId);
        }

        @Override
        public void quarantine(String worker, String reason) {
            throw new AssertionError(reason);
        }

        @Override
        public void admit(String worker) {
            throw new AssertionError("nobody is in quarantine");
        }
    }

    private List<PlayedHead> heads = List.of();

    private boolean isUnwanted(Held held) {
        return heads.get(held.head).unwanted.contains(held.lease.id());
    }

    private void ask() {
        device.toAsk().forEach(head -> heads.get(head).leases.handle(new LeaseRequest(DEVICE, 16)));
    }

    /** Everything that happens within a step but computing. */
    private void step() {
        time.pass(STEP);
        heads.forEach(head -> head.leases.tick());
        for (Held late : device.waitedFor(Duration.ofSeconds(4), this::isUnwanted, time.getAsLong())) {
            heads.get(late.head).leases.handle(new LeaseReport.Waiting(late.lease.id()));
        }
        ask();
        while (slots.size() < 2) {
            Optional<Held> taken = device.take(time.getAsLong());
            if (taken.isEmpty()) return;
            slots.addLast(taken.get());
            ask();
        }
    }

    private void work(Duration all) {
        Duration left = Duration.ZERO;
        for (int slot = 0; slot < 2; slot++) device.ask(16);
        for (Duration passed = Duration.ZERO; passed.compareTo(all) < 0; passed = passed.plus(STEP)) {
            step();
            if (slots.isEmpty()) continue;
            Held held = slots.getFirst();
            PlayedHead head = heads.get(held.head);
            if (left.isZero()) {
                left = head.perNonce.multipliedBy(held.lease.range().count());
                head.leases.handle(new LeaseReport.Started(held.lease.id(), 16));
            }
            left = left.minus(STEP);
            head.used = head.used.plus(STEP);
            if (left.isPositive()) continue;
            left = Duration.ZERO;
            slots.removeFirst();
            int count = held.lease.range().count();
            long nanos = head.perNonce.multipliedBy(count).toNanos();
            device.ended(held, Optional.of(nanos), time.getAsLong());
            head.leases.handle(new LeaseReport.Done(held.lease.id(), List.of(), count, nanos));
            device.ask(16);
        }
    }

    /** The leases of one head take a second and are due after 26; each of the other's takes 50 seconds, as those of a large model on a small device do. */
    @Test
    void aLeaseThatWaitsForAnotherHeadsLongOneIsNotTakenForOneThatHangs() {
        heads = List.of(new PlayedHead(0, Duration.ofMillis(100)), new PlayedHead(1, Duration.ofSeconds(50)));
        work(Duration.ofHours(1));
        assertThat(heads).allSatisfy(head -> {
            assertThat(head.givenUp).isEmpty();
            assertThat(head.alarms.list()).isEmpty();
            assertThat((double) head.used.toSeconds() / 3600).as("its share").isCloseTo(0.5, within(0.03));
        });
    }

    @Test
    void aDeviceThatHangsIsGivenUpByBothHeads() {
        heads = List.of(new PlayedHead(0, Duration.ofMillis(100)), new PlayedHead(1, Duration.ofMillis(100)));
        work(Duration.ofMinutes(1));
        assertThat(heads).allSatisfy(head -> assertThat(head.givenUp).isEmpty());
        for (Duration hung = Duration.ZERO; hung.compareTo(Duration.ofMinutes(2)) < 0; hung = hung.plus(STEP)) step();
        assertThat(heads).allSatisfy(head -> {
            assertThat(head.givenUp).isNotEmpty();
            assertThat(head.alarms.list()).anySatisfy(alarm -> assertThat(alarm.key()).isEqualTo("worker/" + DEVICE));
        });
    }
}
