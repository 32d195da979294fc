package io.bignode.engine.cuda;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.bignode.engine.DeviceException;
import io.bignode.engine.DeviceLostException;
import io.bignode.engine.DeviceMemoryException;
import io.bignode.engine.cuda.CublasLt.Shape;
import io.bignode.engine.cuda.IdleTime.WantedException;
import io.bignode.engine.cuda.Measured.FfnSize;
import io.bignode.engine.cuda.Measured.Verdict;
import io.bignode.poc.ModelParams;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * Holds our own feed-forward kernel against the library's product with {@code swiglu.cu}, at the size of a full batch: it is used where it is right and faster.
 * Whatever goes wrong leaves the library's way in use.
 */
final class FfnTrial {
    private static final System.Logger LOG = System.getLogger(FfnTrial.class.getName());
    private static final int ROUNDS = 3;

    /** How long both ways may be timed together; one that takes so long is not timed again. */
    private static final Duration LIMIT = Duration.ofMillis(600);

    private final Gpu gpu;
    private final ModelParams params;
    private final GpuPlan plan;
    private final FfnSize size;
    private final Stopwatch stopwatch;

    FfnTrial(Gpu gpu, ModelParams params, GpuPlan plan, Stopwatch stopwatch) {
        this.gpu = gpu;
        this.params = params;
        this.plan = plan;
        this.size = sizeOf(params, plan);
        this.stopwatch = stopwatch;
    }

    /** The size of a plan's full batch. */
    static FfnSize sizeOf(ModelParams params, GpuPlan plan) {
        return new FfnSize(plan.batch() * params.seqLen(), params.dim(), params.hiddenDim());
    }

    /**
     * Makes the trial and keeps its outcome.
     *
     * @throws WantedException       when somebody wants the GPU; the outcome is open then
     * @throws DeviceMemoryException when there is too little memory for it now; the outcome is open then
     * @throws DeviceLostException   when the trial broke the GPU; it is not made again
     */
    void run() throws WantedException {
        // Kept before the kernel runs at this size for the first time: a trial that takes the process or the GPU along must not be made again and again.
        gpu.measured().keep(size, new Verdict(false, "a trial began and did not come to its end"));
        boolean open = true;
        try {
            Verdict verdict = verdict();
            gpu.measured().keep(size, verdict);
            open = false;
        } catch (DeviceLostException lost) {
            open = false;
            throw lost;
        } catch (DeviceMemoryException full) {
            throw full;
        } catch (DeviceException failed) {
            LOG.log(System.Logger.Level.WARNING, "our feed-forward kernel is not used for {0}: its trial failed: {1}", size, failed.getMessage());
            gpu.measured().keep(size, new Verdict(false, "its trial failed: " + failed.getMessage()));
            open = false;
        } finally {
            if (open) gpu.measured().forget(size);
        }
    }

    private Verdict verdict() throws WantedException {
        List<String> deviations = SelfTest.ownFfn(gpu);
        return deviations.isEmpty() ? compared() : deviating(String.join("; ", deviations));
    }

    private Verdict deviating(String deviation) {
        LOG.log(System.Logger.Level.WARNING, "our feed-forward kernel is not used for {0}, as it deviates: {1}", size, deviation);
        return new Verdict(false, "it deviates: " + deviation);
    }

    private Verdict compared() throws WantedException {
        HopperFfn own = HopperFfn.of(gpu, params).orElseThrow(() -> new DeviceException("the GPU lacks its instructions"));
        Kernel swiglu = gpu.kernel("swiglu.cu", "swiglu");
        long rows = size.rows();
        long d = size.dim();
        long f = size.width();
        try (Buffers buffers = new Buffers(gpu.memory());
                Products products = new Products(gpu)) {
            long x = buffers.alloc(2 * rows * d);
            long gate = buffers.alloc(4 * f * d); // and up behind it
            long both = buffers.alloc(4L * plan.chunkRows() * f);
            long ours = buffers.alloc(2 * rows * f);
            long theirs = buffers.alloc(2 * rows * f);
            Operands operands = new Operands(gpu, stopwatch.before());
            operands.fill(x, rows * d, 1, 1);
            operands.fill(gate, 2 * f * d, 1 / Math.sqrt(d), 2);
            Runnable byOwn = () -> own.run(size.rows(), x, gate, gate + 2 * f * d, ours);
            Runnable byLibrary = () -> {
                for (long row = 0; row < rows; row += plan.chunkRows()) {
                    int count = (int) Math.min(plan.chunkRows(), rows - row);
                    products.run(new Shape(count, (int) (2 * f), (int) d, d), gate, x + 2 * row * d, both);
                    Kernels.gate(swiglu, gpu.computeStream(), count, both, theirs + 2 * row * f, (int) f);
                }
            };
            stopwatch.millis(byLibrary);
            stopwatch.millis(byOwn);
            for (int row : new int[] {0, size.rows() / 2, size.rows() - 1}) {
                String deviation = deviation(row, ours, theirs);
                if (!deviation.isEmpty()) return deviating(deviation);
            }
            return timed(byOwn, byLibrary);
        }
    }

    private Verdict timed(Runnable byOwn, Runnable byLibrary) throws WantedException {
        float own = Float.MAX_VALUE;
        float library = Float.MAX_VALUE;
        float all = 0;
        for (int round = 0; round < ROUNDS && all < LIMIT.toMillis(); round++) {
            float ownNow = stopwatch.millis(byOwn);
            float libraryNow = stopwatch.millis(byLibrary);
            own = Math.min(own, ownNow);
            library = Math.min(library, libraryNow);
            all += ownNow + libraryNow;
        }
        Verdict verdict = new Verdict(own < library, String.format(Locale.ROOT, "our own kernel %.3f ms, the library %.3f ms", own, library));
        LOG.log(System.Logger.Level.INFO, "the feed-forward layer of {0} is computed by {1}: {2}", size, verdict.own() ? "our own kernel" : "the library",
                verdict.reason());
        return verdict;
    }

    /** How a row of ours deviates from the library's, which rounds its sums at the same places; empty where it does not. */
    private String deviation(int row, long ours, long theirs) {
        float[] own = download(ours, row);
        float[] library = download(theirs, row);
        for (int i = 0; i < own.length; i++) {
            if (Math.abs(own[i] - library[i]) <= KernelChecks.FFN_RELATIVE * Math.abs(library[i]) + KernelChecks.FFN_ABSOLUTE) continue;
            return String.format(Locale.ROOT, "value %d of row %d of %s is %.6g and should be %.6g", i, row, size, own[i], library[i]);
        }
        return "";
    }

    private float[] download(long address, int row) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment halves = arena.allocate(2L * size.width(), 8);
            gpu.driver().copyToHost(halves, address + 2L * row * size.width(), halves.byteSize(), gpu.computeStream());
            gpu.driver().synchronize(gpu.computeStream());
            float[] values = new float[size.width()];
            for (int i = 0; i < values.length; i++) values[i] = Float.float16ToFloat(halves.getAtIndex(JAVA_SHORT, i));
            return values;
        }
    }
}
