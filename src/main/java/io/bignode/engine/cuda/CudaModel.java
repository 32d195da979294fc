package io.bignode.engine.cuda;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import io.bignode.engine.CancelledException;
import io.bignode.engine.DeviceLostException;
import io.bignode.engine.DeviceMemoryException;
import io.bignode.engine.Model;
import io.bignode.engine.Turn;
import io.bignode.engine.cuda.CublasLt.Shape;
import io.bignode.poc.ModelParams;
import io.bignode.poc.NonceInputs;
import io.bignode.poc.RotaryTable;
import io.bignode.poc.Target;
import io.bignode.poc.WeightPool;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * The transformer's forward pass on a GPU. Activations are float16, rounded wherever the function says; matrix products sum in float32 and round once.
 *
 * <p>Shapes: b nonces, t positions, r = b * t rows, d = dim, kv = keys' width, f = feed-forward width. A batch is a sequence of launches into one stream.
 * Whoever launches holds a lock; it waits now and then so that only a little work is queued ahead, and lets go while the last of its work is still to come:
 * then the next batch is launched behind it, and the GPU never waits.
 */
final class CudaModel implements Model {
    private static final System.Logger LOG = System.getLogger(CudaModel.class.getName());

    /** Work that is queued ahead: enough to bridge a pause of this program, little enough to be given up quickly. */
    private static final Duration AHEAD = Duration.ofMillis(50);

    /** Layers that are queued ahead, at least: one computing, one to follow. */
    private static final int MIN_AHEAD = 2;

    private final Gpu gpu;
    private final CudaDriver driver;
    private final ModelParams p;
    private final Duration patience;
    private final Map<String, Double> openingSeconds = new LinkedHashMap<>();
    private final Kernels kernels;
    private final FfnChoice ffn;
    private final long stream;
    private final ReentrantLock launching = new ReentrantLock(true);
    private final BlockingQueue<Slot> slots = new ArrayBlockingQueue<>(GpuPlan.SLOTS);

    private final Buffers tables;
    private final GpuWeights weights;
    private final Products products;
    private final long rotary; // (t, c / 2) of (cos, sin), float32
    private final long target; // (vocab), float64
    private final long[] layerDone; // events
    private Activations activations;
    private volatile GpuPlan plan;
    private volatile long layerNanos;

    /**
     * Opens the model.
     *
     * @param patience  how long the GPU may make no progress before it counts as hung
     * @param ownFfn    where the feed-forward layer's first half is computed by our own kernel
     * @throws DeviceMemoryException when the plan does not fit after all; nothing stays allocated
     */
    CudaModel(Gpu gpu, ModelParams params, WeightPool pool, GpuPlan plan, Duration patience, OwnFfn ownFfn) {
        this.gpu = gpu;
        this.driver = gpu.driver();
        this.stream = gpu.computeStream();
        this.p = params;
        this.plan = plan;
        this.patience = patience;
        long begin = System.nanoTime();
        this.kernels = Kernels.load(gpu, params.headDim(), params.seqLen());
        this.ffn = new FfnChoice(gpu, params, ownFfn);
        begin = took("kernels", begin);
        Release partly = new Release();
        try (DevicePools.Copy _ = gpu.pools().copyOf(pool)) {
            begin = took("copy", begin);
            this.weights = partly.with(new GpuWeights(gpu, params, pool, plan));
            this.products = partly.with(new Products(gpu));
            this.tables = partly.with(new Buffers(gpu.memory()));
            this.rotary = tables.upload(driver, rotaryTable(), stream);
            this.target = tables.upload(driver, MemorySegment.ofArray(Target.of(pool.blockHash(), params.vocabSize()).toArray()), stream);
            this.activations = partly.with(new Activations(plan));
            for (int i = 0; i < GpuPlan.SLOTS; i++) slots.add(partly.with(new Slot(plan.batch())));
            this.layerDone = new long[params.nLayers()];
            for (int i = 0; i < layerDone.length; i++) layerDone[i] = driver.createEvent();
            driver.synchronize(stream);
            took("weights", begin);
            partly.keep();
        } finally {
            partly.close();
        }
    }

    @Override
    public int maxBatch() {
        return plan.batch();
    }

