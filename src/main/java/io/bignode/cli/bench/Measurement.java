package io.bignode.cli.bench;

import io.bignode.cli.compute.LocalDevice;
import io.bignode.cli.terminal.Progress;
import io.bignode.engine.CancelledException;
import io.bignode.engine.Engine;
import io.bignode.engine.Model;
import io.bignode.poc.ModelParams;
import io.bignode.poc.NonceInputs;
import io.bignode.poc.ProofOrder;
import io.bignode.poc.WeightPool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.LongStream;

/** One measurement of a device with a model, from a cold start on. */
final class Measurement {
    private final Engine engine;
    private final ModelParams params;
    private final int wantedBatch;
    private final int seconds;
    private final int productSize;
    private final ProofOrder order;
    private final AtomicLong nextNonce = new AtomicLong();
    private final AtomicLong deviceNanos = new AtomicLong();

    /**
     * A measurement to be made.
     *
     * @param engine  not yet prepared: that is part of a cold start
     * @param batch   nonces in a batch; 0 for what fills the device
     * @param seconds how long to compute for, at least
     * @param productSize rows and columns of the product that a GPU's own rate is measured with
     */
    Measurement(Engine engine, ModelParams params, int batch, int seconds, int productSize) {
        this.engine = engine;
        this.params = params;
        this.wantedBatch = batch;
        this.seconds = seconds;
        this.productSize = productSize;
        this.order = new ProofOrder("bench", 0, "bench", 0, 2, params);
    }

    /**
     * The seconds from an order to its first distance, which are known long before the rest.
     *
     * @param device         the device's name
     * @param poolSeconds    for drawing the weight pool
     * @param openingSeconds for opening the device, which a node does before the first session, and for the parts of opening the model, by name
     * @param firstSeconds   for the first forward pass, of one nonce
     * @param totalSeconds   from an order's arrival at a ready device to its first distance
     */
    record ColdStart(String device, double poolSeconds, Map<String, Double> openingSeconds, double firstSeconds, double totalSeconds) {}

    /**
     * What was measured.
     *
     * @param cold            the start
     * @param nonces          computed in the timed part
     * @param noncesPerSecond over the timed part, inputs and all
     * @param flops           floating-point operations a second at that rate
     * @param matrixFlops     what the device's matrix library reaches alone, measured right behind the timed part
     * @param deviceBusyShare share of the timed part in which the device computed
     * @param peakDeviceBytes the most device memory in use; -1 where the device does not count it
     * @param residentGib     this process' resident memory
     * @param watts           what the device drew on average in the timed part; empty where it does not tell
     */
    record Figures(
            ColdStart cold, int batch, long nonces, double noncesPerSecond, double flops, double matrixFlops, double deviceBusyShare, long peakDeviceBytes,
            double residentGib, OptionalDouble watts) {
        /** The share of the matrix library's rate that the forward pass reaches. */
        double share() {
            return flops / matrixFlops;
        }
    }

    /**
     * Makes the measurement, which takes at least the seconds that were asked for.
     *
     * @param started receives the cold start as soon as it is over: what ends this run later does not take it along
     */
    Figures run(Consumer<ColdStart> started) throws InterruptedException, CancelledException {
        // As on a node: the device is ready before the session comes, and prepares for its model while the weights are drawn.
        long preparing = System.nanoTime();
        engine.prepare();
        double prepared = since(preparing);
        long begin = System.nanoTime();
        engine.warmAside(params);
        List<Engine.EarlyCopy> early = new ArrayList<>();
        try (WeightPool pool = LocalDevice.pool(engine, order.blockHash(), params, drawn -> early.add(engine.copyAside(drawn)))) {
            double poolSeconds = since(begin);
            try (Model model = engine.open(params, pool)) {
                early.forEach(Engine.EarlyCopy::close);
                double opened = since(begin);
                try (NonceInputs inputs = model.newInputs()) {
                    compute(model, inputs, 1);
                }
                double total = since(begin);
                Map<String, Double> opening = new TreeMap<>(model.openingSeconds());
                opening.put("device", prepared);
                ColdStart cold = new ColdStart(engine.device().name(), poolSeconds, opening, total - opened, total);
                started.accept(cold);
                return timed(model, cold);
            }
        }
    }

    private Figures timed(Model model, ColdStart cold) throws InterruptedException, CancelledException {
        // A node has done that in the time before its first session.
        engine.tune(params);
        int batch = wantedBatch == 0 ? model.maxBatch() : Math.min(wantedBatch, model.maxBatch());
        deviceNanos.set(0);
        try (PowerMeter power = PowerMeter.of(engine)) {
            Timed timed = run(model, batch);
            OptionalDouble watts = power.mean();
            double rate = timed.nonces / timed.seconds;
            // Right behind the timed part, while the chip is as warm and as fast as it was there.
            double matrix = engine.matrixRate(params, batch, productSize);
            return new Figures(
                    cold, batch, timed.nonces, rate, rate * params.flopsPerNonce(), matrix, deviceNanos.get() * 1e-9 / timed.seconds,
                    engine.peakBytes().orElse(-1), residentGib(), watts);
        }
    }

    private record Timed(long nonces, double seconds) {}

    /** As a worker computes: on a GPU by two threads, one at its inputs while the device is at the other's batch. The CPU has nothing left to do both with. */
    private Timed run(Model model, int batch) throws InterruptedException, CancelledException {
        int slots = engine.device().id().equals("cpu") ? 1 : 2;
        long start = System.nanoTime();
        AtomicLong done = new AtomicLong();
        try (Progress progress = new Progress("computing", seconds, "s", 1);
                ExecutorService threads = Executors.newFixedThreadPool(slots)) {
            List<Future<?>> running = new ArrayList<>();
            for (int slot = 0; slot < slots; slot++) {
                running.add(threads.submit(() -> {
                    try (NonceInputs inputs = model.newInputs()) {
                        do {
                            double before = since(start);
                            done.addAndGet(compute(model, inputs, batch));
                            progress.add((Math.round(since(start)) - Math.round(before)) / slots);
                        } while (since(start) < seconds);
                    }
                    return null;
                }));
            }
            for (Future<?> slot : running) slot.get();
        } catch (ExecutionException broken) {
            switch (broken.getCause()) {
                case CancelledException cancelled -> throw cancelled;
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                case null, default -> throw new IllegalStateException("a slot failed", broken.getCause());
            }
        }
        return new Timed(done.get(), since(start));
    }

    private int compute(Model model, NonceInputs inputs, int batch) throws CancelledException {
        int max = Math.min(batch, model.maxBatch());
        long first = nextNonce.getAndAdd(max);
        List<Long> nonces = LongStream.range(first, first + max).boxed().toList();
        inputs.draw(order.blockHash(), order.publicKey(), nonces);
        Model.Computed computed = model.distances(inputs, () -> false);
        LocalDevice.distances(engine, nonces, computed);
        deviceNanos.addAndGet(computed.deviceNanos());
        return max;
    }

    /** This process' resident memory; NaN where the system does not tell. */
    private static double residentGib() {
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / (double) (1 << 20))
                    .findFirst()
                    .orElse(Double.NaN);
        } catch (IOException unknown) {
            return Double.NaN;
        }
    }

    private static double since(long nanos) {
        return (System.nanoTime() - nanos) * 1e-9;
    }
}
