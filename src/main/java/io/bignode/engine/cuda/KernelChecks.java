package io.bignode.engine.cuda;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.bignode.engine.cuda.CublasLt.Shape;
import io.bignode.poc.ModelParams;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Holds each kernel, and the library's products, against {@link KernelReference}, one launch at a time with random operands of unit scale. The distances of a
 * whole model hide mistakes: with weights of deviation 0.02 a block adds less than half a unit of float16 to most of what passes through it.
 */
final class KernelChecks {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** Units in the last place of float16 by which a sum in another order may round differently, twice over. */
    private static final double TWO_ROUNDINGS = 2.5e-3;

    /**
     * Where a score, or its quotient by the root, rounds the other way, the probability of its key changes by up to 0.8 %: quotients of these operands reach 8, where
     * two float16 are 1/128 apart. Two keys that share a query's attention, with values some 3 apart, move an output by a quarter of that: 6e-3. A sum of
     * another order does that to one score in a thousand; {@code SelfTestTest} has seen how far the outputs go. A mistake moves them by tenths.
     */
    static final double ATTENTION = 1e-2;

    /** Gate and up may each round to the neighbouring float16, and the quotient of a gate that did. */
    static final double FFN_RELATIVE = 4e-3;

    static final double FFN_ABSOLUTE = 2e-3;

    private static final int MAIN_NET_HEAD = 28;
    private static final int MAIN_NET_POSITIONS = 256;

    private final Gpu gpu;
    private final CudaDriver driver;
    private final long stream;
    private final Random random;
    private final Kernels kernels;
    private final List<String> deviations = new ArrayList<>();

    /**
     * Checks on a GPU whose context is current.
     *
     * @param seed what operands are drawn from
     */
    KernelChecks(Gpu gpu, long seed) {
        this.gpu = gpu;
        this.driver = gpu.driver();
        this.stream = gpu.computeStream();
        this.random = new Random(seed);
        this.kernels = Kernels.load(gpu, MAIN_NET_HEAD, MAIN_NET_POSITIONS);
    }

    /** What deviated so far, a sentence each. */
    List<String> deviations() {
        return List.copyOf(deviations);
    }

    /** {@code norm.cu}: rows that are aligned and that are not, with and without an addition, every row or each nonce's last. */
    void norm(int rows, int dim) {
        for (boolean adds : new boolean[] {true, false}) {
            int step = adds ? 1 : 3;
            int first = step - 1;
            float[] residual = normals(rows * step * dim, 1);
            float[] delta = normals(rows * dim, 1);
            float[] weight = normals(dim, 1);
            KernelReference.Normalised expected = KernelReference.normalise(rows, residual, first, step, adds ? delta : new float[0], weight, 1e-5f);
            try (Buffers buffers = new Buffers(gpu.memory())) {
                long sum = buffers.alloc(2L * rows * dim);
                long out = buffers.alloc(2L * rows * dim);
                kernels.normalise(
                        stream, rows, upload(buffers, residual), first, step, adds ? upload(buffers, delta) : 0, upload(buffers, weight), sum, out, dim, 1e-5f);
                String what = "addition and norm of " + rows + " rows of " + dim;
                compare(what, download(sum, rows * dim), expected.sum(), 0, 0);
                compare(what, download(out, rows * dim), expected.out(), TWO_ROUNDINGS, 1e-6);
            }
        }
    }

    /** {@code swiglu.cu}. */
    void swiglu(int rows, int width) {
        float[] gateUp = normals(rows * 2 * width, 2);
        try (Buffers buffers = new Buffers(gpu.memory())) {
            long out = buffers.alloc(2L * rows * width);
            kernels.gate(stream, rows, upload(buffers, gateUp), out, width);
            compare("gating of " + rows + " rows of " + width, download(out, rows * width), KernelReference.gate(rows, gateUp, width), TWO_ROUNDINGS, 1e-6);
        }
    }