    @Override
    public NonceInputs newInputs() {
        return new NonceInputs(p, plan.batch(), (arena, bytes) -> {
            gpu.enter();
            return gpu.pageLocked().take(bytes).reinterpret(arena, this::freeHost);
        });
    }

    private void freeHost(MemorySegment memory) {
        // A lost context took its page-locked memory along.
        if (gpu.lost()) return;
        gpu.enter();
        driver.freeHost(memory);
    }

    @Override
    public Map<String, Double> openingSeconds() {
        return Map.copyOf(openingSeconds);
    }

    @Override
    public Computed distances(NonceInputs inputs, BooleanSupplier cancelled) throws CancelledException {
        gpu.enter();
        double[] result = new double[inputs.count()];
        long nanos = 0;
        Slot slot = take();
        try (IdleTime.Use _ = gpu.idle().use()) {
            for (int done = 0; done < result.length; ) {
                int b = Math.min(plan.batch(), result.length - done);
                try {
                    nanos += compute(slot, inputs, done, b, result, cancelled);
                    done += b;
                } catch (DeviceMemoryException full) {
                    shrink(b, full);
                }
            }
            return new Computed(result, nanos);
        } catch (DeviceLostException lost) {
            gpu.markLost();
            throw lost;
        } finally {
            slots.add(slot);
        }
    }

    private Slot take() {
        Slot slot = slots.poll();
        if (slot == null) throw new IllegalStateException("more than " + GpuPlan.SLOTS + " threads compute with one model");
        return slot;
    }

    /** Computes {@code b} nonces from the inputs' {@code first} on; returns the nanoseconds the GPU took. */
    private long compute(Slot slot, NonceInputs inputs, int first, int b, double[] result, BooleanSupplier cancelled) throws CancelledException {
        MemorySegment rows = inputs.rows(first, b);
        MemorySegment permutations = inputs.permutations(first, b);
        driver.copyToDevice(slot.inputs, rows, rows.byteSize(), gpu.copyStream());
        driver.copyToDevice(slot.permutations, permutations, permutations.byteSize(), gpu.copyStream());
        driver.record(slot.uploaded, gpu.copyStream());
        try {
            Turn.take(launching, cancelled);
        } catch (CancelledException stop) {
            GpuWait.until(driver, slot.uploaded, patience); // the inputs are read until then
            throw stop;
        }
        try {
            driver.waitFor(stream, slot.uploaded);
            driver.record(slot.start, stream);
            forward(slot.inputs, b, cancelled);
            kernels.distances(stream, b, activations.logits, slot.permutations, target, slot.distances, p.vocabSize());
            driver.copyToHost(slot.result, slot.distances, 8L * b, stream);
            driver.record(slot.end, stream);
        } catch (DeviceLostException lost) {
            throw lost;
        } catch (CancelledException | RuntimeException stop) {
            weights.rewind();
            GpuWait.until(driver, slot.uploaded, patience);
            throw stop;
        } finally {
            launching.unlock();
        }
        GpuWait.until(driver, slot.end, patience);
        MemorySegment.copy(slot.result, JAVA_DOUBLE, 0, result, first, b);
        long nanos = (long) (driver.millisBetween(slot.start, slot.end) * 1e6);
        if (b == plan.batch()) layerNanos = Math.max(1, nanos / p.nLayers());
        return nanos;
    }

    /** From the inputs, (r, d), to the logits, (b, vocab). */
    private void forward(long inputs, int b, BooleanSupplier cancelled) throws CancelledException {
        int t = p.seqLen();
        int rows = b * t;
        int ahead = layerNanos == 0 ? MIN_AHEAD : Math.clamp(AHEAD.toNanos() / layerNanos, MIN_AHEAD, MIN_AHEAD + p.nLayers());
        Activations a = activations;
        // The residual stream, and what is still to be added to it: 0 for nothing.
        long residual = inputs;
        long delta = 0;
        for (int layer = 0; layer < p.nLayers(); layer++) {
            GpuWeights.Layer w = weights.take();
            normalise(rows, residual, 0, 1, delta, w.attentionNorm(), a.residual, a.x);
            delta = a.projections;
            if (layer < p.nLayers() - 1) {
                attendEverywhere(w, b);
                product(rows, p.dim(), p.dim(), p.dim(), w.output(), a.x, delta);
                normalise(rows, a.residual, 0, 1, delta, w.ffnNorm(), a.residual, a.x);
                feedForward(w, rows, delta);
                residual = a.residual;
            } else {
                // Only the last position's logits are asked for: here the others serve as keys and values, no more.
                attendAtTheEnd(w, b);
                product(b, p.dim(), p.dim(), p.dim(), w.output(), a.x, delta);
                normalise(b, a.residual, t - 1, t, delta, w.ffnNorm(), a.last, a.x);
                feedForward(w, b, delta);
                residual = a.last;
            }
            weights.release();
            pace(layer, ahead, cancelled);
        }
        normalise(b, residual, 0, 1, delta, weights.finalNorm(), a.last, a.x);
        product(b, p.vocabSize(), p.dim(), p.dim(), weights.output(), a.x, a.logits);
    }

