package io.bignode.lease;

import io.bignode.fixtures.ManualTime;
import io.bignode.monitor.Alarms;
import io.bignode.proof.Capacity;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Found;
import io.bignode.protocol.HeadSide;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.WorkOrder;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import io.bignode.protocol.WorkerMessage;
import io.bignode.session.MemoryStore;
import io.bignode.session.Order;
import io.bignode.session.Session;
import io.bignode.session.SessionRules;
import io.bignode.session.Sessions;
import io.bignode.session.StartOutcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Sessions and leases whose devices are played by the test, on a clock moved by hand. */
final class Bench {
    record Sent(String deviceId, Lease lease) {}

    final ManualTime time = new ManualTime();
    final Sessions sessions = new Sessions(
            new SessionRules(10, Duration.ofSeconds(330), Duration.ofSeconds(120), Duration.ofDays(1), 100), time, time, new MemoryStore());
    final List<Sent> sent = new ArrayList<>();
    final List<String> cancelled = new ArrayList<>();
    final Map<String, String> quarantined = new HashMap<>();

    /** What happens when an alarm is about to be raised. */
    Runnable asAnAlarmRises = () -> {};

    final Alarms alarms = new Alarms(() -> {
        asAnAlarmRises.run();
        return time.instant();
    });
    final ProofsOfTests proofs = new ProofsOfTests();

    /** Whether devices can do the work there is. */
    boolean fits = true;

    /** Whether devices that can do the work may come at any time. */
    boolean mayCome;

    /** Whether leases may become longer than usual. */
    boolean stretches = true;

    Leases leases;

    /** The head's thread, which is this one unless a test wants another. */
    Runnable woken = () -> leases.handle(List.of());

    /** Called while a lease is sent. */
    Runnable sending = () -> {};

    private final double verifyShare;

    /** Remote workers are trusted. */
    Bench() {
        this(0);
    }

    Bench(double verifyShare) {
        this.verifyShare = verifyShare;
        restart();
    }

    /** What a head knows that starts with these sessions: nobody is connected. */
    void restart() {
        leases = new Leases(sessions, LeaseRules.usual(), time, new Hand(),
                new Policies(proofs, new Fitting(), verifyShare), alarms);
    }

    private final class Fitting implements Capacity {
        @Override
        public Optional<String> refusal(DeviceOffer device, WorkOrder work) {
            return fits ? Optional.empty() : Optional.of("too large");
        }

        @Override
        public boolean mayCome(WorkOrder work) {
            return mayCome;
        }

        @Override
        public boolean stretches(WorkOrder work) {
            return stretches;
        }
    }

    /** Notes what is carried. */
    private final class Hand implements HeadSide {
        @Override
        public List<WorkerMessage> receive(Duration wait) {
            throw new AssertionError("the test hands the messages to the leases itself");
        }

        @Override
        public void wake() {
            woken.run();
        }

        @Override
        public void acknowledge() {
            throw new AssertionError("the test receives nothing");
        }

        @Override
        public void send(String deviceId, Lease lease) {
            sent.add(new Sent(deviceId, lease));
            sending.run();
        }

        @Override
        public void cancel(String deviceId, String leaseId) {
            cancelled.add(leaseId);
        }

        @Override
        public void quarantine(String worker, String reason) {
            quarantined.put(worker, reason);
        }

        @Override
        public void admit(String worker) {
            quarantined.remove(worker);
        }
    }

    Session start(Order order) {
        return ((StartOutcome.Started) sessions.start(order)).session();
    }

    void stop(Session session) {
        sessions.stop(session.order().tenant(), session.id());
    }

    void request(String deviceId) {
        leases.handle(new LeaseRequest(deviceId, 16));
    }

    /** Asks for a lease that must come at once. */
    Lease lease(String deviceId) {
        int before = sent.size();
        request(deviceId);
        if (sent.size() != before + 1) throw new AssertionError("no lease for " + deviceId);
        return sent.getLast().lease();
    }

    /** Every nonce counts, and the device was busy so long with each. */
    void done(Lease lease, Duration perNonce) {
        done(lease, lease.range().count(), perNonce);
    }

    void done(Lease lease, int computed, Duration perNonce) {
        List<Found> found = new ArrayList<>();
        for (int i = 0; i < computed; i++) found.add(new Found(lease.nonceValues()[i], "1.0"));
        leases.handle(new LeaseReport.Done(lease.id(), found, computed, perNonce.toNanos() * computed));
    }

    void failed(Lease lease) {
        leases.handle(new LeaseReport.Failed(lease.id(), "device lost"));
    }

    void returned(Lease lease) {
        leases.handle(new LeaseReport.Returned(lease.id()));
    }
}
