package io.bignode.worker;

import io.bignode.proof.ProofDevice;
import io.bignode.protocol.DeviceHealth;
import io.bignode.protocol.WorkerSide;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Reads the meters of devices every two seconds, each in a thread of its own, so that one that hangs does not delay the others. */
final class Meters implements AutoCloseable {
    private static final Duration PERIOD = Duration.ofSeconds(2);

    private final List<Thread> threads;
    private volatile boolean closing;

    /** Meters that are not read yet. */
    Meters(List<ProofDevice> devices, WorkerSide broker) {
        this.threads = devices.stream()
                .map(device -> Thread.ofPlatform().daemon().name(device.id() + "-gauges").unstarted(() -> read(device, broker)))
                .toList();
    }

    /** Starts reading. */
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

    /** Ends reading; a thread whose read hangs is abandoned. */
    @Override
    public void close() {
        closing = true;
        threads.forEach(Thread::interrupt);
    }
}