    /** {@code sum = residual + delta; out = rmsnorm(sum) * weight}, for the residual's rows first, first + step, … */
    private void normalise(int rows, long residual, long first, long step, long delta, long weight, long sum, long out) {
        kernels.normalise(stream, rows, residual, first, step, delta, weight, sum, out, p.dim(), (float) p.normEps());
    }

    /** {@code x = attention(x · wqᵀ, x · wkᵀ, x · wvᵀ)} for every position. */
    private void attendEverywhere(GpuWeights.Layer w, int b) {
        int width = p.dim() + 2 * p.kvDim();
        long qkv = activations.projections; // (r, d + 2 kv)
        product(b * p.seqLen(), width, p.dim(), p.dim(), w.query(), activations.x, qkv);
        attend(b, p.seqLen(), qkv, width, qkv + 2L * p.dim(), width);
    }

    /** {@code x = attention(…)} for the last positions alone, whose rows follow each other then. */
    private void attendAtTheEnd(GpuWeights.Layer w, int b) {
        int t = p.seqLen();
        int d = p.dim();
        long kv = activations.projections; // (r, 2 kv)
        product(b * t, 2 * p.kvDim(), d, d, w.key(), activations.x, kv);
        product(b, d, d, (long) t * d, w.query(), activations.x + 2L * (t - 1) * d, activations.query);
        attend(b, 1, activations.query, d, kv, 2L * p.kvDim());
    }

    private void attend(int b, int queries, long query, long queryStride, long key, long keyStride) {
        Attention.Sizes sizes = new Attention.Sizes(b, queries, p.seqLen(), p.nHeads(), p.nKvHeads());
        kernels.attention().run(stream, sizes, query, queryStride, key, key + 2L * p.kvDim(), keyStride, rotary, activations.x);
    }

    /** {@code out = (silu(x · w1ᵀ) * (x · w3ᵀ)) · w2ᵀ} */
    private void feedForward(GpuWeights.Layer w, int rows, long out) {
        int f = p.hiddenDim();
        Optional<HopperFfn> own = ffn.own(rows, plan.batch() * p.seqLen());
        if (own.isPresent()) {
            own.get().run(rows, activations.x, w.gate(), w.up(), activations.hidden);
        } else {
            gateAndUp(w, rows);
        }
        product(rows, p.dim(), f, f, w.down(), activations.hidden, out);
    }

    /** {@code hidden = silu(x · w1ᵀ) * (x · w3ᵀ)}, some rows at a time. */
    private void gateAndUp(GpuWeights.Layer w, int rows) {
        int f = p.hiddenDim();
        for (int row = 0; row < rows; row += plan.chunkRows()) {
            int count = Math.min(plan.chunkRows(), rows - row);
            product(count, 2 * f, p.dim(), p.dim(), w.gate(), activations.x + 2L * row * p.dim(), activations.gateUp);
            kernels.gate(stream, count, activations.gateUp, activations.hidden + 2L * row * f, f);
        }
    }

    private void product(int rows, int n, int k, long xStride, long w, long x, long d) {
        products.run(new Shape(rows, n, k, xStride), w, x, d);
    }

    /** Waits until the layer {@code ahead} layers back is done, so that the queue stays short. */
    private void pace(int layer, int ahead, BooleanSupplier cancelled) throws CancelledException {
        driver.record(layerDone[layer], stream);
        if (layer >= ahead) GpuWait.until(driver, layerDone[layer - ahead], patience);
        if (cancelled.getAsBoolean()) throw new CancelledException();
    }