    /** {@code attention.cu} or {@code attention_short.cu} for heads of one width. */
    void attention(int headDim, int positions, int queries) {
        Attention kernel = Attention.of(gpu, headDim, positions);
        Attention.Sizes sizes = new Attention.Sizes(1, queries, positions, 2, 1);
        float[] query = normals(queries * 2 * headDim, 1.5);
        float[] key = normals(positions * headDim, 1.5);
        float[] value = normals(positions * headDim, 1);
        float[] rotary = new float[positions * headDim];
        for (int i = 0; i < rotary.length; i += 2) {
            double angle = 2 * Math.PI * random.nextDouble();
            rotary[i] = KernelReference.half(Math.cos(angle));
            rotary[i + 1] = KernelReference.half(Math.sin(angle));
        }
        try (Buffers buffers = new Buffers(gpu.memory())) {
            long out = buffers.alloc(4L * queries * headDim);
            kernel.run(
                    stream, sizes, upload(buffers, query), 2L * headDim, upload(buffers, key), upload(buffers, value), headDim,
                    upload(buffers, MemorySegment.ofArray(rotary)), out);
            compare(
                    "attention of heads of " + headDim + ", " + queries + " queries of " + positions + " positions", download(out, 2 * queries * headDim),
                    KernelReference.attention(sizes, headDim, query, key, value, rotary), 0, ATTENTION);
        }
    }

    /** {@code weights.cu}: slices that begin anywhere in sixteen bytes, and a tensor larger than the pool. */
    void cut() {
        Kernel cut = GpuWeights.kernel(gpu);
        int poolSize = 5003;
        float[] pool = normals(poolSize, 1);
        try (Buffers buffers = new Buffers(gpu.memory())) {
            // The kernel may read a few values beyond the pool's end.
            float[] padded = Arrays.copyOf(pool, poolSize + 16);
            long address = upload(buffers, padded);
            for (int start = 16; start < 24; start++) {
                int elements = 4097 - start;
                cut(cut, address, pool, start, elements);
            }
            cut(cut, address, pool, 77, 12_001);
        }
    }

    private void cut(Kernel kernel, long address, float[] pool, int start, int elements) {
        float[] expected = new float[elements];
        for (int i = 0; i < elements; i++) expected[i] = pool[elements > pool.length ? (start + i) % elements % pool.length : start + i];
        try (Buffers buffers = new Buffers(gpu.memory())) {
            long out = buffers.alloc(2L * elements);
            GpuWeights.cut(kernel, stream, address, pool.length, start, elements, out);
            compare("cutting " + elements + " values from " + start, download(out, elements), expected, 0, 0);
        }
    }

    /** {@code distances.cu}. */
    void distances(int nonces, int vocab) {
        float[] logits = normals(nonces * vocab, 1);
        double[] target = new double[vocab];
        for (int i = 0; i < vocab; i++) target[i] = random.nextGaussian() / Math.sqrt(vocab);
        int[] permutations = new int[nonces * vocab];
        for (int i = 0; i < permutations.length; i++) {
            int other = i / vocab * vocab + random.nextInt(i % vocab + 1);
            permutations[i] = permutations[other];
            permutations[other] = i % vocab;
        }
        try (Buffers buffers = new Buffers(gpu.memory())) {
            long out = buffers.alloc(8L * nonces);
            kernels.distances(
                    stream, nonces, upload(buffers, logits), upload(buffers, MemorySegment.ofArray(permutations)),
                    upload(buffers, MemorySegment.ofArray(target)), out, vocab);
            double[] got = fetch(out, 8L * nonces).toArray(JAVA_DOUBLE);
            double[] expected = KernelReference.distances(nonces, logits, permutations, target);
            for (int i = 0; i < nonces; i++) {
                if (!(Math.abs(got[i] - expected[i]) <= 1e-9)) note("distances of " + nonces + " nonces", i, got[i], expected[i]);
            }
        }
    }

