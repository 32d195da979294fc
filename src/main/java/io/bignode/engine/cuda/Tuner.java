package io.bignode.engine.cuda;

import io.bignode.engine.DeviceException;
import io.bignode.engine.DeviceLostException;
import io.bignode.engine.DeviceMemoryException;
import io.bignode.engine.cuda.CublasLt.Shape;
import io.bignode.engine.cuda.IdleTime.WantedException;
import io.bignode.poc.ModelParams;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Measures, while a GPU is idle, which way the next batches are computed fastest: an algorithm of the library for each large product, and whether our own kernel
 * or the library computes the feed-forward layer. What was measured once is kept in a file. Whoever computes comes first and waits for one product at most.
 */
final class Tuner implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Tuner.class.getName());

    /** How long closing waits for the step at work; a GPU that hangs may never end it. */
    private static final Duration CLOSING = Duration.ofSeconds(30);

    private final String device;
    private final Gpu gpu;
    private final Tuning tuning;
    private final OwnFfn ownFfn;
    private final Set<Size> sizes = new LinkedHashSet<>();

    /** A model's full batch. */
    private record Size(ModelParams params, GpuPlan plan) {}

    /** Starts to measure. */
    Tuner(String device, Gpu gpu, Tuning tuning, OwnFfn ownFfn) {
        this.device = device;
        this.gpu = gpu;
        this.tuning = tuning;
        this.ownFfn = ownFfn;
        Thread.ofPlatform().daemon().name(device + "-tuner").start(this::run);
    }

    /** Has a model's full batch measured, if it was not before. */
    synchronized void add(ModelParams params, GpuPlan plan) {
        if (sizes.add(new Size(params, plan))) notifyAll();
    }

    /** Waits until everything is measured, for so long at most. */
    synchronized void await(Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        for (long left = limit.toMillis(); !sizes.isEmpty() && left > 0; left = (deadline - System.nanoTime()) / 1_000_000) wait(left);
    }

    private void run() {
        try {
            while (!gpu.idle().closed()) {
                Optional<Size> size = next();
                if (size.isPresent() && gpu.idle().measure(tuning.quiet(), () -> measure(size.get()))) done(size.get());
            }
        } catch (DeviceLostException lost) {
            gpu.markLost();
            LOG.log(System.Logger.Level.WARNING, "{0} was lost while it was measured: {1}", device, lost.getMessage());
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        synchronized (this) {
            sizes.clear();
            notifyAll();
        }
    }

    private synchronized Optional<Size> next() throws InterruptedException {
        while (sizes.isEmpty() && !gpu.idle().closed()) wait();
        return sizes.stream().findFirst();
    }

    private synchronized void done(Size size) {
        sizes.remove(size);
        notifyAll();
    }

    private void measure(Size size) throws WantedException {
        gpu.enter();
        try (Stopwatch stopwatch = new Stopwatch(gpu, gpu.idle()::step)) {
            for (Shape shape : BatchShapes.of(size.params(), size.plan().batch(), size.plan().chunkRows())) {
                boolean large = 2.0 * shape.rows() * shape.n() * shape.k() >= tuning.minOperations();
                if (large && gpu.measured().algorithm(shape).isEmpty()) {
                    gpu.measured().keep(shape, new ProductTrial(gpu, stopwatch).fastest(shape).bytes());
                }
            }
            if (worthATrial(size)) new FfnTrial(gpu, size.params(), size.plan(), stopwatch).run();
        } catch (DeviceLostException lost) {
            throw lost;
        } catch (DeviceMemoryException full) {
            LOG.log(System.Logger.Level.INFO, "{0} has too little free memory to be measured for {1}: {2}", device, size.plan(), full.getMessage());
        } catch (DeviceException failed) {
            LOG.log(System.Logger.Level.WARNING, "{0} could not be measured for {1}: {2}", device, size.plan(), failed.getMessage());
        }
    }

    private boolean worthATrial(Size size) {
        Measured.FfnSize ffn = FfnTrial.sizeOf(size.params(), size.plan());
        boolean large = 4.0 * ffn.rows() * ffn.dim() * ffn.width() >= tuning.minOperations() && ffn.rows() >= HopperFfn.MIN_ROWS;
        return ownFfn == OwnFfn.WHERE_FASTER && large && HopperFfn.fits(gpu, size.params()) && gpu.measured().ffn(ffn).isEmpty();
    }

    /** Ends what is being measured and measures nothing more. */
    @Override
    public void close() {
        gpu.idle().close(CLOSING);
        synchronized (this) {
            notifyAll();
        }
    }
}
