package io.bignode.worker;

import io.bignode.proof.ProofDevice;
import io.bignode.protocol.DeviceHealth;
import io.bignode.protocol.WorkerSide;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Reads every two seconds what devices measure of themselves, in a thread for each: one that hangs keeps the others' from nothing. */
final class Meters implements AutoCloseable {
    private static final Duration PERIOD = Duration.ofSeconds(2);

    private final List<Thread> threads;
    private volatile boolean closing;

    /** Meters that do not read yet. */
    Meters(List<ProofDevice> devices, WorkerSide broker) {
        this.threads = devices.stream()
                .map(device -> Thread.ofPlatform().daemon().name(device.id() + "-gauges").unstarted(() -> read(device, broker)))
                .toList();
    }

    /** Reads from now on. */
    void start() {
        threads.forEach(Thread::start);
    }

    private void read(ProofDevice device, WorkerSide broker) {
        try {
            while (!closing) {
                Map<String, Double> gauges = device.gauges();
                // A device without any meter has none later either.
                if (gauges.isEmpty()) return;
                broker.measured(DeviceHealth.sane(device.id(), gauges));
                Thread.sleep(PERIOD);
            }
        } catch (InterruptedException closed) {
            // only close() interrupts this thread
        }
    }

    /** Ends reading; a read that hangs is left behind. */
    @Override
    public void close() {
        closing = true;
        threads.forEach(Thread::interrupt);
    }
}