    /** A product of the library's. */
    void product(int rows, int n, int k, int xStride) {
        float[] x = normals(rows * xStride, 1);
        float[] w = normals(n * k, 1);
        try (Buffers buffers = new Buffers(gpu.memory());
                Products products = new Products(gpu)) {
            long out = buffers.alloc(2L * rows * n);
            products.run(new Shape(rows, n, k, xStride), upload(buffers, w), upload(buffers, x), out);
            compare(
                    "a product of " + rows + " × " + n + " × " + k, download(out, rows * n), KernelReference.product(rows, n, k, x, xStride, w), 1.1e-3,
                    1e-5 * k);
        }
    }

    /** {@code ffn_sm90.cu}; nothing where the GPU is no Hopper. */
    void feedForward(int rows, int dim, int width) {
        // The kernel asks for these two sizes only.
        int unmultiplied = 8 * dim / 3;
        ModelParams params = new ModelParams(dim, 1, 1, 1, 8, (double) width / unmultiplied, width, 1e-5, 1e4, false, 1);
        HopperFfn kernel = HopperFfn.of(gpu, params).orElse(null);
        if (kernel == null) return;
        float[] x = normals(rows * dim, 1);
        float[] gate = normals(width * dim, 1 / Math.sqrt(dim));
        float[] up = normals(width * dim, 1 / Math.sqrt(dim));
        float[] gates = KernelReference.product(rows, width, dim, x, dim, gate);
        float[] ups = KernelReference.product(rows, width, dim, x, dim, up);
        float[] expected = new float[rows * width];
        for (int i = 0; i < expected.length; i++) expected[i] = KernelReference.gated(gates[i], ups[i]);
        try (Buffers buffers = new Buffers(gpu.memory())) {
            long out = buffers.alloc(2L * rows * width);
            kernel.run(rows, upload(buffers, x), upload(buffers, gate), upload(buffers, up), out);
            compare("our feed-forward kernel for " + rows + " rows of " + dim, download(out, rows * width), expected, FFN_RELATIVE, FFN_ABSOLUTE);
        }
    }

    /** Notes the first value that is off by more than it may be, and one that is no number. */
    private void compare(String what, float[] got, float[] expected, double relative, double absolute) {
        for (int i = 0; i < got.length; i++) {
            if (Math.abs(got[i] - expected[i]) <= relative * Math.abs(expected[i]) + absolute) continue;
            note(what, i, got[i], expected[i]);
            return;
        }
    }

    private void note(String what, int index, double got, double expected) {
        deviations.add(String.format(Locale.ROOT, "%s: value %d is %.6g and should be %.6g", what, index, got, expected));
    }

    private float[] normals(int count, double deviation) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) values[i] = KernelReference.half(deviation * random.nextGaussian());
        return values;
    }

    private long upload(Buffers buffers, float[] values) {
        short[] halves = new short[values.length];
        for (int i = 0; i < halves.length; i++) halves[i] = Float.floatToFloat16(values[i]);
        return upload(buffers, MemorySegment.ofArray(halves));
    }

    private long upload(Buffers buffers, MemorySegment values) {
        return buffers.upload(driver, values, stream);
    }

    private float[] download(long address, int count) {
        short[] halves = fetch(address, 2L * count).toArray(JAVA_SHORT);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) values[i] = Float.float16ToFloat(halves[i]);
        return values;
    }

    /** What is there once all that was launched is done; a GPU that does not come to an end is lost rather than waited for. */
    private MemorySegment fetch(long address, long bytes) {
        long done = driver.createEvent();
        try {
            MemorySegment outside = Arena.ofAuto().allocate(bytes, 8);
            driver.copyToHost(outside, address, bytes, stream);
            driver.record(done, stream);
            GpuWait.until(driver, done, LIMIT);
            return outside;
        } finally {
            driver.destroyEvent(done);
        }
    }
}
