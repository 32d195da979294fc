package io.bignode.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.ManualTime;
import io.bignode.lease.SimulatedBackend.Trouble;
import io.bignode.monitor.Alarms;
import io.bignode.protocol.Found;
import io.bignode.protocol.HeadSide;
import io.bignode.protocol.Lease;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.WorkerGone;
import io.bignode.protocol.WorkerHello;
import io.bignode.protocol.WorkerMessage;
import io.bignode.session.Batches;
import io.bignode.session.CrashingStore;
import io.bignode.session.MemoryStore;
import io.bignode.session.Order;
import io.bignode.session.Orders;
import io.bignode.session.Session;
import io.bignode.session.SessionRules;
import io.bignode.session.Sessions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.TreeSet;

/**
 * One random history of stages of several keys, with backends of very different speed that fail, freeze, die, answer late and cannot compute some nonces, and a
 * head that is killed again and again; on a clock moved by hand. Whatever happens, the receivers' stores keep to the rules of the chain.
 */
final class ChainHistory {
    static final int BATCH = 32;
    private static final long MAX_NONCE = Integer.MAX_VALUE;
    private static final SessionRules RULES = new SessionRules(10, Duration.ofHours(9), Duration.ofHours(9), Duration.ofDays(9), 100_000);
    private static final Duration TROUBLED = Duration.ofSeconds(60);
    private static final Duration QUIET = Duration.ofSeconds(60);

    private record Event(long atNanos, long number, Runnable what) {}

    /** A key's stage of a block, and what its receiver has of it. */
    private static final class Stage {
        final Order order;
        final TreeSet<Long> received = new TreeSet<>();

        /** How far each of its sessions was read. */
        final Map<String, Long> cursors = new HashMap<>();

        boolean leased;

        Stage(Order order) {
            this.order = order;
        }

        long largestIndex() {
            return received.isEmpty() ? -1 : order.nonces().index(received.last()).orElseThrow();
        }
    }

    private final Random random;
    private final ManualTime time = new ManualTime();
    private final long began = time.getAsLong();
    private final PriorityQueue<Event> events = new PriorityQueue<>((one, other) ->
            one.atNanos() != other.atNanos() ? Long.compare(one.atNanos(), other.atNanos()) : Long.compare(one.number(), other.number()));
    private final MemoryStore kept = new MemoryStore();
    private final List<SimulatedBackend> backends = new ArrayList<>();
    private final Map<Order, Stage> stages = new LinkedHashMap<>();
    private final ProofsOfTests proofs = new ProofsOfTests();
    private final boolean troubled;
    private WatchedStore store;
    private Sessions sessions;
    private Leases leases;
    private long number;
    private int blocks;

    /** Heads that were killed. */
    int kills;

    /** Nonces that receivers have. */
    long received;

    /** The worst of largest index to count, of stages that ran until the end. */
    double worst;

    ChainHistory(long seed) {
        random = new Random(seed);
        proofs.maxNonce = MAX_NONCE;
        proofs.share = OptionalDouble.of(1);
        troubled = random.nextInt(10) > 0;
        int count = 1 + random.nextInt(6);
        for (int number = 0; number < count; number++) {
            long nanosPerNonce = (long) (5_000_000 * Math.pow(10, random.nextDouble() * 3));
            backends.add(new SimulatedBackend("host-" + number, nanosPerNonce, this, random));
        }
    }

    private final class Hand implements HeadSide {
        @Override
        public List<WorkerMessage> receive(Duration wait) {
            throw new AssertionError("the history hands the messages to the leases itself");
        }

        @Override
        public void wake() {
            leases.handle(List.of());
        }

        @Override
        public void acknowledge() {
            throw new AssertionError("nothing is received");
        }

        @Override
        public void send(String deviceId, Lease lease) {
            requireInOrder(deviceId, lease);
            backend(deviceId).take(lease);
        }

        @Override
        public void cancel(String deviceId, String leaseId) {
            backend(deviceId).cancel(leaseId);
        }

        @Override
        public void quarantine(String worker, String reason) {
            throw new AssertionError(worker + " is in quarantine: " + reason);
        }

        @Override
        public void admit(String worker) {}
    }

    private SimulatedBackend backend(String deviceId) {
        return backends.stream().filter(backend -> backend.deviceId.equals(deviceId)).findFirst().orElseThrow();
    }

    /** A block begins at 0, no nonce is too large, and nothing new is opened while something returned lies free that this device did not try in vain. */
    private void requireInOrder(String deviceId, Lease lease) {
        Order order = sessions.sessionOf(lease.id()).orElseThrow().order();
        Stage stage = stages.get(order);
        if (!stage.leased) assertThat(lease.range().first()).as("the first index of a block").isZero();
        stage.leased = true;
        assertThat(lease.nonces().nonce(lease.range().end() - 1)).isLessThanOrEqualTo(MAX_NONCE);
        for (long index : store.freeWhenOpened(order.key(), lease.range().first())) {
            assertThat(backend(deviceId).vain(lease.nonces().nonce(index))).as("index %d lies free, and %s is issued", index, lease.range()).isTrue();
        }
    }

    void later(Duration wait, Runnable what) {
        events.add(new Event(time.getAsLong() - began + wait.toNanos(), number++, what));
    }

    /** A message reaches the head. */
    void tell(WorkerMessage message) {
        leases.handle(message);
    }

