package io.bignode.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.delivery.Delivery;
import io.bignode.delivery.PollOutcome.Answered;
import io.bignode.fixtures.Waiting;
import io.bignode.lease.HeadLoop;
import io.bignode.lease.LeaseRules;
import io.bignode.lease.Leases;
import io.bignode.lease.Policies;
import io.bignode.lease.ProofsOfTests;
import io.bignode.monitor.Alarms;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Found;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import io.bignode.session.Batches;
import io.bignode.session.LeasedRange;
import io.bignode.session.MemoryStore;
import io.bignode.session.Order;
import io.bignode.session.Orders;
import io.bignode.session.Quiet;
import io.bignode.session.Session;
import io.bignode.session.SessionRules;
import io.bignode.session.Sessions;
import io.bignode.session.StartOutcome;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * HeadLoop, broker, sessions and delivery with real threads: devices that compute nothing and small nodes that start, poll, break off and
 * stop.
 */
@Timeout(120)
@ExtendWith(Quiet.class)
class HeadAndDevicesTest {
    private static final int DEVICES = 3;
    private static final int SLOTS = 2;
    private static final int LEASES_A_SLOT = 200;
    private static final int SMALL_NODES = 6;

    /** Nonces of different orders differ, so that one set tells all of them apart. */
    private static final List<Order> ORDERS = IntStream.range(0, 4)
            .mapToObj(i -> Orders.of("alice", "order" + i, new NonceSequence(i, 4)))
            .toList();

    private final Sessions sessions = new Sessions(
            new SessionRules(3, Duration.ofMillis(80), Duration.ofSeconds(20), Duration.ofDays(1), 1_000_000),
            InstantSource.system(),
            System::nanoTime,
            new MemoryStore());
    private final Queue<Throwable> deaths = new ConcurrentLinkedQueue<>();
    private final Delivery delivery = new Delivery();

    private final Map<Long, String> held = new ConcurrentHashMap<>();
    private final Set<Long> computed = ConcurrentHashMap.newKeySet();
    private final Set<Long> found = ConcurrentHashMap.newKeySet();
    private final Set<Long> delivered = ConcurrentHashMap.newKeySet();
    private final CountDownLatch busySlots = new CountDownLatch(DEVICES * SLOTS);

    @TempDir
    Path folder;

    private EmbeddedBroker server;
    private ArtemisHead workers;
    private ArtemisWorker broker;
    private Leases leases;
    private HeadLoop head;

    @BeforeEach
    void connect() throws BrokerException {
        server = EmbeddedBroker.start(folder, Optional.empty(), _ -> false);
        workers = new ArtemisHead().connect(server.head(), server);
        leases = new Leases(
                sessions, LeaseRules.usual(), System::nanoTime, workers, new Policies(new ProofsOfTests(), (_, _) -> Optional.empty(), 0),
                        new Alarms(InstantSource.system()));
        head = new HeadLoop(sessions, leases, workers, (_, death) -> deaths.add(death));
        List<DeviceOffer> devices = IntStream.range(0, DEVICES).mapToObj(i -> new DeviceOffer("local/device" + i, "a test", 1, 16)).toList();
        broker = new ArtemisWorker("local", devices, server.local(), new ArtemisWorker.Watcher() {});
        broker.start();
    }

    @AfterEach
    void disconnect() {
        broker.close();
        workers.close();
        server.close();
    }

