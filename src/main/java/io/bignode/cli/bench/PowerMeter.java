package io.bignode.cli.bench;

import io.bignode.engine.Engine;
import java.time.Duration;
import java.util.DoubleSummaryStatistics;
import java.util.OptionalDouble;

/** The power a device draws while it is measured, asked for now and then in a thread of its own. */
final class PowerMeter implements AutoCloseable {
    private static final Duration EVERY = Duration.ofMillis(250);

    private final DoubleSummaryStatistics watts = new DoubleSummaryStatistics();
    private final Thread thread;

    private PowerMeter(Engine engine) {
        this.thread = Thread.ofPlatform().daemon().name("power").unstarted(() -> read(engine));
    }

    /** Begins to measure. */
    static PowerMeter of(Engine engine) {
        PowerMeter meter = new PowerMeter(engine);
        meter.thread.start();
        return meter;
    }

    private void read(Engine engine) {
        try {
            while (true) {
                engine.gauges().powerWatts().ifPresent(this::add);
                Thread.sleep(EVERY);
            }
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void add(double reading) {
        watts.accept(reading);
    }

    /** The mean so far; empty where the device does not tell. */
    synchronized OptionalDouble mean() {
        return watts.getCount() == 0 ? OptionalDouble.empty() : OptionalDouble.of(watts.getAverage());
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