    void run() {
        startHead();
        later(Duration.ZERO, this::tick);
        later(Duration.ofSeconds(1), this::poll);
        later(Duration.ZERO, this::startBlock);
        if (troubled) later(Duration.ofSeconds(1), this::trouble);
        passUntil(TROUBLED);
        for (SimulatedBackend backend : backends) backend.repair();
        // A start that a killed head did not answer is made again.
        while (!guarded(this::startBlock)) {}
        passUntil(TROUBLED.plus(QUIET));
        guarded(this::readAll);
        List<Session> running = sessions.kept().stream().filter(session -> !session.status().ended()).toList();
        assertThat(running).isNotEmpty();
        for (Session session : running) requirePoresClosed(stages.get(session.order()));
        received = stages.values().stream().mapToLong(stage -> stage.received.size()).sum();
    }

    private void requirePoresClosed(Stage stage) {
        assertThat(stage.received).as("what %s got", stage.order.key()).isNotEmpty();
        double ratio = (double) stage.largestIndex() / stage.received.size();
        worst = Math.max(worst, ratio);
        assertThat(ratio).as("largest index %d to count %d of %s", stage.largestIndex(), stage.received.size(), stage.order.key()).isLessThanOrEqualTo(2);
    }

    private void passUntil(Duration until) {
        while (!events.isEmpty() && events.peek().atNanos() <= until.toNanos()) {
            Event next = events.remove();
            time.pass(Duration.ofNanos(Math.max(0, next.atNanos() - (time.getAsLong() - began))));
            guarded(next.what());
        }
        time.pass(Duration.ofNanos(Math.max(0, until.toNanos() - (time.getAsLong() - began))));
    }

    /** Has the next head start where this one is killed; says whether it was not. */
    private boolean guarded(Runnable what) {
        try {
            what.run();
            return true;
        } catch (CrashingStore.Killed _) {
            startHead();
            return false;
        }
    }

    private void startHead() {
        if (store != null) {
            kills++;
            store.close();
        }
        store = new WatchedStore(kept, new CrashingStore(kept, random, troubled ? 4000 : Integer.MAX_VALUE / 2));
        sessions = new Sessions(RULES, time, time, store);
        leases = new Leases(sessions, LeaseRules.usual(), time, new Hand(), new Policies(proofs, (_, _) -> Optional.empty(), 0), new Alarms(time));
        for (SimulatedBackend backend : backends) backend.headIsAway();
    }

    void hello(SimulatedBackend backend, List<String> held) {
        leases.handle(new WorkerHello(backend.worker, List.of(backend.offer()), held));
    }

    void gone(SimulatedBackend backend) {
        leases.handle(new WorkerGone(backend.worker, WorkerGone.Reason.CLOSED));
    }

    private void tick() {
        later(Duration.ofMillis(250), this::tick);
        store.inner.linger(random.nextInt(4));
        sessions.tick();
        leases.tick();
    }

    private void poll() {
        later(Duration.ofSeconds(1), this::poll);
        readAll();
    }

    private void readAll() {
        for (Session session : sessions.kept()) read(stages.get(session.order()), session);
        for (Stage stage : stages.values()) {
            long behind = 2L * stage.received.size() + 2L * BATCH * backends.size();
            assertThat(stage.largestIndex()).as("largest index of %s, which has %d", stage.order.key(), stage.received.size()).isLessThanOrEqualTo(behind);
        }
    }

    private static void read(Stage stage, Session session) {
        session.polled();
        while (true) {
            Batches batches = session.delivery().after(stage.cursors.getOrDefault(session.id(), 0L)).orElseThrow();
            if (batches.found().isEmpty()) return;
            for (Found found : batches.found()) assertThat(stage.received.add(found.nonce())).as("nonce %d twice", found.nonce()).isTrue();
            stage.cursors.put(session.id(), batches.cursor());
        }
    }

    private void startBlock() {
        int keys = 1 + random.nextInt(3);
        blocks++;
        for (int key = 0; key < keys; key++) {
            NonceSequence nonces = random.nextInt(8) == 0 ? new NonceSequence(1 + key, 1 << 22) : new NonceSequence(1 + key, 4);
            start(Orders.weighted("key-" + key, "key-" + key + "/block-" + blocks, nonces, 1 + random.nextInt(3)));
        }
    }

    private void start(Order order) {
        stages.putIfAbsent(order, new Stage(order));
        for (Session before : sessions.list(order.tenant())) if (!before.order().equals(order)) sessions.stop(order.tenant(), before.id());
        sessions.start(order);
    }

    private void trouble() {
        if (time.getAsLong() - began >= TROUBLED.toNanos()) return;
        later(Duration.ofMillis(random.nextInt(4000)), this::trouble);
        SimulatedBackend backend = backends.get(random.nextInt(backends.size()));
        Duration lasting = Duration.ofMillis(random.nextInt(30_000));
        switch (random.nextInt(9)) {
            case 0 -> throw store.inner.kill();
            case 1 -> startBlock();
            case 2 -> stages.values().stream().skip(random.nextInt(stages.size())).findFirst().ifPresent(stage -> start(stage.order));
            case 3 -> sessions.kept().stream().skip(random.nextInt(stages.size())).findFirst()
                    .ifPresent(session -> sessions.stop(session.order().tenant(), session.id()));
            case 4 -> backend.freeze(lasting);
            case 5 -> backend.die(lasting);
            case 6 -> backend.trouble(Trouble.FAILS, lasting);
            case 7 -> backend.trouble(Trouble.BLIND, lasting);
            default -> backend.trouble(Trouble.HALF_BLIND, lasting);
        }
    }
}
