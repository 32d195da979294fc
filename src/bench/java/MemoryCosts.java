import io.bignode.lease.LeaseObserver;
import io.bignode.lease.LeaseRules;
import io.bignode.lease.Leases;
import io.bignode.lease.Policies;
import io.bignode.metrics.Family;
import io.bignode.metrics.Metrics;
import io.bignode.monitor.Alarms;
import io.bignode.proof.ProofRules;
import io.bignode.protocol.DeviceHealth;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Epoch;
import io.bignode.protocol.Found;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.WorkOrder;
import io.bignode.protocol.WorkerHello;
import io.bignode.protocol.WorkerMessage;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import io.bignode.protocol.WorkerMessage.Reported;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.logging.LogManager;
import java.util.stream.IntStream;

/**
 * The heap that a head needs for what it serves, with its own classes for sessions, leases, verification, activity and metrics, without store, broker and HTTP:
 * bytes a session, a device, a lease, a found nonce, each the difference between two collected heaps; and all of it together.
 *
 * <pre>
 * MemoryCosts SESSIONS DEVICES   prints the rows of docs/scale.md
 * </pre>
 */
final class MemoryCosts extends HandedMessages {
    private static final int DEVICES_OF_A_WORKER = 8;
    private static final int BATCH = 64;

    private static final int MAX_OF_A_WORKER = 1000;
    private static final long NONCE_NANOS = 10_000_000;

    /** So many leases a device ends until one takes it a second. */
    private static final int ROUNDS = 8;

    private final Map<String, Deque<Lease>> having = new LinkedHashMap<>();
    private final List<WorkerHello> hellos = new ArrayList<>();
    private final List<Session> running = new ArrayList<>();
    private final Sessions sessions;
    private final Leases leases;
    private final Metrics metrics = new Metrics(_ -> {});
    private long nanos = 1;
    private int started;
    private long found;

    private MemoryCosts(int orders, int devices, int ofAWorker, double verify) {
        InstantSource clock = () -> Instant.EPOCH.plusNanos(nanos);
        sessions = new Sessions(SessionRules.of(2 * orders, Duration.ofDays(1)), clock, () -> nanos, new NoStore());
        leases = new Leases(sessions, LeaseRules.usual(), () -> nanos, this, new Policies(new Sound(), (_, _) -> Optional.empty(), verify), new Alarms(clock));
        leases.observe(new Counting());
        for (int first = 0; first < devices; first += ofAWorker) {
            String worker = "farm-" + first / ofAWorker;
            List<DeviceOffer> offers = IntStream.range(first, Math.min(devices, first + ofAWorker))
                    .mapToObj(device -> new DeviceOffer(worker + "/cuda:" + device % ofAWorker, "NVIDIA H100 80GB HBM3", 80L << 30, BATCH)).toList();
            offers.forEach(offer -> having.put(offer.deviceId(), new ArrayDeque<>(4)));
            hellos.add(new WorkerHello(worker, offers, List.of()));
        }
    }

    public static void main(String[] args) {
        int orders = Integer.parseInt(args[0]);
        int devices = Integer.parseInt(args[1]);
        LogManager.getLogManager().reset(); // a worker that joins is a line of the log
        // Classes, and what they make once, are nobody's.
        new MemoryCosts(10, 16, DEVICES_OF_A_WORKER, 0).serve(10, 3);
        new MemoryCosts(10, 16, 16, 1).serve(10, 3);
        System.out.println("| heap of | bytes each |");
        System.out.println("| --- | --- |");
        MemoryCosts all = new MemoryCosts(orders, devices, DEVICES_OF_A_WORKER, 0);
        long empty = heap();
        all.start(orders);
        long withSessions = row("a session that runs, and its order", empty, orders);
        all.join();
        long withDevices = row("a device that is connected", withSessions, devices);
        all.ask();
        long leased = row("a lease in flight", withDevices, 2L * devices);
        all.rounds(ROUNDS, false);
        long worked = row("a device that computed, besides: its rates, gauges and last minutes; and its part of those of the sessions", leased, devices);
        all.found = 0;
        all.rounds(ROUNDS, true);
        row("a found nonce that nobody fetched yet, besides its place in the store", worked, all.found);
        System.out.printf(Locale.ROOT, "| all of it, %d sessions and %d devices, 8 minutes of what they did included | %d MiB |%n", orders, devices, heap() - empty >> 20);
        all.report();
        held(orders);
        ended(orders);
    }

    /** A single worker's results wait for another one's to check them. */
    private static void held(int orders) {
        MemoryCosts waiting = new MemoryCosts(orders, MAX_OF_A_WORKER, MAX_OF_A_WORKER, 1);
        waiting.serve(orders, ROUNDS);
        long before = heap();
        waiting.found = 0;
        waiting.having.keySet().forEach(device -> waiting.done(device, true));
        row("a found nonce whose result waits to be verified", before, waiting.found);
        waiting.report();
    }

    private static void ended(int orders) {
        MemoryCosts over = new MemoryCosts(orders, 0, DEVICES_OF_A_WORKER, 0);
        long before = heap();
        over.start(orders);
        over.running.forEach(session -> over.sessions.stop(session.order().tenant(), session.id()));
        over.running.clear();
        over.pass();
        row("a session that ended and is kept", before, orders);
        over.report();
    }