    /** Goes on with half the batch; what a batch of one lacks cannot be had. */
    private void shrink(int failed, DeviceMemoryException full) {
        launching.lock();
        try {
            // The other slot may have done it meanwhile.
            if (plan.batch() < failed) return;
            GpuPlan smaller = plan.halved(p).orElseThrow(() -> full);
            LOG.log(
                    System.Logger.Level.WARNING, "out of memory with {0} nonces in a batch, on with {1}: {2}", plan.batch(), smaller.batch(),
                    full.getMessage());
            driver.synchronize(stream);
            activations.close();
            plan = smaller;
            activations = new Activations(smaller);
        } finally {
            launching.unlock();
        }
    }

    private MemorySegment rotaryTable() {
        RotaryTable table = RotaryTable.of(p);
        float[] pairs = new float[2 * table.cos().length];
        for (int i = 0; i < table.cos().length; i++) {
            pairs[2 * i] = table.cos()[i];
            pairs[2 * i + 1] = table.sin()[i];
        }
        return MemorySegment.ofArray(pairs);
    }

    private long took(String part, long begin) {
        long now = System.nanoTime();
        openingSeconds.put(part, (now - begin) * 1e-9);
        return now;
    }

    /** Frees everything; nobody may be computing. A lost context takes everything along when it is reset. */
    @Override
    public void close() {
        if (gpu.lost()) return;
        gpu.enter();
        driver.synchronize(stream);
        weights.close();
        products.close();
        tables.close();
        activations.close();
        slots.forEach(Slot::close);
        slots.clear();
        for (long event : layerDone) driver.destroyEvent(event);
    }

    /** What the batch being computed needs; there is one, as batches are computed one after the other. */
    private final class Activations implements AutoCloseable {
        private final Buffers buffers = new Buffers(gpu.memory());
        private final long residual; // (r, d)
        private final long x; // (r, d): what a block's products read
        private final long projections; // (r, d + 2 kv): queries, keys, values; then what is to be added to the residual stream
        private final long gateUp; // (chunk, 2 f)
        private final long hidden; // (r, f)
        private final long query; // (b, d): the last positions'
        private final long last; // (b, d): the last positions' residual stream
        private final long logits; // (b, vocab)

        Activations(GpuPlan plan) {
            long rows = (long) plan.batch() * p.seqLen();
            try {
                residual = buffers.alloc(2 * rows * p.dim());
                x = buffers.alloc(2 * rows * p.dim());
                projections = buffers.alloc(2 * rows * (p.dim() + 2L * p.kvDim()));
                gateUp = buffers.alloc(4L * plan.chunkRows() * p.hiddenDim());
                hidden = buffers.alloc(2 * rows * p.hiddenDim());
                query = buffers.alloc(2L * plan.batch() * p.dim());
                last = buffers.alloc(2L * plan.batch() * p.dim());
                logits = buffers.alloc(2L * plan.batch() * p.vocabSize());
            } catch (RuntimeException | Error failure) {
                buffers.close();
                throw failure;
            }
        }

        @Override
        public void close() {
            buffers.close();
        }
    }

    /** What a batch has for itself while another one is computed. */
    private final class Slot implements AutoCloseable {
        private final Buffers buffers = new Buffers(gpu.memory());
        private final long inputs; // (b, t, d)
        private final long permutations; // (b, vocab), int32
        private final long distances; // (b), float64
        private final MemorySegment result; // the same on the host
        private final long uploaded = driver.createEvent();
        private final long start = driver.createEvent();
        private final long end = driver.createEvent();

        Slot(int batch) {
            try {
                inputs = buffers.alloc(2L * batch * p.seqLen() * p.dim());
                permutations = buffers.alloc(4L * batch * p.vocabSize());
                distances = buffers.alloc(8L * batch);
                result = driver.allocHost(8L * batch);
            } catch (RuntimeException | Error failure) {
                buffers.close();
                throw failure;
            }
        }

        @Override
        public void close() {
            buffers.close();
            driver.freeHost(result);
            driver.destroyEvent(uploaded);
            driver.destroyEvent(start);
            driver.destroyEvent(end);
        }
    }
}
