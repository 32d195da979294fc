package io.bignode.worker;

import io.bignode.engine.Engine;
import io.bignode.engine.Gauges;
import io.bignode.protocol.DeviceHealth;
import io.bignode.protocol.WorkerSide;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** Reads every two seconds what devices measure of themselves, in a thread for each: one that hangs keeps the others' from nothing. */
final class Meters implements AutoCloseable {
    private static final Duration PERIOD = Duration.ofSeconds(2);

    private final List<Thread> threads;
    private volatile boolean closing;

    /** Meters that do not read yet. */
    Meters(List<Engine> engines, WorkerSide broker) {
        this.threads = engines.stream()
                .map(engine -> Thread.ofPlatform().daemon().name(engine.device().id() + "-gauges").unstarted(() -> read(engine, broker)))
                .toList();
    }

    /** Reads from now on. */
    void start() {
        threads.forEach(Thread::start);
    }

    private void read(Engine engine, WorkerSide broker) {
        try {
            while (!closing) {
                Gauges gauges = engine.gauges();
                // A device without any meter has none later either.
                if (gauges.equals(Gauges.NONE)) return;
                broker.measured(DeviceHealth.sane(engine.device().id(), named(gauges)));
                Thread.sleep(PERIOD);
            }
        } catch (InterruptedException closed) {
            // only close() interrupts this thread
        }
    }

    private static Map<String, Double> named(Gauges gauges) {
        Map<String, Double> named = new HashMap<>();
        put(named, "utilisation", gauges.utilisation());
        put(named, "memory_used_bytes", gauges.memoryUsedBytes());
        put(named, "celsius", gauges.celsius());
        put(named, "power_watts", gauges.powerWatts());
        put(named, "power_limit_watts", gauges.powerLimitWatts());
        put(named, "peak_operations", gauges.peakOperations());
        return named;
    }

    private static void put(Map<String, Double> named, String name, OptionalDouble gauge) {
        if (gauge.isPresent()) named.put(name, gauge.getAsDouble());
    }

    /** Ends reading; a read that hangs is left behind. */
    @Override
    public void close() {
        closing = true;
        threads.forEach(Thread::interrupt);
    }
}