    /** What was measured was there until now. */
    private void report() {
        System.err.println(sessions.kept().size() + " sessions, " + leases.devices().size() + " devices, " + leases.inFlight() + " leases in flight, " + found + " nonces found");
    }

    private static long row(String what, long before, long count) {
        long now = heap();
        System.out.printf(Locale.ROOT, "| %s | %.0f |%n", what, (now - before) / (double) count);
        return now;
    }

    /** What is left after collections, until they find nothing more. */
    private static long heap() {
        long least = Long.MAX_VALUE;
        while (true) {
            System.gc();
            long used = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
            if (used >= least - 10_000) return Math.min(used, least);
            least = used;
        }
    }

    private void serve(int orders, int rounds) {
        start(orders);
        join();
        ask();
        rounds(rounds, false);
    }

    private void start(int orders) {
        for (int i = 0; i < orders; i++) {
            String key = "02a1633cafcc01ebfb6d78e39f687a1f0995c62fc95f51ead10a02ee0b%06d".formatted(started++);
            String body = "{\"block_hash\":\"9F2C6A1B7E3D50488C11D2A94B0E77F3C5A8D6E1902B3F4455667788AABBCCDD\",\"block_height\":1234567,\"public_key\":\"" + key
                    + "\",\"r_target\":1.4013564660458173,\"params\":{\"dim\":2048,\"n_layers\":16,\"n_heads\":16,\"n_kv_heads\":16,\"vocab_size\":8192,"
                    + "\"ffn_dim_multiplier\":1.3,\"multiple_of\":1024,\"norm_eps\":1.0E-5,\"rope_theta\":500000.0,\"use_scaled_rope\":false,\"seq_len\":4}}";
            Order order = new Order("default", key + "/identity", new NonceSequence(i, 1_000_003), i, new WorkOrder("transformer-distance", "2048x16", body), 1,
                    new Epoch(1_234_567, "9F2C6A1B7E3D50488C11D2A94B0E77F3C5A8D6E1902B3F4455667788AABBCCDD"), Optional.empty(), key, Terms.PLAIN);
            running.add(((StartOutcome.Started) sessions.start(order)).session());
        }
        pass();
    }

    private void join() {
        hellos.forEach(leases::handle);
        pass();
    }

    private void ask() {
        for (int slot = 0; slot < 2; slot++) having.keySet().forEach(device -> leases.handle(new LeaseRequest(copy(device), BATCH)));
        pass();
    }

    /** Each device ends a lease, asks for another one and tells of its health; what it has besides stays in flight. */
    private void rounds(int rounds, boolean counts) {
        for (int round = 0; round < rounds; round++) {
            for (String device : having.keySet()) {
                done(device, counts);
                leases.handle(new LeaseRequest(copy(device), BATCH));
                leases.handle(new DeviceHealth(copy(device), Map.of("celsius", 60.0, "power_watts", 600.0, "utilisation", 0.99, "peak_operations", 1e15)));
            }
            pass();
        }
    }

    /** A device ends a lease, of whose nonces all count or none. */
    private void done(String device, boolean counts) {
        Lease lease = having.get(device).remove();
        String worker = device.substring(0, device.indexOf('/'));
        int count = lease.range().count();
        List<Found> all = counts ? Arrays.stream(lease.nonceValues()).mapToObj(nonce -> new Found(nonce, Double.toString(1.3 + nonce * 1e-9))).toList() : List.of();
        leases.handle(new Reported(worker, new LeaseReport.Started(copy(lease.id()), BATCH)));
        leases.handle(new Reported(worker, new LeaseReport.Done(copy(lease.id()), all, count, count * NONCE_NANOS)));
        found += all.size();
    }

    private void pass() {
        nanos += Duration.ofSeconds(2).toNanos();
        running.forEach(Session::polled);
        sessions.tick();
        leases.tick();
    }

    /** A message's texts are its own: it came over a network. */
    private static String copy(String text) {
        return new String(text.toCharArray());
    }

    @Override
    public void send(String deviceId, Lease lease) {
        having.get(deviceId).add(lease);
    }

    @Override
    public void cancel(String deviceId, String leaseId) {}

    /** Counts what a node counts of each device. */
    private final class Counting implements LeaseObserver {
        private static final List<Family> OF_A_DEVICE =
                List.of(Family.DEVICE_NONCES_RAW, Family.DEVICE_NONCES_VALID, Family.DEVICE_BUSY_SECONDS, Family.DEVICE_LEASES_FAILED);

        @Override
        public void connected(String deviceId) {
            OF_A_DEVICE.forEach(family -> metrics.add(family, 0, deviceId, deviceId.substring(0, deviceId.indexOf('/'))));
        }
    }

    /** Every result is sound. */
    private static final class Sound implements ProofRules {
        @Override
        public Optional<String> fault(WorkOrder work, List<Found> found) {
            return Optional.empty();
        }

        @Override
        public Optional<String> deviation(WorkOrder work, List<Found> reported, List<Found> checked) {
            return Optional.empty();
        }
    }
}
