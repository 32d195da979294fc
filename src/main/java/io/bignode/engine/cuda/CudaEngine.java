package io.bignode.engine.cuda;

import io.bignode.engine.Detection;
import io.bignode.engine.Device;
import io.bignode.engine.DeviceException;
import io.bignode.engine.DeviceLostException;
import io.bignode.engine.DeviceMemoryException;
import io.bignode.engine.Engine;
import io.bignode.engine.Gauges;
import io.bignode.engine.Model;
import io.bignode.engine.cpu.UntouchedMemory;
import io.bignode.poc.HostMemory;
import io.bignode.poc.ModelParams;
import io.bignode.poc.NonceInputs;
import io.bignode.poc.WeightPool;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** An NVIDIA GPU as a device. */
final class CudaEngine implements Engine {
    /** How long a GPU may make no progress before it counts as hung. Its largest step, a layer of a batch, takes a fraction of a second. */
    static final Duration PATIENCE = Duration.ofSeconds(30);

    /** A driver promises to recover a GPU after an error only for a new process, and each try may leave a blocked thread behind. */
    static final int MAX_FAILED_RESETS = 3;

    /** How long a reset may take before the GPU is left alone and tried again later. */
    private static final Duration RESETTING = Duration.ofSeconds(30);

    /** How long somebody who measures speed waits for the GPU to be tuned. */
    private static final Duration TUNING = Duration.ofSeconds(15);

    private static final int USUAL_CLOCK_KHZ = 1_500_000;

    private static final System.Logger LOG = System.getLogger(CudaEngine.class.getName());

    private final CudaLibraries libraries;
    private final KernelCache kernels;
    private final int ordinal;
    private final long capBytes;
    private final Duration patience;
    private final OwnFfn ownFfn;
    private final Optional<Tuning> tuning;
    private final String name;
    private final boolean provesItself;
    private final Runnable hopeless;
    private final GpuGauges gauges;
    private final int multiprocessors;
    private final double operationsASecond;
    private final Device device;
    private @Nullable Gpu gpu;
    private @Nullable Tuner tuner;

    /** Whether the GPU, as it is open now, has computed as it should. */
    private boolean proven;

    private long peakBytes;

    /** Since the GPU was lost, how often it could not be opened anew. */
    private int failedResets;

    /**
     * A GPU that is not opened yet.
     *
     * @param options  how it is used
     * @param patience how long it may make no progress before it counts as hung
     * @param gauges   reads what the GPU measures of itself
     */
    CudaEngine(CudaLibraries libraries, KernelCache kernels, Detection.Found found, CudaOptions options, Duration patience, GpuGauges gauges) {
        this.gauges = gauges;
        this.provesItself = options.selfTest();
        this.hopeless = options.hopeless();
        this.libraries = libraries;
        this.kernels = kernels;
        this.ordinal = found.ordinal();
        this.capBytes = options.capBytes();
        this.patience = patience;
        this.ownFfn = options.ownFfn();
        this.tuning = options.tuning();
        this.name = found.uuid();
        CudaDriver driver = libraries.driver();
        int gpu = driver.device(ordinal);
        this.multiprocessors = driver.attribute(gpu, CudaDriver.MULTIPROCESSORS);
        int clockKhz = driver.attribute(gpu, CudaDriver.CLOCK_KHZ);
        // A virtual GPU may not tell its clock; a rate of nothing would make batches of one nonce.
        this.operationsASecond = 1e3 * (clockKhz > 0 ? clockKhz : USUAL_CLOCK_KHZ) * multiprocessors
                * operationsACycle(found.name(), driver.attribute(gpu, CudaDriver.CAPABILITY_MAJOR), driver.attribute(gpu, CudaDriver.CAPABILITY_MINOR));
        this.device = new Device(found.id(), found.name(), GpuMemory.usableBytes(found.memoryBytes(), options.capBytes()), GpuPlan.MAX_BATCH);
    }

    /**
     * Operations a multiprocessor's tensor cores do in a cycle on float16 with float32 sums, of which a long product reaches most.
     *
     * @see <a href="https://docs.nvidia.com/cuda/cuda-c-programming-guide/#compute-capabilities">compute capabilities</a>
     */
    static int operationsACycle(String name, int major, int minor) {
        // Consumer cards sum in float32 at half the rate of the same chip's others.
        if (name.contains("GeForce")) return 512;
        return switch (major) {
            case 8 -> minor == 0 ? 2048 : 1024;
            case 9 -> 4096;
            case 10, 11 -> 8192;
            default -> 1024;
        };
    }

    @Override
    public Device device() {
        return device;
    }

