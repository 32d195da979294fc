import io.bignode.lease.LeaseRules;
import io.bignode.lease.Leases;
import io.bignode.lease.Policies;
import io.bignode.monitor.Alarms;
import io.bignode.proof.ProofRules;
import io.bignode.protocol.DeviceHealth;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Epoch;
import io.bignode.protocol.Found;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.WorkerMessage.Reported;
import io.bignode.protocol.WorkOrder;
import io.bignode.protocol.WorkerHello;
import io.bignode.protocol.WorkerMessage;
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
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;

/**
 * What the head spends on leases alone, without broker, store and HTTP: processor time of a message, of an ordinary tick and of the tick once a second that looks after
 * the orders. Devices have two slots and leases of a second, a share of the results is verified, and time passes by hand.
 *
 * <pre>
 * LeaseCosts WORKERS DEVICES-EACH SESSIONS SECONDS   a message's mean and the ticks' medians, after as many seconds to warm up
 * </pre>
 */
final class LeaseCosts extends HandedMessages {
    private static final Duration TICK = Duration.ofMillis(200);
    private static final int TICKS = 5;
    private static final long PER_NONCE_NANOS = Duration.ofMillis(10).toNanos();
    private static final int ONE_COUNTS_OF = 50;

    private final Map<String, Deque<Lease>> having = new LinkedHashMap<>();
    private final Sessions sessions;
    private final Leases leases;
    private final List<Session> running = new ArrayList<>();
    private long nanos = 1;

    private LeaseCosts(int workers, int devices, int orders) {
        InstantSource clock = () -> Instant.EPOCH.plusNanos(nanos);
        sessions = new Sessions(SessionRules.of(orders, Duration.ofDays(1)), clock, () -> nanos, new NoStore());
        leases = new Leases(sessions, LeaseRules.usual(), () -> nanos, this, new Policies(new Sound(), (_, _) -> Optional.empty(), 0.02), new Alarms(clock));
        for (int i = 0; i < orders; i++) {
            Order order = new Order("default", "key" + i, new NonceSequence(i, orders), i, new WorkOrder("test", "shape", "{}"), 1, new Epoch(1, "hash"),
                    Optional.empty(), "key" + i, Terms.PLAIN);
            running.add(((StartOutcome.Started) sessions.start(order)).session());
        }
        for (int worker = 0; worker < workers; worker++) {
            List<DeviceOffer> offers = new ArrayList<>();
            for (int device = 0; device < devices; device++) offers.add(new DeviceOffer("farm-" + worker + "/cuda:" + device, "GPU", 80L << 30, 64));
            offers.forEach(offer -> having.put(offer.deviceId(), new ArrayDeque<>()));
            leases.handle(new WorkerHello("farm-" + worker, offers, List.of()));
        }
        for (int slot = 0; slot < 2; slot++) having.keySet().forEach(device -> leases.handle(new LeaseRequest(device, 64)));
    }

    public static void main(String[] args) {
        LeaseCosts costs = new LeaseCosts(Integer.parseInt(args[0]), Integer.parseInt(args[1]), Integer.parseInt(args[2]));
        int seconds = Integer.parseInt(args[3]);
        for (int second = 0; second < seconds; second++) costs.second(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        List<Long> messages = new ArrayList<>();
        List<Long> ticks = new ArrayList<>();
        List<Long> looks = new ArrayList<>();
        for (int second = 0; second < seconds; second++) costs.second(messages, ticks, looks);
        System.out.printf("all compute: message %.1f us, tick %.0f us, tick of a second %.0f us%n", mean(messages), median(ticks), median(looks));
        costs.idle(seconds);
    }

    /** No order is left, all devices wait for work, and tell of their health. */
    private void idle(int seconds) {
        running.forEach(session -> sessions.stop(session.order().tenant(), session.id()));
        running.clear();
        List<Long> messages = new ArrayList<>();
        List<Long> ticks = new ArrayList<>();
        for (int second = 0; second < 2 * seconds; second++) {
            if (second == seconds) {
                messages.clear();
                ticks.clear();
            }
            second(new ArrayList<>(), ticks, ticks);
            having.keySet().forEach(device -> handle(new DeviceHealth(device, Map.of("celsius", 60.0)), messages));
        }
        System.out.printf("all wait: message %.1f us, tick %.0f us%n", mean(messages), median(ticks));
    }

    /** Each device ends a lease and asks for another one within a second. */
    private void second(List<Long> messages, List<Long> ticks, List<Long> looks) {
        running.forEach(Session::polled);
        List<String> devices = List.copyOf(having.keySet());
        for (int tick = 0; tick < TICKS; tick++) {
            for (int i = tick; i < devices.size(); i += TICKS) turn(devices.get(i), messages);
            nanos += TICK.toNanos();
            long began = processorNanos();
            leases.tick();
            // The first one ever looks after the orders, and so does each a second later.
            (tick == 0 ? looks : ticks).add(processorNanos() - began);
        }
    }

    private void turn(String device, List<Long> messages) {
        Lease lease = having.get(device).poll();
        if (lease == null) return;
        String worker = device.substring(0, device.indexOf('/'));
        int count = lease.range().count();
        List<Found> found = Arrays.stream(lease.nonceValues()).filter(nonce -> nonce % ONE_COUNTS_OF == 0).mapToObj(nonce -> new Found(nonce, "1.0")).toList();
        handle(new Reported(worker, new LeaseReport.Started(lease.id(), 64)), messages);
        handle(new Reported(worker, new LeaseReport.Done(lease.id(), found, count, PER_NONCE_NANOS * count)), messages);
        handle(new LeaseRequest(device, 64), messages);
    }

    private void handle(WorkerMessage message, List<Long> messages) {
        long began = processorNanos();
        leases.handle(message);
        messages.add(processorNanos() - began);
    }

    /** Of this thread: other processes cost no time. */
    private static long processorNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static double mean(List<Long> nanos) {
        return nanos.stream().flatMapToLong(LongStream::of).average().orElseThrow() * 1e-3;
    }

    private static double median(List<Long> nanos) {
        return nanos.stream().sorted().skip(nanos.size() / 2).findFirst().orElseThrow() * 1e-3;
    }

    @Override
    public void send(String deviceId, Lease lease) {
        having.get(deviceId).add(lease);
    }

    @Override
    public void cancel(String deviceId, String leaseId) {
        having.get(deviceId).removeIf(lease -> lease.id().equals(leaseId));
    }

    /** Results agree when they are the same. */
    private static final class Sound implements ProofRules {
        @Override
        public Optional<String> fault(WorkOrder work, List<Found> found) {
            return Optional.empty();
        }

        @Override
        public Optional<String> deviation(WorkOrder work, List<Found> reported, List<Found> checked) {
            Set<Found> same = new HashSet<>(reported);
            return same.equals(new HashSet<>(checked)) ? Optional.empty() : Optional.of(reported + " is not " + checked);
        }
    }
}
