package io.bignode.broker;

import io.bignode.protocol.DeviceHealth;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.WorkerMessage;
import io.bignode.protocol.WorkerMessage.DeviceGone;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import io.bignode.protocol.WorkerSide;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A worker's end of a broker in memory, whose other end the test plays. */
public final class InMemoryBroker implements WorkerSide, AutoCloseable {
    private final BlockingQueue<WorkerMessage> toHead = new LinkedBlockingQueue<>();

    /** The leases sent and not yet ended; one that is not in here is not wanted. */
    private final Set<String> wanted = ConcurrentHashMap.newKeySet();

    private final Map<String, Queue<Lease>> toDevice = new HashMap<>();
    private boolean closed;

    @Override
    public void request(LeaseRequest request) {
        toHead.add(request);
    }

    @Override
    public synchronized Optional<Lease> take(String deviceId) throws InterruptedException {
        while (!closed) {
            Queue<Lease> leases = toDevice.get(deviceId);
            if (leases != null && !leases.isEmpty()) return Optional.of(leases.remove());
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
        if (report.ends()) wanted.remove(report.leaseId());
        toHead.add(report);
    }

    @Override
    public void measured(DeviceHealth health) {
        toHead.add(health);
    }

    @Override
    public void gone(String deviceId) {
        toHead.add(new DeviceGone(deviceId));
    }

    /** The head's move. */
    public Optional<WorkerMessage> receive(Duration wait) throws InterruptedException {
        Optional<WorkerMessage> message = Optional.ofNullable(toHead.poll(wait.toNanos(), TimeUnit.NANOSECONDS));
        if (message.isPresent() && message.get() instanceof DeviceGone(String deviceId)) forget(deviceId);
        return message;
    }

    /** Drops the leases that answer what a device asked before it went; what it asks for later the head has not seen yet. */
    private synchronized void forget(String deviceId) {
        toDevice.remove(deviceId);
    }

    /** The head's move. */
    public synchronized void send(String deviceId, Lease lease) {
        if (closed) return;
        wanted.add(lease.id());
        toDevice.computeIfAbsent(deviceId, _ -> new ArrayDeque<>()).add(lease);
        notifyAll();
    }

    /** The head's move. */
    public void cancel(String leaseId) {
        wanted.remove(leaseId);
    }

    /**
     * Lets nothing more through to the devices: who waits for a lease gets none, and every lease is cancelled. Reports still reach the
     * head.
     */
    @Override
    public synchronized void close() {
        closed = true;
        wanted.clear();
        toDevice.clear();
        notifyAll();
    }
}