    @Override
    public synchronized void prepare() {
        Gpu opened = ready();
        if (proven) return;
        List<String> deviations = provesItself ? test(opened) : List.of();
        proven = deviations.isEmpty();
        if (proven) {
            tuner = tuning.map(wanted -> tuner(opened, wanted)).orElse(null);
            return;
        }
        opened.close();
        gpu = null;
        throw new DeviceException(device.id() + " does not compute as it should, so that it is not used: " + String.join("; ", deviations));
    }

    @Override
    public synchronized List<String> prove() {
        return test(ready());
    }

    private Gpu ready() {
        return gpu != null && !gpu.lost() ? gpu : openAnew();
    }

    private Gpu openAnew() {
        if (gpu == null && failedResets == 0) return open();
        LOG.log(System.Logger.Level.WARNING, "device {0} was lost; it is opened anew", device.id());
        try {
            if (gpu != null) {
                peakBytes = Math.max(peakBytes, gpu.memory().peakBytes());
                reset(gpu);
                gpu = null;
            }
            Gpu opened = open();
            failedResets = 0;
            return opened;
        } catch (DeviceException failure) {
            failedResets++;
            if (failedResets == MAX_FAILED_RESETS) {
                LOG.log(System.Logger.Level.ERROR, "device {0} could not be reset {1} times; only a new process can use it", device.id(), failedResets);
                hopeless.run();
            }
            throw failure;
        }
    }

    private Gpu open() {
        if (provesItself) kernels.compileAhead(Gpu.architecture(libraries.driver(), libraries.driver().device(ordinal)), ownFfn != OwnFfn.NEVER);
        Gpu opened = new Gpu(libraries, kernels, ordinal, capBytes, tuning.map(this::measured).orElseGet(Measured::none));
        gpu = opened;
        proven = false;
        return opened;
    }

    private List<String> test(Gpu opened) {
        long begin = System.nanoTime();
        try {
            opened.enter();
            List<String> deviations = SelfTest.run(opened, ownFfn == OwnFfn.ALWAYS);
            if (ownFfn == OwnFfn.WHERE_FASTER && opened.measured().usesOwn()) testOwnFfn(opened);
            String seconds = String.format(Locale.ROOT, "%.2f", (System.nanoTime() - begin) * 1e-9);
            if (deviations.isEmpty()) LOG.log(System.Logger.Level.INFO, "device {0} computes as it should: its self test took {1} s", device.id(), seconds);
            return deviations;
        } catch (DeviceLostException lost) {
            opened.markLost();
            throw lost;
        }
    }

    /** Our own kernel has to prove itself anew where it is to be used; the library does without it. */
    private void testOwnFfn(Gpu opened) {
        List<String> deviations = SelfTest.ownFfn(opened);
        if (deviations.isEmpty()) return;
        LOG.log(System.Logger.Level.WARNING, "device {0}: our feed-forward kernel deviates and is not used any more: {1}", device.id(), deviations);
        opened.measured().distrustOwn("it deviates: " + String.join("; ", deviations));
    }

    /** What was measured on this GPU before. */
    private Measured measured(Tuning wanted) {
        String identity = String.join(
                "\0", device.name(), name, libraries.identity(), KernelCache.source("swiglu.cu"), KernelCache.source(HopperFfn.FILE),
                KernelCache.source("sm90.cuh"));
        return Measured.of(wanted.folder(), name, identity);
    }

    private Tuner tuner(Gpu opened, Tuning wanted) {
        Tuner started = new Tuner(device.id(), opened, wanted, ownFfn);
        for (ModelParams params : wanted.expected()) {
            if (refusal(params).isPresent()) continue;
            plan(params, opened.memory().availableBytes() - DevicePools.bytes(params.poolSize())).ifPresent(plan -> started.add(params, plan));
        }
        return started;
    }

    @Override
    public void tune(ModelParams params) throws InterruptedException {
        Tuner tuning = tunerNow();
        if (tuning != null) tuning.await(TUNING);
    }

    private synchronized @Nullable Tuner tunerNow() {
        return tuner;
    }

    private synchronized void stopTuning() {
        if (tuner != null) tuner.close();
        tuner = null;
    }

    /** Destroys a broken context, in a thread that may be left behind: a GPU that hangs may never let go of it. */
    private void reset(Gpu broken) {
        stopTuning();
        Thread thread = Thread.ofPlatform().daemon().name(device.id() + "-reset").start(broken::reset);
        try {
            if (!thread.join(RESETTING)) throw new DeviceException(device.id() + " hangs and cannot be reset; the host may have to be restarted");
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new DeviceException("interrupted while " + device.id() + " was reset", stop);
        }
    }

    @Override
    public Optional<String> refusal(ModelParams params) {
        return refusal(device, params);
    }