    @Test
    void everyNonceIsComputedOnceAndEveryFoundOneDeliveredOnce() throws Exception {
        head.start();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < DEVICES * SLOTS; i++) {
            int slot = i;
            threads.add(start(() -> slot(new Random(slot), "device" + slot % DEVICES)));
        }
        for (int i = 0; i < SMALL_NODES; i++) {
            int node = i;
            threads.add(start(() -> smallNode(new Random(1000 + node))));
        }
        for (Thread thread : threads) thread.join();
        sessions.list("alice").forEach(session -> sessions.stop("alice", session.id()));
        broker.close();
        Waiting.until("no lease is in flight", () -> leases.inFlight() == 0);
        head.close();
        for (Session session : sessions.list("alice")) drain(session);
        assertThat(deaths).isEmpty();
        assertThat(held).isEmpty();
        assertThat(leases.inFlight()).isZero();
        assertThat(delivered).isEqualTo(found);
        assertThat(computed.size()).isGreaterThan(LEASES_A_SLOT);
        for (Order order : ORDERS) theNextSessionGetsExactlyWhatIsMissing(order);
    }

    private Thread start(Body body) {
        return Thread.ofPlatform().daemon().uncaughtExceptionHandler((_, death) -> deaths.add(death)).start(() -> {
            try {
                body.run();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
    }

    private interface Body {
        void run() throws InterruptedException;
    }

    private void slot(Random random, String deviceId) throws InterruptedException {
        try {
            for (int i = 0; i < LEASES_A_SLOT; i++) {
                broker.request(new LeaseRequest(deviceId, 16));
                compute(random, broker.take(deviceId).orElseThrow());
            }
        } finally {
            busySlots.countDown();
        }
    }

    private void compute(Random random, Lease lease) {
        for (long nonce : lease.nonceValues()) assertThat(held.put(nonce, lease.id())).as("nonce %s leased twice", nonce).isNull();
        broker.report(new LeaseReport.Started(lease.id(), 8));
        int count = broker.cancelled(lease.id()) || random.nextInt(10) == 0 ? random.nextInt(lease.range().count()) : lease.range().count();
        List<Found> counting = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long nonce = lease.nonceValues()[i];
            assertThat(computed.add(nonce)).as("nonce %s computed twice", nonce).isTrue();
            if (nonce % 3 == 0 && found.add(nonce)) counting.add(new Found(nonce, "1.0"));
        }
        for (long nonce : lease.nonceValues()) held.remove(nonce);
        if (count > 0) broker.report(new LeaseReport.Done(lease.id(), counting, count, count * 1000L));
        else if (random.nextInt(4) == 0) broker.report(new LeaseReport.Failed(lease.id(), "out of luck"));
        else broker.report(new LeaseReport.Returned(lease.id()));
    }

    /** Runs one session after another until the devices have done their leases. */
    private void smallNode(Random random) throws InterruptedException {
        while (busySlots.getCount() > 0) {
            Order order = ORDERS.get(random.nextInt(ORDERS.size()));
            Optional<Session> session = switch (sessions.start(order)) {
                case StartOutcome.Started(Session started) -> Optional.of(started);
                case StartOutcome.Running(Session running) -> Optional.of(running);
                case StartOutcome.Redirected _, StartOutcome.Replaced _, StartOutcome.Refused _, StartOutcome.NotStored _, StartOutcome.Closing _ ->
                    sessions.list("alice").stream().skip(random.nextInt(3)).findFirst();
            };
            for (int i = 0; i < 20 && session.isPresent(); i++) poll(session.get(), Duration.ofMillis(2), random.nextInt(5) == 0);
            if (random.nextBoolean()) session.ifPresent(one -> sessions.stop("alice", one.id()));
        }
    }

    private void drain(Session session) throws InterruptedException {
        boolean more = true;
        while (more) more = poll(session, Duration.ofSeconds(50), false);
    }

    /** A poll whose answer may be lost on the way; tells whether more may follow. */
    private boolean poll(Session session, Duration wait, boolean breaks) throws InterruptedException {
        try {
            var outcome = delivery.poll(session, OptionalLong.empty(), wait, _ -> {
                if (breaks) throw new IOException("connection reset");
            });
            Batches batches = ((Answered) outcome).batches();
            batches.found().forEach(one -> assertThat(delivered.add(one.nonce())).as("%s delivered twice", one).isTrue());
            return batches.sessionActive();
        } catch (IOException e) {
            return true;
        }
    }

    private void theNextSessionGetsExactlyWhatIsMissing(Order order) {
        Set<Long> missing = new TreeSet<>();
        long highest = computed.stream().filter(nonce -> nonce % 4 == order.nonces().offset()).max(Long::compare).orElseThrow();
        for (long nonce = order.nonces().offset(); nonce < highest; nonce += 4) if (!computed.contains(nonce)) missing.add(nonce);
        Session next = ((StartOutcome.Started) sessions.start(order)).session();
        Set<Long> offered = new TreeSet<>();
        Optional<NonceRange> range = next.take("cpu", 1).map(LeasedRange::range);
        while (range.isPresent() && order.nonces().nonce(range.get().first()) < highest) {
            offered.add(order.nonces().nonce(range.get().first()));
            range = next.take("cpu", 1).map(LeasedRange::range);
        }
        assertThat(offered).isEqualTo(missing);
        sessions.stop("alice", next.id());
    }
}
