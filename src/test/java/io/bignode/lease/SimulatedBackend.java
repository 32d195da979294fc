package io.bignode.lease;

import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Found;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.WorkerMessage;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import io.bignode.protocol.WorkerMessage.Reported;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * A backend of a {@link ChainHistory} and the worker before it: two slots, of which one computes. It outlives the head: what the head did not take is told to the
 * next one.
 */
final class SimulatedBackend {
    /** How a backend that answers is broken. */
    enum Trouble {
        /** It is sound, but for a nonce now and then that no backend can compute. */
        NONE,
        /** Every lease fails. */
        FAILS,
        /** No nonce has a vector. */
        BLIND,
        /** A third of the nonces has none here. */
        HALF_BLIND
    }

    private static final int SLOTS = 2;

    final String worker;
    final String deviceId;
    private final long nanosPerNonce;
    private final ChainHistory history;
    private final Random random;

    /** What it holds; it computes the first. */
    private final Deque<Lease> leases = new ArrayDeque<>();

    /** What it has not told the head yet. */
    private final Deque<WorkerMessage> untold = new ArrayDeque<>();

    private final Set<Long> vain = new HashSet<>();
    private Trouble trouble = Trouble.NONE;
    private boolean connected;
    private boolean dead;
    private boolean frozen;

    /** Changes whenever what it computes is given up. */
    private int life;

    /** Changes with each trouble, so that the end of an older one ends none. */
    private int troubles;

    SimulatedBackend(String worker, long nanosPerNonce, ChainHistory history, Random random) {
        this.worker = worker;
        this.deviceId = worker + "/vllm:0";
        this.nanosPerNonce = nanosPerNonce;
        this.history = history;
        this.random = random;
    }

    DeviceOffer offer() {
        return new DeviceOffer(deviceId, "x", 0, ChainHistory.BATCH);
    }

    /** Whether it tried a nonce in vain. */
    boolean vain(long nonce) {
        return vain.contains(nonce);
    }

    /** There is another head, which does not know it yet. */
    void headIsAway() {
        connected = false;
        int now = ++troubles;
        history.later(Duration.ofMillis(random.nextInt(1500)), () -> connect(now));
    }

    private void connect(int since) {
        if (dead || connected || since != troubles) return;
        connected = true;
        List<String> held = new ArrayList<>(leases.stream().map(Lease::id).toList());
        for (WorkerMessage message : untold) if (message instanceof Reported report) held.add(report.report().leaseId());
        untold.removeIf(message -> message instanceof LeaseRequest);
        history.hello(this, held);
        for (int slot = leases.size(); slot < SLOTS; slot++) untold.add(new LeaseRequest(deviceId, ChainHistory.BATCH));
        tell();
    }

    void take(Lease lease) {
        if (dead) return;
        leases.add(lease);
        if (leases.size() == 1) begin();
    }

    void cancel(String leaseId) {
        history.later(Duration.ofMillis(10), () -> cancelled(leaseId));
    }

    private void cancelled(String leaseId) {
        if (frozen || leases.isEmpty()) return;
        boolean first = leases.getFirst().id().equals(leaseId);
        if (!leases.removeIf(lease -> lease.id().equals(leaseId))) return;
        if (first) {
            life++;
            begin();
        }
        report(new LeaseReport.Returned(leaseId));
    }

    private void begin() {
        if (leases.isEmpty()) return;
        Lease lease = leases.getFirst();
        int mine = life;
        history.later(Duration.ofMillis(1), () -> {
            if (mine == life && !frozen) send(new LeaseReport.Started(lease.id(), ChainHistory.BATCH));
        });
        Duration takes = trouble == Trouble.FAILS ? Duration.ofMillis(5) : Duration.ofNanos(nanosPerNonce * lease.range().count());
        history.later(takes, () -> end(lease, mine));
    }

    private void end(Lease lease, int mine) {
        if (mine != life) return;
        if (frozen) {
            history.later(Duration.ofMillis(500), () -> end(lease, mine));
            return;
        }
        leases.removeFirst();
        begin();
        report(trouble == Trouble.FAILS ? new LeaseReport.Failed(lease.id(), "out of luck") : done(lease));
    }

    private LeaseReport.Done done(Lease lease) {
        List<Found> found = new ArrayList<>();
        List<Long> uncomputed = new ArrayList<>();
        for (long nonce : lease.nonceValues()) {
            boolean nobody = nonce % 61 == 7;
            if (nobody || trouble == Trouble.BLIND || trouble == Trouble.HALF_BLIND && random.nextInt(3) == 0) uncomputed.add(nonce);
            else found.add(new Found(nonce, "1.0"));
        }
        vain.addAll(uncomputed);
        int count = lease.range().count();
        return new LeaseReport.Done(lease.id(), found, count, nanosPerNonce * count, uncomputed);
    }

    private void report(LeaseReport report) {
        untold.add(new Reported(worker, report));
        untold.add(new LeaseRequest(deviceId, ChainHistory.BATCH));
        tell();
    }

    private void send(LeaseReport report) {
        untold.add(new Reported(worker, report));
        tell();
    }

    /** What a head was killed over stays here, and is told to the next one. */
    private void tell() {
        while (connected && !frozen && !untold.isEmpty()) {
            history.tell(untold.getFirst());
            untold.removeFirst();
        }
    }

    void freeze(Duration time) {
        if (dead) return;
        frozen = true;
        int now = ++troubles;
        history.later(time, () -> {
            if (now == troubles) thaw();
        });
    }

    private void thaw() {
        frozen = false;
        if (connected) tell();
        else headIsAway();
    }

    void die(Duration time) {
        if (dead) return;
        drop();
        dead = true;
        boolean was = connected;
        connected = false;
        int now = ++troubles;
        history.later(time, () -> {
            if (now == troubles) repair();
        });
        if (was) history.gone(this);
    }

    private void drop() {
        life++;
        leases.clear();
        untold.clear();
        frozen = false;
        trouble = Trouble.NONE;
    }

    void trouble(Trouble next, Duration time) {
        if (dead || frozen) return;
        trouble = next;
        int now = ++troubles;
        history.later(time, () -> {
            if (now == troubles) trouble = Trouble.NONE;
        });
        if (!connected) headIsAway();
    }

    /** It is sound from now on, as a new process. */
    void repair() {
        boolean was = connected;
        drop();
        dead = false;
        connected = false;
        if (was) history.gone(this);
        headIsAway();
    }
}