    /**
     * Whether a model can run on a GPU, of this host or another, judged from sizes alone.
     *
     * @return empty when it fits, otherwise the reason
     */
    static Optional<String> refusal(Device device, ModelParams params) {
        if (params.headDim() > GpuPlan.MAX_HEAD_DIM || params.nHeads() > GpuPlan.MAX_HEADS) {
            return Optional.of(device.id() + " takes heads of up to " + GpuPlan.MAX_HEAD_DIM + " values and up to " + GpuPlan.MAX_HEADS
                    + " of them, the model has " + params.nHeads() + " of " + params.headDim());
        }
        long pool = DevicePools.bytes(params.poolSize()) + Gpu.WORKSPACE_BYTES;
        // One nonce at a time is the least that has to fit, however fast the GPU is.
        if (GpuPlan.of(params, new GpuPlan.Room(device.memoryBytes() - pool, 1, 1)).isPresent()) return Optional.empty();
        GpuPlan least = new GpuPlan(1, false, params.seqLen());
        return Optional.of(String.format(
                Locale.ROOT, "the model needs %.2f GiB on %s (weight pool %.2f, two layers' weights %.2f, activations of one nonce %.2f), %.2f GiB may be used",
                gib(pool + least.bytes(params)), device.id(), gib(pool), gib(GpuPlan.weightBytes(params, false)), gib(least.activationBytes(params)),
                gib(device.memoryBytes())));
    }

    private Optional<GpuPlan> plan(ModelParams params, long freeBytes) {
        return GpuPlan.of(params, new GpuPlan.Room(freeBytes, multiprocessors, operationsASecond));
    }

    @Override
    public void warm(ModelParams params) {
        Gpu opened = opened();
        opened.enter();
        try (IdleTime.Use _ = opened.idle().use()) {
            Optional<GpuPlan> plan = plan(params, opened.memory().availableBytes() - opened.pools().missingBytes(params.poolSize()));
            plan.ifPresent(wanted -> opened.pageLocked().prepare(NonceInputs.pieces(params, wanted.batch()), GpuPlan.SLOTS));
            Kernels.load(opened, params.headDim(), params.seqLen());
            GpuWeights.kernel(opened);
            plan.ifPresent(wanted -> Products.askAhead(opened, params, wanted));
        }
    }

    @Override
    public EarlyCopy copyAside(WeightPool drawn) {
        return new PoolFollower(device.id(), opened(), drawn);
    }

    @Override
    public Model open(ModelParams params, WeightPool pool) {
        Gpu opened = opened();
        try (IdleTime.Use _ = opened.idle().use()) {
            opened.enter();
            // The pool goes first: what it leaves is what can be planned with.
            try (DevicePools.Copy _ = opened.pools().copyOf(pool)) {
                long free = opened.memory().availableBytes();
                Optional<GpuPlan> plan = plan(params, free);
                while (plan.isPresent()) {
                    try {
                        CudaModel model = new CudaModel(opened, params, pool, plan.get(), patience, ownFfn);
                        LOG.log(System.Logger.Level.INFO, "device {0}: model open, {1}, seconds {2}", device.id(), plan.get(), model.openingSeconds());
                        Tuner tuning = tunerNow();
                        if (tuning != null) tuning.add(params, plan.get());
                        return model;
                    } catch (DeviceMemoryException full) {
                        LOG.log(System.Logger.Level.WARNING, "device {0}: {1} does not fit after all: {2}", device.id(), plan.get(), full.getMessage());
                        plan = plan.get().smaller(params);
                    }
                }
                throw new DeviceMemoryException(
                        String.format(Locale.ROOT, "%s has %.2f GiB free, not enough for one nonce of this model", device.id(), gib(free)));
            }
        } catch (DeviceLostException lost) {
            opened.markLost();
            throw lost;
        }
    }

    private synchronized Gpu opened() {
        if (gpu == null || gpu.lost()) throw new DeviceLostException(device.id() + " is not ready");
        return gpu;
    }

    @Override
    public HostMemory poolMemory() {
        return UntouchedMemory::allocate;
    }

    @Override
    public double matrixRate(ModelParams params, int batch, int size) {
        return MatrixRate.measure(opened(), size);
    }

    @Override
    public synchronized OptionalLong peakBytes() {
        return OptionalLong.of(gpu == null ? peakBytes : Math.max(peakBytes, gpu.memory().peakBytes()));
    }

    @Override
    public Gauges gauges() {
        return gauges.read().withPeak(operationsASecond);
    }

    @Override
    public synchronized void close() {
        gauges.close();
        stopTuning();
        if (gpu == null) return;
        if (gpu.lost()) {
            // One that could not be reset is left to the end of the process.
            if (failedResets == 0) reset(gpu);
        } else {
            gpu.close();
        }
        gpu = null;
    }

    private static double gib(double bytes) {
        return bytes / (1L << 30);
    }
}
