import io.bignode.lease.LeaseRules;
import io.bignode.lease.Leases;
import io.bignode.lease.Policies;
import io.bignode.monitor.Alarms;
import io.bignode.proof.Capacity;
import io.bignode.proof.ProofRules;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Epoch;
import io.bignode.protocol.Found;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.WorkOrder;
import io.bignode.protocol.WorkerGone;
import io.bignode.protocol.WorkerHello;
import io.bignode.protocol.WorkerMessage;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import io.bignode.protocol.WorkerMessage.Reported;
import io.bignode.session.Batches;
import io.bignode.session.Change;
import io.bignode.session.CommitTicket;
import io.bignode.session.Order;
import io.bignode.session.Session;
import io.bignode.session.SessionRules;
import io.bignode.session.Sessions;
import io.bignode.session.StartOutcome;
import io.bignode.session.Terms;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.TreeMap;
import java.util.logging.LogManager;

/**
 * A stage of a whole farm in virtual time: the production classes that own sessions, leases, fair share, verification and delivery serve devices and small nodes
 * that are played. The head is one server: a round of messages takes the processor time that it was measured to take here and now, then a commit. What a commit
 * and a message take is assumed, and drawn around that. So what waits for the head waits here, too. How long leases are follows from the processor time that was
 * measured, and what broker, TLS and store are assumed to take of it for each message, on threads of their own.
 *
 * <pre>
 * FarmSimulation [--seed N] [--seconds STAGE] [--verify SHARE] [--carried MICROS] DEVICESxSESSIONS...   prints a row of docs/scale.md for each
 * </pre>
 */
final class FarmSimulation extends HandedMessages {
    private static final com.sun.management.ThreadMXBean THREADS = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final long MILLI = 1_000_000;
    private static final long SECOND = 1_000 * MILLI;
    private static final long TICK = 200 * MILLI;

    /** How much of a stage is played before, so that what the virtual machine compiles meanwhile does not count. */
    private static final long WARM_UP = 20 * SECOND;

    /** A round of the head takes so many messages at most, as its broker's. */
    private static final int ROUND = 512;

    /** The assumed median of what a message takes from or to a worker, broker and TLS included. */
    private static final double MESSAGE_MILLIS = 1.0;

    /** The assumed median of what a commit of the store takes. */
    private static final double COMMIT_MILLIS = 4;

    /** Of the logarithm: one in a hundred takes four times the median. */
    private static final double SIGMA = 0.6;
    private static final int DEVICES_OF_A_WORKER = 8;
    private static final int BATCH = 64;

    /** Three speeds of devices, as an H100, an A100 and an L40S beside each other on a model of which one takes 5 ms a nonce. */
    private static final long[] NONCE_NANOS = {5 * MILLI, 10 * MILLI, 20 * MILLI};

    private static final double COUNTS = 0.02;
    private static final double[] WEIGHTS = {1, 2, 3};

