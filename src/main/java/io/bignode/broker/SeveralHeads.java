package io.bignode.broker;

import io.bignode.broker.SharedDevice.Held;
import io.bignode.protocol.DeviceHealth;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import io.bignode.protocol.WorkerSide;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A worker's end of several heads, whose devices compute for each of them by demand. A slot's request goes to every head; what the heads issue is handed to the
 * slots so that heads with work have equal shares of a device's time. Slots know a lease by its head's name and its id, as ids of different heads may be equal.
 *
 * <p>What is sent to one head waits for no other: each has a thread that sends, and for each device one that takes its leases.
 */
public final class SeveralHeads implements WorkerSide, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(SeveralHeads.class.getName());

    /** How often leases that wait are looked at. */
    private static final Duration LOOK = Duration.ofMillis(200);

    /** A head hears so often of a lease that waits: well within the shortest time after which it takes a device for one that hangs. */
    private static final Duration WAITING = Duration.ofSeconds(4);

    /** How long closing waits for what is to be sent. */
    private static final Duration CLOSING = Duration.ofSeconds(2);

    /**
     * One of the heads.
     *
     * @param name what leases of it are called by, different from the other heads'
     * @param side what is seen of it
     */
    public record Head(String name, WorkerSide side) {}

    /** A head, and the thread that sends to it. */
    private record Line(Head head, ExecutorService sender) {}

    private final List<Line> lines;
    private final Map<String, SharedDevice> devices;
    private final Map<String, Held> leases = new ConcurrentHashMap<>();

    /** How many heads still issue leases to each device. */
    private final Map<SharedDevice, Integer> issuing = new ConcurrentHashMap<>();

    private final ScheduledExecutorService look =
            Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().name("waiting-leases").factory());
    private boolean closed;

    /**
     * A worker's end that takes no leases yet.
     *
     * @param heads   the heads, of different names
     * @param devices the devices, by their names within the host
     */
    public SeveralHeads(List<Head> heads, List<String> devices) {
        Set<String> names = new HashSet<>();
        heads.forEach(head -> {
            if (!names.add(head.name())) throw new IllegalArgumentException("two heads are named " + head.name());
        });
        this.lines = heads.stream().map(head -> new Line(head, Executors.newSingleThreadExecutor(
                Thread.ofVirtual().name("to-" + head.name()).factory()))).toList();
        long now = System.nanoTime();
        this.devices = devices.stream().collect(Collectors.toUnmodifiableMap(Function.identity(), _ -> new SharedDevice(heads.size(), now)));
    }

    /** Takes what the heads issue from now on. */
    public void start() {
        devices.forEach((name, device) -> {
            issuing.put(device, lines.size());
            for (int head = 0; head < lines.size(); head++) {
                int from = head;
                Thread.ofVirtual().name("from-" + lines.get(head).head().name() + "-" + name).start(() -> takeAll(from, name, device));
            }
        });
        var _ = look.scheduleWithFixedDelay(this::lookAtWaiting, LOOK.toMillis(), LOOK.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void takeAll(int head, String name, SharedDevice device) {
        try {
            Optional<Lease> lease = side(head).take(name);
            while (lease.isPresent()) {
                arrived(head, name, device, lease.get());
                lease = side(head).take(name);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts this thread", e);
        } finally {
            synchronized (device) {
                issuing.merge(device, -1, Integer::sum);
                device.notifyAll();
            }
        }
    }

    private void arrived(int head, String name, SharedDevice device, Lease lease) {
        synchronized (device) {
            Held held = device.arrived(head, lease, System.nanoTime());
            leases.put(id(held), held);
            askHeads(name, device);
            device.notifyAll();
        }
    }

    private WorkerSide side(int head) {
        return lines.get(head).head().side();
    }

    private String id(Held held) {
        return lines.get(held.head).head().name() + "/" + held.lease.id();
    }

    private SharedDevice device(String name) {
        SharedDevice device = devices.get(name);
        if (device == null) throw new IllegalArgumentException("no device " + name + " was offered");
        return device;
    }

    private synchronized void say(int head, Consumer<WorkerSide> message) {
        if (!closed) lines.get(head).sender().execute(() -> message.accept(side(head)));
    }

    private void sayToAll(Consumer<WorkerSide> message) {
        for (int head = 0; head < lines.size(); head++) say(head, message);
    }

    /** With the device's monitor held, so that requests of one device are counted and sent in the same order. */
    private void askHeads(String name, SharedDevice device) {
        LeaseRequest request = new LeaseRequest(name, device.maxBatch());
        device.toAsk().forEach(head -> say(head, side -> side.request(request)));
    }

    private void giveBack(List<Held> unused) {
        for (Held held : unused) {
            leases.remove(id(held), held);
            say(held.head, side -> side.report(new LeaseReport.Returned(held.lease.id())));
        }
    }

    @Override
    public void request(LeaseRequest request) {
        SharedDevice device = device(request.deviceId());
        synchronized (device) {
            device.ask(request.maxBatch());
            askHeads(request.deviceId(), device);
            device.notifyAll();
        }
    }

    @Override
    public Optional<Lease> take(String deviceId) throws InterruptedException {
        SharedDevice device = device(deviceId);
        synchronized (device) {
            while (issuing.getOrDefault(device, lines.size()) > 0) {
                giveBack(device.dropUnwanted(this::isUnwanted, System.nanoTime()));
                Optional<Held> held = device.take(System.nanoTime());
                askHeads(deviceId, device);
                if (held.isPresent()) {
                    Lease lease = held.get().lease;
                    return Optional.of(new Lease(id(held.get()), lease.sessionId(), lease.work(), lease.nonces(), lease.range()));
                }
                device.wait();
            }
        }
        return Optional.empty();
    }

    private boolean isUnwanted(Held held) {
        return side(held.head).cancelled(held.lease.id());
    }

    @Override
    public boolean cancelled(String leaseId) {
        Held held = leases.get(leaseId);
        return held == null || isUnwanted(held);
    }

    @Override
    public void report(LeaseReport report) {
        Held held = report.ends() ? leases.remove(report.leaseId()) : leases.get(report.leaseId());
        if (held == null) throw new IllegalArgumentException("no lease " + report.leaseId() + " is with a device");
        if (report.ends()) {
            Optional<Long> deviceNanos = report instanceof LeaseReport.Done done ? Optional.of(done.deviceNanos()) : Optional.empty();
            synchronized (held.device) {
                held.device.ended(held, deviceNanos, System.nanoTime());
            }
        }
        say(held.head, side -> side.report(report.of(held.lease.id())));
    }

    @Override
    public void measured(DeviceHealth health) {
        sayToAll(side -> side.measured(health));
    }

    @Override
    public void gone(String deviceId) {
        SharedDevice device = device(deviceId);
        synchronized (device) {
            sayToAll(side -> side.gone(deviceId));
            giveBack(device.withdraw(System.nanoTime()));
        }
    }

    /** Gives back what is not wanted any more, and tells heads of leases that wait for another head's. */
    private void lookAtWaiting() {
        devices.forEach((name, device) -> {
            synchronized (device) {
                long now = System.nanoTime();
                List<Held> unwanted = device.dropUnwanted(this::isUnwanted, now);
                giveBack(unwanted);
                if (!unwanted.isEmpty()) askHeads(name, device);
                for (Held held : device.waitedFor(WAITING, this::isUnwanted, now)) {
                    say(held.head, side -> side.report(new LeaseReport.Waiting(held.lease.id())));
                }
            }
        });
    }

    /** Hands on what slots have reported; to be called before the heads' own ends are closed. */
    @Override
    public void close() {
        look.shutdownNow();
        synchronized (this) {
            closed = true;
        }
        lines.forEach(line -> line.sender().shutdown());
        long deadline = System.nanoTime() + CLOSING.toNanos();
        try {
            for (Line line : lines) {
                if (line.sender().awaitTermination(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) continue;
                LOG.log(System.Logger.Level.WARNING, "not everything could be sent to {0}: it is computed again elsewhere", line.head().name());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
