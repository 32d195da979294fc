package io.bignode.broker;

import io.bignode.protocol.DeviceHealth;
import io.bignode.protocol.DeviceId;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.WorkerHello;
import io.bignode.protocol.WorkerMessage.DeviceGone;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import io.bignode.protocol.WorkerSide;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.jspecify.annotations.Nullable;

/**
 * A worker's end of the broker: keeps a link to it, for ever if need be, and knows across links what its slots wait for, which leases they
 * have in hand, and which results did not certainly arrive. These are sent again over the next link; the head takes each once.
 */
public final class ArtemisWorker implements WorkerSide, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ArtemisWorker.class.getName());

    /** A worker that is refused for its name stays connected for so long: a silent worker of that name is given up within this time. */
    private static final Duration IN_LINE = Duration.ofSeconds(8);

    /** A broker without a head is reported after so long. */
    private static final Duration ANSWER = Duration.ofSeconds(10);

    private static final Duration LOOK = Duration.ofMillis(500);
    private static final Duration FAREWELL = Duration.ofSeconds(1);

    /** Observes the state of the link; called with the same failure at every try. */
    public interface Watcher {
        /** The head accepted the worker. */
        default void joined() {}

        /** The worker is not connected, or not any more; it tries again. */
        default void apart(JoinFailure failure) {}
    }

    /** A lease that came in. */
    private record Taken(String device, ClientMessage message, WorkerLink link) {}

    /** One device's requests and leases. */
    private static final class Mailbox {
        DeviceOffer device;
        final Deque<LeaseRequest> waiting = new ArrayDeque<>();
        final Queue<Lease> leases = new ArrayDeque<>();

        Mailbox(DeviceOffer device) {
            this.device = device;
        }
    }

    private final String worker;
    private final BrokerAccess access;
    private final Watcher watcher;
    private final Map<String, Mailbox> mailboxes = new LinkedHashMap<>();
    private final Map<String, Taken> inHand = new HashMap<>();
    private final Map<String, LeaseReport> unsent = new LinkedHashMap<>();
    private final Set<String> wanted = ConcurrentHashMap.newKeySet();

    /** Results are committed by threads of their own, which nobody interrupts, so that a slot never waits for the broker. */
    private final ExecutorService deliveries = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("broker-commit-", 0).factory());

    private final Thread connector = Thread.ofPlatform().daemon().name("broker-link").unstarted(this::connect);
    /** Distinguishes this process from others of the worker's name. */
    private final String process = Addresses.digits();

    private @Nullable WorkerLink current;

    /** Whether the head accepted the current link. */
    private boolean takenIn;

    /** Why the head did not accept it. */
    private @Nullable JoinFailure failure;

    private long failedNanos;
    private boolean stopped;
    private boolean closed;

    /**
     * A worker that is not connected yet.
     *
     * @param devices what it offers; slots call them by their names within the host
     */
    public ArtemisWorker(String worker, List<DeviceOffer> devices, BrokerAccess access, Watcher watcher) {
        this.worker = worker;
        this.access = access;
        this.watcher = watcher;
        for (DeviceOffer device : devices) mailboxes.put(DeviceId.of(device.deviceId()).device(), new Mailbox(device));
    }

    /** Connects from now on, again and again. */
    public void start() {
        BrokerLog.quiet();
        connector.start();
    }

    /** Offers a device anew, of which something changed; the head is told so by another hello. */
    public synchronized void offer(DeviceOffer device) {
        Mailbox mailbox = mailbox(DeviceId.of(device.deviceId()).device());
        if (mailbox.device.equals(device)) return;
        mailbox.device = device;
        if (current != null) introduce(current);
    }

    @Override
    public synchronized void request(LeaseRequest request) {
        if (stopped) return;
        Mailbox mailbox = mailbox(request.deviceId());
        LeaseRequest asked = new LeaseRequest(mailbox.device.deviceId(), request.maxBatch());
        mailbox.waiting.add(asked);
        if (current != null) current.tell(asked);
    }

    @Override
    public synchronized Optional<Lease> take(String deviceId) throws InterruptedException {
        Mailbox mailbox = mailbox(deviceId);
        while (!stopped) {
            Lease lease = mailbox.leases.poll();
            if (lease != null) return Optional.of(lease);
            wait();
        }
        return Optional.empty();
    }

    @Override
    public boolean cancelled(String leaseId) {
        return !wanted.contains(leaseId);
    }

    @Override
    public void report(LeaseReport report) {
        if (!report.ends()) {
            synchronized (this) {
                if (current != null) current.tell(report);
            }
            return;
        }
        wanted.remove(report.leaseId());
        Taken taken;
        WorkerLink link;
        synchronized (this) {
            if (closed) return;
            // Until it certainly arrived it is kept: a commit in doubt is done again over the next link.
            unsent.put(report.leaseId(), report);
            taken = inHand.remove(report.leaseId());
            link = current;
        }
        if (taken == null || link == null) return;
        deliveries.execute(() -> deliver(link, report, taken.link() == link ? taken.message() : null, taken.device()));
    }

    private void deliver(WorkerLink link, LeaseReport report, @Nullable ClientMessage lease, String device) {
        if (!link.commit(device, report, lease)) return;
        synchronized (this) {
            unsent.remove(report.leaseId());
        }
    }

    @Override
    public synchronized void measured(DeviceHealth health) {
        if (current != null) current.tell(new DeviceHealth(mailbox(health.deviceId()).device.deviceId(), health.gauges()));
    }

    @Override
    public synchronized void gone(String deviceId) {
        Mailbox mailbox = mailbox(deviceId);
        mailbox.waiting.clear();
        for (Lease lease : mailbox.leases) {
            wanted.remove(lease.id());
            inHand.remove(lease.id());
        }
        mailbox.leases.clear();
        if (current != null) current.tell(new DeviceGone(mailbox.device.deviceId()));
    }

    private Mailbox mailbox(String device) {
        Mailbox mailbox = mailboxes.get(device);
        if (mailbox == null) throw new IllegalArgumentException("no device " + device + " was offered");
        return mailbox;
    }

    /** What came from the head, by a thread of the link. */
    private synchronized void arrived(WorkerLink link, String device, Lease lease, ClientMessage message) {
        if (link != current || stopped) return;
        Mailbox mailbox = mailbox(device);
        mailbox.waiting.poll();
        inHand.put(lease.id(), new Taken(device, message, link));
        wanted.add(lease.id());
        mailbox.leases.add(lease);
        notifyAll();
    }

    /** What comes by a link. */
    private final class Listener implements WorkerLink.Listener {
        @Override
        public void arrived(WorkerLink link, String device, Lease lease, ClientMessage message) {
            ArtemisWorker.this.arrived(link, device, lease, message);
        }

        @Override
        public void received(WorkerLink link, HeadMessage message) {
            switch (message) {
                case HeadMessage.Cancel(String leaseId) -> wanted.remove(leaseId);
                case HeadMessage.Introduce() -> introduce(link);
                case HeadMessage.Welcome _ -> welcomed(link);
                case HeadMessage.Refused(String reason) -> refused(link, "the head refuses it: " + reason);
                case HeadMessage.Quarantined(String reason) -> {
                    refused(link, "the head keeps it in quarantine until an operator lets it in again (bignode admit " + worker + "): " + reason);
                    link.giveUp();
                }
                case HeadMessage.Farewell() -> {} // the link knows
            }
        }

        @Override
        public void foreign(WorkerLink link, String reason) {
            refused(link, reason);
            link.giveUp();
        }
    }

    private void welcomed(WorkerLink link) {
        synchronized (this) {
            if (link != current || takenIn) return;
            takenIn = true;
            failure = null;
        }
        watcher.joined();
    }

    private void refused(WorkerLink link, String reason) {
        JoinFailure refusal = JoinFailure.refused(reason);
        synchronized (this) {
            if (link != current) return;
            takenIn = false;
            failure = refusal;
            failedNanos = System.nanoTime();
        }
        watcher.apart(refusal);
    }

    /** Sends the hello, the leases in hand, and the requests of the waiting slots. */
    private synchronized void introduce(WorkerLink link) {
        if (link != current) return;
        Set<String> held = new HashSet<>(inHand.keySet());
        held.addAll(unsent.keySet());
        link.tell(new WorkerHello(worker, mailboxes.values().stream().map(mailbox -> mailbox.device).toList(), List.copyOf(held)));
        if (!stopped) mailboxes.values().forEach(mailbox -> mailbox.waiting.forEach(link::tell));
    }

    private void connect() {
        Backoff backoff = new Backoff();
        while (open()) {
            JoinFailure ended;
            WorkerLink link = null;
            try {
                link = new WorkerLink(worker, access, List.copyOf(mailboxes.keySet()), process, new Listener());
                use(link);
                ended = stay(link);
                // A worker that is connected and thrown out again tries less often than one whose head was away for a moment.
                if (ended.kind() == JoinFailure.Kind.AWAY && link.lasted()) backoff.reset();
            } catch (ActiveMQException | RuntimeException e) {
                // Whatever the library throws while it connects, the next try may succeed.
                if (!open()) return;
                ended = JoinProbe.failure(e, access);
            } catch (InterruptedException e) {
                return; // only close() interrupts this thread
            } finally {
                unuse(link);
            }
            if (open()) watcher.apart(ended);
            backoff.pause(this::open, ended.kind());
        }
    }

    /** Waits until the link ends, or was refused for long enough; tells why. */
    private JoinFailure stay(WorkerLink link) throws InterruptedException {
        long began = System.nanoTime();
        boolean missed = false;
        while (!link.awaitEnd(LOOK)) {
            long now = System.nanoTime();
            synchronized (this) {
                if (failure != null && now - failedNanos > IN_LINE.toNanos()) return failure;
                if (takenIn || failure != null || missed || now - began < ANSWER.toNanos()) continue;
            }
            missed = true;
            watcher.apart(JoinFailure.away("the broker is reached, and no head answers there: does the head run?"));
        }
        synchronized (this) {
            return failure == null ? JoinFailure.away("the connection ended: the head stopped, or the network between is cut") : failure;
        }
    }

    private void use(WorkerLink link) throws ActiveMQException {
        List<LeaseReport> again;
        synchronized (this) {
            current = link;
            takenIn = false;
            failure = null;
            introduce(link);
            again = new ArrayList<>(unsent.values());
        }
        link.start();
        for (LeaseReport report : again) deliver(link, report, null, mailboxes.keySet().iterator().next());
    }

    private void unuse(@Nullable WorkerLink link) {
        synchronized (this) {
            current = null;
            takenIn = false;
        }
        if (link != null) link.close();
    }

    private synchronized boolean open() {
        return !closed;
    }

    /** Gives the devices no more leases, and cancels those they have. Reports are still sent. */
    public synchronized void stop() {
        stopped = true;
        wanted.clear();
        mailboxes.values().forEach(mailbox -> mailbox.leases.clear());
        notifyAll();
    }

    /** {@link #stop Stops} and ends the connection; the head takes back what was not reported. */
    @Override
    public void close() {
        stop();
        synchronized (this) {
            closed = true;
        }
        deliveries.shutdown();
        awaitDeliveries();
        if (!connector.isAlive()) return; // a host without devices never connects
        takeLeave();
        connector.interrupt();
        boolean interrupted = false;
        try {
            connector.join(Duration.ofSeconds(5));
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) Thread.currentThread().interrupt();
    }

    private void takeLeave() {
        WorkerLink link;
        synchronized (this) {
            if (!takenIn) return;
            link = current;
        }
        if (link == null) return;
        try {
            link.leave(FAREWELL);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void awaitDeliveries() {
        try {
            if (!deliveries.awaitTermination(3, TimeUnit.SECONDS)) {
                LOG.log(System.Logger.Level.WARNING, "results could not be handed over: they are computed again elsewhere");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