    /** Something that happens at a time. */
    private record Event(long atNanos, long number, Runnable what) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(atNanos, other.atNanos);
            return byTime != 0 ? byTime : Long.compare(number, other.number);
        }
    }

    /** What happens later, in its order: sorted by the millisecond first, so that few are compared with each other. */
    private static final class Agenda {
        private final TreeMap<Long, List<Event>> later = new TreeMap<>();
        private final PriorityQueue<Event> soon = new PriorityQueue<>();
        private long until;
        private long number;

        void add(long atNanos, Runnable what) {
            Event event = new Event(atNanos, ++number, what);
            if (atNanos < until) soon.add(event);
            else later.computeIfAbsent(atNanos / MILLI, _ -> new ArrayList<>()).add(event);
        }

        /** The next event; there is always one, as the head ticks. */
        Event next() {
            while (soon.isEmpty()) {
                Map.Entry<Long, List<Event>> first = later.pollFirstEntry();
                until = (first.getKey() + 1) * MILLI;
                soon.addAll(first.getValue());
            }
            return soon.remove();
        }
    }

    /** A worker with its devices, which have one connection to the head. */
    private static final class Worker {
        final String name;
        final List<Device> devices = new ArrayList<>();
        boolean away;

        /** When the last message on its line to the head arrives. */
        long lastArrival;

        /** Which of its connections there is: what was sent before the last one broke is lost. */
        int connection;

        Worker(String name) {
            this.name = name;
        }
    }

    /** What a session got. */
    private static final class Got {
        long startedNanos;
        long firstLeaseNanos = -1;
        long deviceNanos;
    }

    /** A lease that a device has. */
    private record Held(Lease lease, Got of) {}

    /** A device with two slots: while it computes a lease, the next one waits behind it. */
    private final class Device {
        final String id;
        final Worker worker;
        final long nonceNanos;
        final Deque<Held> having = new ArrayDeque<>();
        final Deque<Long> asked = new ArrayDeque<>();
        boolean computing;
        long busyNanos;
        long thereNanos;

        /** When the last message to it arrives. */
        long lastArrival;

        Device(Worker worker, int number, long nonceNanos) {
            this.worker = worker;
            this.id = worker.name + "/cuda:" + number;
            this.nonceNanos = nonceNanos;
        }

        void request() {
            asked.addLast(now);
            tell(worker, new LeaseRequest(id, BATCH));
        }

        void take(Lease lease) {
            having.addLast(new Held(lease, got.get(lease.sessionId())));
            begin();
        }

        void begin() {
            if (computing || having.isEmpty()) return;
            computing = true;
            Held held = having.getFirst();
            Lease lease = held.lease();
            tell(worker, new Reported(worker.name, new LeaseReport.Started(lease.id(), BATCH)));
            if (held.of().firstLeaseNanos < 0) held.of().firstLeaseNanos = now;
            long nanos = lease.range().count() * nonceNanos;
            int then = worker.connection;
            after(nanos, () -> done(held, nanos, then));
        }

        void done(Held held, long nanos, int then) {
            if (then != worker.connection) return;
            Lease lease = held.lease();
            computing = false;
            if (now <= stageNanos) busyNanos += nanos;
            having.removeFirst();
            if (!lease.id().startsWith("check")) {
                held.of().deviceNanos += nanos;
                leases++;
            }
            List<Found> found = new ArrayList<>();
            for (long nonce : lease.nonceValues()) if (counts(nonce)) found.add(new Found(nonce, "1.0"));
            tell(worker, new Reported(worker.name, new LeaseReport.Done(lease.id(), found, lease.range().count(), nanos)));
            request();
            begin();
        }

        void lose() {
            having.clear();
            asked.clear();
            computing = false;
            thereNanos += now;
        }
    }

    private final Random random;
    private final long stageNanos;
    private final Sessions sessions;
    private final Leases head;
    private final Map<String, Device> devices = new HashMap<>();
    private final Map<String, Worker> workers = new TreeMap<>();
    private final Agenda agenda = new Agenda();

    /** The messages that reached the head. */
    private final Deque<WorkerMessage> inbox = new ArrayDeque<>();

    private final Store store = new Store();
    private final Map<String, Got> got = new HashMap<>();
    private final List<Long> leaseNanos = new ArrayList<>();
    private final List<Session> running = new ArrayList<>();

    /** The assumed processor time of a message outside of the head's thread. */
    private final long carriedNanos;

    private long now = 1;
    private long leases;
    private long messages;
    private long headNanos;
    private long steps;
    private long allocated;
    private boolean headBusy;
    private boolean tickDue;

    /** Whether something became of a session that the head did not look at yet. */
    private boolean woken;

    private boolean wrote;

    private FarmSimulation(int deviceCount, int orders, long seed, long stageNanos, double verify, long carriedNanos) {
        this.random = new Random(seed);
        this.stageNanos = stageNanos;
        this.carriedNanos = carriedNanos;
        InstantSource clock = () -> Instant.EPOCH.plusNanos(now);
        sessions = new Sessions(SessionRules.of(orders, Duration.ofDays(1)), clock, () -> now, store);
        Capacity capacity = (_, _) -> {
            steps++;
            return Optional.empty();
        };
        head = new Leases(sessions, LeaseRules.usual(), () -> now, this, new Policies(new Sound(), capacity, verify), new Alarms(clock));
        head.measureBy(this::servingNanos);
        for (int i = 0; i < deviceCount; i++) {
            Worker worker = workers.computeIfAbsent("farm-" + i / DEVICES_OF_A_WORKER, Worker::new);
            Device device = new Device(worker, i % DEVICES_OF_A_WORKER, NONCE_NANOS[i % NONCE_NANOS.length]);
            devices.put(device.id, device);
            worker.devices.add(device);
        }
    }

    public static void main(String[] args) {
        long seed = new Random().nextLong();
        long stage = 300 * SECOND;
        double verify = 0.02;
        long carried = 0;
        List<int[]> farms = new ArrayList<>();
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--seed" -> seed = Long.parseLong(args[++i]);
                case "--seconds" -> stage = Long.parseLong(args[++i]) * SECOND;
                case "--verify" -> verify = Double.parseDouble(args[++i]);
                case "--carried" -> carried = Long.parseLong(args[++i]) * 1000;
                default -> farms.add(Arrays.stream(args[i].split("x")).mapToInt(Integer::parseInt).toArray());
            }
        }
        LogManager.getLogManager().reset();
        System.err.println("seed " + seed);
        System.out.println("| devices | sessions | idle | furthest from fair | leases a second | target, s | head, cores | µs a lease | steps a lease | KiB a lease | first lease p50 / p99 / max, ms"
                + " | lease p50 / p99, ms | heap, MiB | simulated in, s |");
        System.out.println("| --- ".repeat(14) + "|");
        new FarmSimulation(farms.getFirst()[0], farms.getFirst()[1], seed, Math.min(stage, WARM_UP), verify, carried).run();
        for (int[] farm : farms) System.out.println(new FarmSimulation(farm[0], farm[1], seed, stage, verify, carried).run());
    }

    private String run() {
        long began = System.nanoTime();
        List<Worker> all = new ArrayList<>(workers.values());
        all.forEach(this::connect);
        // Every order of the stage comes within its first second.
        for (int i = 0; i < sessions.rules().maxSessions(); i++) {
            int key = i;
            after((long) (random.nextDouble() * SECOND), () -> start(key));
        }
        for (long at = 10 * SECOND; at < stageNanos - 30 * SECOND; at += 10 * SECOND) after(at, () -> leave(all.get(random.nextInt(all.size()))));
        tickLater();
        while (now < stageNanos) {
            Event next = agenda.next();
            now = next.atNanos;
            next.what.run();
        }
        return row((System.nanoTime() - began) / 1e9);
    }

    private void after(long nanos, Runnable what) {
        agenda.add(now + nanos, what);
    }

    private long drawn(double medianMillis) {
        return (long) (medianMillis * MILLI * Math.exp(SIGMA * random.nextGaussian()));
    }

    private static boolean counts(long nonce) {
        // Scattered, and the same for whoever computes it.
        return (nonce * 0x9E3779B97F4A7C15L >>> 11) * 0x1p-53 < COUNTS;
    }

    private void start(int key) {
        Order order = new Order("tenant-" + key % 3, "key" + key, new NonceSequence(key, 1_000_003), key, new WorkOrder("test", "shape", "{}"), WEIGHTS[key % 3],
                new Epoch(1, "hash"), Optional.empty(), "key" + key, Terms.PLAIN);
        Session session = measured(() -> ((StartOutcome.Started) sessions.start(order)).session());
        got.computeIfAbsent(session.id(), _ -> new Got()).startedNanos = now;
        running.add(session);
        poll(session, new long[1]);
    }

    /** The small node asks once a second for what came since. */
    private void poll(Session session, long[] cursor) {
        session.polled();
        Optional<Batches> batches = session.delivery().after(cursor[0]);
        if (batches.isPresent()) cursor[0] = batches.get().cursor();
        store.forget(session.id(), cursor[0]);
        after(SECOND, () -> poll(session, cursor));
    }

    private void connect(Worker worker) {
        worker.away = false;
        tell(worker, new WorkerHello(worker.name, worker.devices.stream().map(device -> new DeviceOffer(device.id, "GPU " + device.nonceNanos, 80L << 30, BATCH)).toList(), List.of()));
        for (Device device : worker.devices) {
            device.thereNanos -= Math.min(now, stageNanos);
            device.request();
            device.request();
        }
    }

    /** A worker's line breaks with all that its devices have, and it comes back after a while. */
    private void leave(Worker worker) {
        if (worker.away) return;
        worker.away = true;
        worker.connection++;
        worker.devices.forEach(Device::lose);
        worker.lastArrival = Math.max(worker.lastArrival, now);
        arrive(new WorkerGone(worker.name));
        after(20 * SECOND, () -> connect(worker));
    }

    /** Messages of a worker arrive in the order in which they were sent; those on their way when its line breaks are lost. */
    private void tell(Worker worker, WorkerMessage message) {
        int then = worker.connection;
        worker.lastArrival = arrival(worker.lastArrival);
        agenda.add(worker.lastArrival, () -> {
            if (worker.connection == then) arrive(message);
        });
    }

    /** The same to a device. */
    private void tell(Device device, Runnable message) {
        messages++;
        int then = device.worker.connection;
        device.lastArrival = arrival(device.lastArrival);
        agenda.add(device.lastArrival, () -> {
            if (device.worker.connection == then) message.run();
        });
    }

    /** When a message arrives that is sent now, after the last one on its line. */
    private long arrival(long last) {
        return Math.max(now + drawn(MESSAGE_MILLIS), last + 1);
    }

    private void arrive(WorkerMessage message) {
        messages++;
        inbox.add(message);
        round();
    }

    /** The head lets time pass when that is due, and takes what is there, when it has nothing else to do. */
    private void round() {
        if (headBusy) return;
        if (tickDue) {
            tickDue = false;
            work(() -> {
                sessions.tick();
                head.tick();
            });
            return;
        }
        if (inbox.isEmpty() && !woken) return;
        woken = false;
        List<WorkerMessage> some = new ArrayList<>();
        while (some.size() < ROUND && !inbox.isEmpty()) some.add(inbox.remove());
        work(() -> head.handle(some));
    }

    private void tickLater() {
        after(TICK, () -> {
            tickDue = true;
            round();
            tickLater();
        });
    }

    private void work(Runnable what) {
        wrote = false;
        long before = headNanos;
        measured(() -> {
            what.run();
            return null;
        });
        headBusy = true;
        after(headNanos - before + (wrote ? drawn(COMMIT_MILLIS) : 0), () -> {
            headBusy = false;
            round();
        });
    }

    private interface Call<T> {
        T call();
    }

    private <T> T measured(Call<T> call) {
        long bytes = allocatedBytes();
        long before = processorNanos();
        T result = call.call();
        headNanos += processorNanos() - before;
        allocated += allocatedBytes() - bytes;
        return result;
    }

    private long servingNanos() {
        return headNanos + messages * carriedNanos;
    }

    private static long processorNanos() {
        return THREADS.getCurrentThreadCpuTime();
    }

    private static long allocatedBytes() {
        return THREADS.getCurrentThreadAllocatedBytes();
    }

    @Override
    public void send(String deviceId, Lease lease) {
        Device device = devices.get(deviceId);
        tell(device, () -> {
            Long askedNanos = device.asked.poll();
            if (askedNanos != null && running.size() == sessions.rules().maxSessions()) leaseNanos.add(now - askedNanos);
            device.take(lease);
        });
    }

    @Override
    public void cancel(String deviceId, String leaseId) {
        Device device = devices.get(deviceId);
        tell(device, () -> {
            // What waits behind the one that is computed can be handed back.
            Held first = device.having.peekFirst();
            if (first != null && !first.lease().id().equals(leaseId) && device.having.removeIf(held -> held.lease().id().equals(leaseId))) {
                tell(device.worker, new Reported(device.worker.name, new LeaseReport.Returned(leaseId)));
                device.request();
            }
        });
    }

    @Override
    public void wake() {
        woken = true;
        after(0, this::round);
    }

    private String row(double seconds) {
        long there = 0;
        long busy = 0;
        for (Device device : devices.values()) {
            there += device.thereNanos > 0 ? device.thereNanos : device.thereNanos + stageNanos;
            busy += device.busyNanos;
        }
        List<Double> shares = running.stream().map(session -> got.get(session.id()).deviceNanos / session.order().weight()).toList();
        double mean = shares.stream().mapToDouble(Double::doubleValue).average().orElse(0);
        double furthest = shares.stream().mapToDouble(share -> Math.abs(share / mean - 1)).max().orElse(0);
        List<Long> first = got.values().stream()
                .map(session -> (session.firstLeaseNanos < 0 ? stageNanos : session.firstLeaseNanos) - session.startedNanos).sorted().toList();
        List<Long> latency = leaseNanos.stream().sorted().toList();
        System.gc();
        long heap = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
        return String.format(Locale.ROOT, "| %d | %d | %.1f %% | %.1f %% | %.0f | %.1f | %.2f | %.1f | %.1f | %.1f | %d / %d / %d | %.1f / %.1f | %d | %.0f |",
                devices.size(), running.size(), 100 * (1 - busy / (double) there), 100 * furthest, leases * 1e9 / stageNanos, head.target().toMillis() * 1e-3,
                servingNanos() / (double) stageNanos,
                headNanos * 1e-3 / leases, steps / (double) leases, allocated / 1024.0 / leases, at(first, 0.5) / MILLI, at(first, 0.99) / MILLI,
                at(first, 1) / MILLI, at(latency, 0.5) / (double) MILLI, at(latency, 0.99) / (double) MILLI, heap >> 20, seconds);
    }

    private static long at(List<Long> sorted, double share) {
        return sorted.isEmpty() ? 0 : sorted.get((int) Math.min(sorted.size() - 1L, (long) (share * sorted.size())));
    }

    /** Results agree when they are the same. */
    private static final class Sound implements ProofRules {
        @Override
        public Optional<String> fault(WorkOrder work, List<Found> found) {
            return Optional.empty();
        }

        @Override
        public Optional<String> deviation(WorkOrder work, List<Found> reported, List<Found> checked) {
            return reported.equals(checked) ? Optional.empty() : Optional.of(reported + " is not " + checked);
        }
    }

    /** Holds what was found until it was fetched. */
    private final class Store extends NoStore {
        private final Map<String, Deque<Change.BatchFound>> batches = new HashMap<>();

        void forget(String sessionId, long upTo) {
            Deque<Change.BatchFound> all = batches.getOrDefault(sessionId, new ArrayDeque<>());
            while (!all.isEmpty() && all.getFirst().number() <= upTo) all.removeFirst();
        }

        @Override
        public CommitTicket write(List<Change> changes) {
            wrote = true;
            for (Change change : changes) {
                if (change instanceof Change.BatchFound found) {
                    batches.computeIfAbsent(found.sessionId(), _ -> new ArrayDeque<>()).addLast(found);
                }
            }
            return this;
        }

        @Override
        public FoundPage found(String sessionId, long after, long upTo, int maxBytes) {
            List<Found> page = new ArrayList<>();
            long last = after;
            for (Change.BatchFound batch : batches.getOrDefault(sessionId, new ArrayDeque<>())) {
                if (batch.number() <= after || batch.number() > upTo) continue;
                page.addAll(batch.found());
                last = batch.number();
            }
            return new FoundPage(page, last);
        }
    }
}
