package io.bignode.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.engine.CancelledException;
import io.bignode.engine.Detection;
import io.bignode.engine.DeviceException;
import io.bignode.engine.DeviceLostException;
import io.bignode.engine.Engine;
import io.bignode.engine.Model;
import io.bignode.fixtures.Golden;
import io.bignode.json.InvalidDocumentException;
import io.bignode.json.JsonFields;
import io.bignode.poc.HostMemory;
import io.bignode.poc.ModelParams;
import io.bignode.poc.NonceInputs;
import io.bignode.poc.WeightPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The engine, its kernels and their launches on a simulated GPU: distances against the function's executable statement, and what becomes of a GPU that
 * fails. Sums are added in another order than the CPU adds them in, nothing else differs.
 */
@Timeout(300)
class CudaEngineTest {
    /** Small models differ by some 1e-7 from the golden distances; a wrong mask makes it some 5e-6. */
    private static final double BOUND = 1e-6;

    private static final double BOUND_DEV_NET = 2e-6;
    private static final long GIB = 1L << 30;

    private SimulatedGpu machine;
    private Engine engine;

    @BeforeEach
    void openTheGpu() {
        machine = SimulatedGpu.with(1, 4 * GIB);
        engine = Gpus.look(machine.options(Long.MAX_VALUE)).engines().getFirst();
        engine.prepare();
    }

    @AfterEach
    void closeTheGpu() {
        if (engine != null) engine.close();
    }

    /** A golden case: a model, nonces and their distances. */
    private record Case(JsonNode golden) {
        ModelParams params() {
            try {
                JsonFields fields = JsonFields.of(golden);
                return ModelParams.read(fields.object("params"));
            } catch (InvalidDocumentException broken) {
                throw new AssertionError(broken);
            }
        }

        String blockHash() {
            return golden.get("block_hash").asText();
        }

        double bound() {
            return toString().equals("dev-net") ? BOUND_DEV_NET : BOUND;
        }

        List<Long> nonces() {
            return StreamSupport.stream(golden.get("nonces").spliterator(), false).map(JsonNode::asLong).toList();
        }

        WeightPool pool() throws InterruptedException {
            return WeightPool.generate(blockHash(), params().poolSize(), 2, HostMemory.PLAIN, _ -> {});
        }

        void draw(NonceInputs inputs, List<Long> nonces) {
            inputs.draw(blockHash(), golden.get("public_key").asText(), nonces);
        }

        /** The largest deviation of the distances from the golden ones, of the nonces from {@code first} on. */
        double deviation(double[] distances, int first) {
            double worst = 0;
            for (int i = 0; i < distances.length; i++) {
                double off = Math.abs(distances[i] - golden.get("distances").get(first + i).asDouble());
                worst = off <= worst ? worst : off; // NaN is kept
            }
            return worst;
        }

        @Override
        public String toString() {
            return golden.get("name").asText();
        }
    }

    static Stream<Case> smallModels() {
        return StreamSupport.stream(Golden.read("small-models.json").spliterator(), false).map(Case::new);
    }

    private static Case tiny() {
        return smallModels().findFirst().orElseThrow();
    }

    /** All nonces of a case in batches of {@code batch}; the worst deviation. */
    private static double deviation(Case task, Model model, int batch) throws CancelledException {
        double worst = 0;
        try (NonceInputs inputs = model.newInputs()) {
            for (int at = 0; at < task.nonces().size(); at += batch) {
                task.draw(inputs, task.nonces().subList(at, Math.min(task.nonces().size(), at + batch)));
                double off = task.deviation(model.distances(inputs, () -> false).distances(), at);
                worst = off <= worst ? worst : off;
            }
        }
        return worst;
    }

    /** The simulator takes longer for each of these than for all others together. */
    private static final Set<String> SLOW = Set.of("head-dim-28", "dev-net");

    static Stream<Case> slowModels() {
        return smallModels().filter(task -> SLOW.contains(task.toString()));
    }

    static Stream<Case> quickModels() {
        return smallModels().filter(task -> !SLOW.contains(task.toString()));
    }

    @ParameterizedTest
    @MethodSource("quickModels")
    void distancesAreTheGoldenOnes(Case task) throws Exception {
        golden(task);
    }

    @ParameterizedTest
    @MethodSource("slowModels")
    @Tag("full")
    void distancesAreTheGoldenOnesOfLargerModelsToo(Case task) throws Exception {
        golden(task);
    }

    private void golden(Case task) throws Exception {
        try (WeightPool pool = task.pool();
                Model model = engine.open(task.params(), pool)) {
            for (int batch : new int[] {8, 3}) {
                double off = deviation(task, model, Math.min(batch, model.maxBatch()));
                System.out.printf("%s on the simulated GPU, batches of %d: max |delta| %.3g%n", task, batch, off);
                assertThat(off).isLessThanOrEqualTo(task.bound());
            }
        }
    }

    @ParameterizedTest
    @Tag("full")
    @MethodSource("quickModels")
    void distancesDoNotDependOnHowTheModelIsLaidOut(Case task) throws Exception {
        anyLayout(task);
    }

    @ParameterizedTest
    @MethodSource("slowModels")
    @Tag("full")
    void theDistancesOfLargerModelsDoNotEither(Case task) throws Exception {
        anyLayout(task);
    }

    private void anyLayout(Case task) throws Exception {
        Gpu gpu = new Gpu(libraries(), kernels(), 0, Long.MAX_VALUE);
        try (WeightPool pool = task.pool()) {
            gpu.enter();
            int t = task.params().seqLen();
            for (GpuPlan plan : List.of(new GpuPlan(2, false, Math.max(1, t / 2)), new GpuPlan(3, true, t + 1), new GpuPlan(8, false, 8 * t))) {
                try (Model model = new CudaModel(gpu, task.params(), pool, plan, Duration.ofSeconds(60), OwnFfn.NEVER)) {
                    assertThat(deviation(task, model, plan.batch())).as("%s", plan).isLessThanOrEqualTo(task.bound());
                }
            }
        } finally {
            gpu.close();
        }
    }

    private CudaLibraries libraries() {
        return new CudaLibraries(
                new CudaDriver(library("libcuda.so.1")), new Nvrtc(library("libnvrtc.so.13")), library("libcublasLt.so.13"), "simulated");
    }

    private KernelCache kernels() {
        return new KernelCache(new Nvrtc(library("libnvrtc.so.13")), SimulatedGpu.kernels());
    }

    private NativeLibrary library(String name) {
        NativeLibrary.Lookup lookup = NativeLibrary.find(
                NativeLibrary.Places.only(machine.folder()), name);
        return ((NativeLibrary.Lookup.Found) lookup).library();
    }

    @ParameterizedTest
    @Tag("full")
    @CsvSource({"1, 8, 8, 2", "130, 64, 128, 2", "257, 72, 136, 2", "128, 320, 264, 5", "700, 128, 384, 6", "300, 712, 392, 2"})
    void theHopperKernelGatesAsTheProductsDo(int rows, int dim, int width, int multiprocessors) {
        engine.close();
        machine.configure(1, 4 * GIB, multiprocessors, 9, 0);
        short[] x = normals(rows * dim, 1);
        short[] gate = normals(width * dim, 2);
        short[] up = normals(width * dim, 3);
        short[] got = hopperFfn(rows, dim, width, x, gate, up);
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < width; column++) {
                float g = half(dot(x, row, gate, column, dim));
                float expected = half((float) (g / (1.0 + Math.exp(-g)))) * half(dot(x, row, up, column, dim));
                // A sum in another order may be rounded to the neighbouring float16, in gate and in up.
                assertThat(Float.float16ToFloat(got[row * width + column])).as("row %d, column %d", row, column)
                        .isCloseTo(expected, within(4e-3f * Math.max(1, Math.abs(expected))));
            }
        }
    }

    /** What the kernel makes of x (rows, dim) and two weights (width, dim). */
    private short[] hopperFfn(int rows, int dim, int width, short[] x, short[] gate, short[] up) {
        Gpu gpu = new Gpu(libraries(), kernels(), 0, Long.MAX_VALUE);
        try (Buffers buffers = new Buffers(gpu.memory())) {
            gpu.enter();
            // The kernel asks for heads and other things only by name.
            ModelParams params = new ModelParams(dim, 1, 1, 1, 8, width / (double) (2 * 4 * dim / 3), width, 1e-5, 1e4, false, 1);
            assertThat(params.hiddenDim()).isEqualTo(width);
            long xAddress = upload(gpu, buffers, x);
            long gateAddress = upload(gpu, buffers, gate);
            long upAddress = upload(gpu, buffers, up);
            long out = buffers.alloc(2L * rows * width);
            HopperFfn.of(gpu, params).orElseThrow().run(rows, xAddress, gateAddress, upAddress, out);
            return download(gpu, out, rows * width);
        } finally {
            gpu.close();
        }
    }

    /** The gate is one of 63,488 numbers: the kernel's quotient, which corrects a reciprocal that is off by a unit, is the division's for every one of them. */
    @Test
    void theHopperKernelGatesEveryFloat16AsADivisionDoes() {
        int rows = 512;
        int width = 128;
        int dim = 136;
        short one = Float.floatToFloat16(1);
        // gate (row, column) = the bits 128 row + column, up = 1.
        short[] x = new short[rows * dim];
        short[] gate = new short[width * dim];
        short[] up = new short[width * dim];
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < width; column++) {
                short bits = (short) (row * width + column);
                x[row * dim + column] = Float.isFinite(Float.float16ToFloat(bits)) ? bits : 0;
            }
            x[row * dim + width] = one;
        }
        for (int column = 0; column < width; column++) {
            gate[column * dim + column] = one;
            up[column * dim + width] = one;
        }
        short[] got = hopperFfn(rows, dim, width, x, gate, up);
        for (int i = 0; i < got.length; i++) {
            float g = Float.float16ToFloat(x[i / width * dim + i % width]);
            // Added to zeros, minus zero is zero.
            float expected = half((g + 0f) / (1 + (float) Math.exp(-g)));
            assertThat(Float.float16ToFloat(got[i])).as("gate %s", g).isEqualTo(expected);
        }
    }

    @Test
    void theHopperKernelLeavesAGateBeyondFloat16Infinite() {
        short[] x = halves(300, 1, 0, 0, 0, 0, 0, 0);
        short[] gate = new short[64];
        short[] up = new short[64];
        for (int column = 0; column < 8; column++) {
            gate[8 * column] = Float.floatToFloat16(column == 0 ? 300 : column == 1 ? -300 : 1);
            up[8 * column + 1] = Float.floatToFloat16(1);
        }
        short[] got = hopperFfn(1, 8, 8, x, gate, up);
        // x / (1 + exp(-x)): infinity of infinity, not a number of minus infinity.
        assertThat(Float.float16ToFloat(got[0])).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(Float.float16ToFloat(got[1])).isNaN();
        assertThat(Float.float16ToFloat(got[2])).isEqualTo(300);
    }

    private static short[] halves(float... values) {
        short[] halves = new short[values.length];
        for (int i = 0; i < values.length; i++) halves[i] = Float.floatToFloat16(values[i]);
        return halves;
    }

    private static float dot(short[] a, int row, short[] b, int column, int n) {
        float sum = 0;
        for (int i = 0; i < n; i++) sum += Float.float16ToFloat(a[row * n + i]) * Float.float16ToFloat(b[column * n + i]);
        return sum;
    }

    private static float half(float value) {
        return Float.float16ToFloat(Float.floatToFloat16(value));
    }

    private static short[] normals(int count, long seed) {
        Random random = new Random(seed);
        short[] values = new short[count];
        for (int i = 0; i < count; i++) values[i] = Float.floatToFloat16((float) random.nextGaussian() * 0.3f);
        return values;
    }

    private static long upload(Gpu gpu, Buffers buffers, short[] values) {
        long address = buffers.alloc(2L * values.length);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment outside = arena.allocateFrom(ValueLayout.JAVA_SHORT, values);
            gpu.driver().copyToDevice(address, outside, outside.byteSize(), gpu.computeStream());
            gpu.driver().synchronize(gpu.computeStream());
        }
        return address;
    }

    private static short[] download(Gpu gpu, long address, int count) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment outside = arena.allocate(ValueLayout.JAVA_SHORT, count);
            gpu.driver().copyToHost(outside, address, outside.byteSize(), gpu.computeStream());
            gpu.driver().synchronize(gpu.computeStream());
            return outside.toArray(ValueLayout.JAVA_SHORT);
        }
    }

    @Test
    @Tag("full")
    void distancesAreTheGoldenOnesWithTheHopperKernelToo() throws Exception {
        Case task = slowModels().filter(one -> one.toString().equals("head-dim-28")).findFirst().orElseThrow();
        Gpu gpu = new Gpu(libraries(), kernels(), 0, Long.MAX_VALUE);
        try (WeightPool pool = task.pool()) {
            gpu.enter();
            try (Model model = new CudaModel(gpu, task.params(), pool, new GpuPlan(2, true, 64), Duration.ofSeconds(60), OwnFfn.ALWAYS)) {
                try (NonceInputs inputs = model.newInputs()) {
                    task.draw(inputs, task.nonces().subList(0, 2));
                    assertThat(task.deviation(model.distances(inputs, () -> false).distances(), 0)).isLessThanOrEqualTo(task.bound());
                }
            }
        } finally {
            gpu.close();
        }
    }

    @Test
    @Tag("full")
    void twoSlotsComputeAtATimeAndGetTheirOwnDistances() throws Exception {
        Case task = tiny();
        try (WeightPool pool = task.pool();
                Model model = engine.open(task.params(), pool);
                ExecutorService slots = Executors.newFixedThreadPool(2)) {
            List<Callable<Double>> work = new ArrayList<>();
            for (int slot = 0; slot < 2; slot++) {
                int first = 4 * slot;
                work.add(() -> {
                    double worst = 0;
                    try (NonceInputs inputs = model.newInputs()) {
                        for (int round = 0; round < 20; round++) {
                            task.draw(inputs, task.nonces().subList(first, first + 4));
                            worst = Math.max(worst, task.deviation(model.distances(inputs, () -> false).distances(), first));
                        }
                    }
                    return worst;
                });
            }
            for (Future<Double> slot : slots.invokeAll(work)) assertThat(slot.get()).isLessThanOrEqualTo(task.bound());
        }
    }

    @Test
    @Tag("full")
    void aCancelledBatchIsLostAndTheNextOneIsRight() throws Exception {
        Case task = smallModels().filter(one -> one.params().nLayers() > 3).findFirst().orElseThrow();
        Gpu gpu = new Gpu(libraries(), kernels(), 0, Long.MAX_VALUE);
        try (WeightPool pool = task.pool()) {
            gpu.enter();
            for (boolean materialised : new boolean[] {true, false}) {
                try (Model model = new CudaModel(gpu, task.params(), pool, new GpuPlan(2, materialised, 64), Duration.ofSeconds(60), OwnFfn.NEVER);
                        NonceInputs inputs = model.newInputs()) {
                    task.draw(inputs, task.nonces().subList(0, 2));
                    AtomicInteger asked = new AtomicInteger();
                    assertThatThrownBy(() -> model.distances(inputs, () -> asked.incrementAndGet() > 1)).isInstanceOf(CancelledException.class);
                    assertThat(task.deviation(model.distances(inputs, () -> false).distances(), 0)).isLessThanOrEqualTo(task.bound());
                }
            }
        } finally {
            gpu.close();
        }
    }

    @Test
    void everythingTakenIsGivenBack() throws Exception {
        Case task = tiny();
        long before = machine.allocated(0);
        try (WeightPool pool = task.pool()) {
            for (int round = 0; round < 3; round++) {
                try (Model model = engine.open(task.params(), pool);
                        Model another = engine.open(task.params(), pool)) {
                    assertThat(machine.allocated(0)).isGreaterThan(before);
                    assertThat(deviation(task, model, 8)).isLessThanOrEqualTo(task.bound());
                    assertThat(deviation(task, another, 8)).isLessThanOrEqualTo(task.bound());
                }
                assertThat(machine.allocated(0)).isEqualTo(before);
            }
        }
        assertThat(engine.peakBytes().orElseThrow()).isGreaterThan(before);
        engine.close();
        assertThat(machine.allocated(0)).isZero();
    }

    @Test
    void runningOutOfMemoryHalvesTheBatchAndGoesOn() throws Exception {
        Case task = tiny();
        try (WeightPool pool = task.pool();
                Model model = engine.open(task.params(), pool)) {
            int full = model.maxBatch();
            machine.fail(0, "cublasLtMatmul", 5, SimulatedGpu.OUT_OF_MEMORY, false);
            assertThat(deviation(task, model, 8)).isLessThanOrEqualTo(task.bound());
            assertThat(model.maxBatch()).isEqualTo(full / 2);
        }
    }

    @Test
    void aModelThatDoesNotFitAsPlannedIsOpenedSmaller() throws Exception {
        Case task = tiny();
        long before = machine.allocated(0);
        try (WeightPool pool = task.pool()) {
            machine.fail(0, "cuMemAlloc", 6, SimulatedGpu.OUT_OF_MEMORY, false);
            try (Model model = engine.open(task.params(), pool)) {
                assertThat(deviation(task, model, Math.min(8, model.maxBatch()))).isLessThanOrEqualTo(task.bound());
            }
        }
        assertThat(machine.allocated(0)).as("what the first try had taken").isEqualTo(before);
    }

    @Test
    @Tag("full")
    void theCapIsKept() throws Exception {
        Case task = smallModels().filter(one -> one.toString().equals("dev-net")).findFirst().orElseThrow();
        long cap = 200L << 20;
        engine.close();
        engine = Gpus.look(machine.options(cap)).engines().getFirst();
        engine.prepare();
        assertThat(engine.refusal(task.params())).isEmpty();
        try (WeightPool pool = task.pool();
                Model model = engine.open(task.params(), pool)) {
            assertThat(deviation(task, model, Math.min(8, model.maxBatch()))).isLessThanOrEqualTo(task.bound());
            assertThat(machine.allocated(0)).isLessThanOrEqualTo(cap);
        }
        ModelParams mainNet = new ModelParams(1792, 64, 64, 64, 8196, 10.0, 8192, 1e-5, 10_000, false, 256);
        assertThat(engine.refusal(mainNet)).hasValueSatisfying(reason -> assertThat(reason).contains("GiB", "weight pool 1.7", "cuda:0"));
        ModelParams wide = new ModelParams(1024, 1, 4, 4, 100, 1.0, 8, 1e-5, 10_000, false, 2);
        assertThat(engine.refusal(wide)).hasValueSatisfying(reason -> assertThat(reason).contains("up to 128 values", "4 of 256"));
    }

    @Test
    void aBrokenContextLosesTheDeviceAndItWorksAgainOnceItWasOpenedAnew() throws Exception {
        Case task = tiny();
        try (WeightPool pool = task.pool()) {
            Model model = engine.open(task.params(), pool);
            NonceInputs inputs = model.newInputs();
            task.draw(inputs, task.nonces());
            machine.fail(0, "cuLaunchKernel", 7, SimulatedGpu.ILLEGAL_ADDRESS, true);
            assertThatThrownBy(() -> model.distances(inputs, () -> false)).isInstanceOf(DeviceLostException.class).hasMessageContaining("ILLEGAL_ADDRESS");
            assertThatThrownBy(() -> model.distances(inputs, () -> false)).isInstanceOf(DeviceLostException.class);
            assertThatThrownBy(() -> engine.open(task.params(), pool)).isInstanceOf(DeviceLostException.class);
            inputs.close();
            model.close();
            engine.prepare();
            assertThat(machine.allocated(0)).as("what was on the broken context").isEqualTo(Gpu.WORKSPACE_BYTES);
            try (Model again = engine.open(task.params(), pool)) {
                assertThat(deviation(task, again, 8)).isLessThanOrEqualTo(task.bound());
            }
        }
    }

    @Test
    @Tag("full")
    void aGpuThatHangsIsNoticedAndWorksAgainOnceItWasReset() throws Exception {
        Case task = tiny();
        Detection.Found found = Gpus.look(machine.options(Long.MAX_VALUE)).detection().gpus().getFirst();
        engine.close();
        engine = new CudaEngine(libraries(), kernels(), found, machine.options(Long.MAX_VALUE), Duration.ofSeconds(5), new GpuGauges(Optional.empty(), ""));
        engine.prepare();
        try (WeightPool pool = task.pool()) {
            Model model = engine.open(task.params(), pool);
            NonceInputs inputs = model.newInputs();
            task.draw(inputs, task.nonces());
            machine.hang(0, 9);
            assertThatThrownBy(() -> model.distances(inputs, () -> false)).isInstanceOf(DeviceLostException.class).hasMessageContaining("no progress");
            inputs.close();
            model.close();
            engine.prepare();
            try (Model again = engine.open(task.params(), pool)) {
                assertThat(deviation(task, again, 8)).isLessThanOrEqualTo(task.bound());
            }
        }
    }

    private Engine thatProvesItself(UnaryOperator<String> kernel) {
        CudaOptions options = machine.provingOptions();
        Detection.Found found = Gpus.look(options).detection().gpus().getFirst();
        CudaLibraries libraries = libraries();
        KernelCache cache = new KernelCache(libraries.nvrtc(), SimulatedGpu.kernels(), name -> kernel.apply(KernelCache.source(name)));
        return new CudaEngine(libraries, cache, found, options, Duration.ofSeconds(60), new GpuGauges(Optional.empty(), ""));
    }

    @Test
    void aGpuThatDeviatesIsNotReadyAndSaysWhyAndIsTriedAgain() {
        AtomicBoolean wrong = new AtomicBoolean(true);
        engine.close();
        engine = thatProvesItself(text -> wrong.get() ? text.replace("widen(own[order[i]])", "widen(own[i])") : text);
        for (int attempt = 0; attempt < 2; attempt++) {
            assertThatThrownBy(engine::prepare).isInstanceOf(DeviceException.class)
                    .hasMessageContaining("cuda:0 does not compute as it should").hasMessageContaining("distances of 3 nonces: value 0 is");
        }
        assertThat(machine.allocated(0)).as("what the test took").isZero();
        wrong.set(false);
        engine.prepare();
        assertThat(engine.prove()).isEmpty();
    }

    @Test
    @Tag("full")
    void aGpuThatFailsItsTestIsTestedAgainBeforeItIsUsed() {
        engine.close();
        engine = thatProvesItself(UnaryOperator.identity());
        machine.fail(0, "cuMemAlloc", 5, SimulatedGpu.OUT_OF_MEMORY, false);
        assertThatThrownBy(engine::prepare).isInstanceOf(DeviceException.class);
        machine.fail(0, "cuLaunchKernel", 7, SimulatedGpu.ILLEGAL_ADDRESS, true);
        assertThatThrownBy(engine::prepare).isInstanceOf(DeviceLostException.class);
        long before = machine.launched(0);
        engine.prepare();
        assertThat(machine.launched(0)).isGreaterThan(before + 20);
        engine.prepare();
    }

    @Test
    void aGpuThatCannotBeResetThreeTimesIsToldOnce() throws Exception {
        AtomicInteger hopeless = new AtomicInteger();
        engine.close();
        CudaOptions usual = machine.options(Long.MAX_VALUE);
        CudaOptions options = new CudaOptions(
                usual.libraries(), usual.environments(), usual.choice(), usual.capBytes(), usual.kernelsFolder(), OwnFfn.NEVER, false, Optional.empty(),
                hopeless::incrementAndGet);
        Detection.Found found = Gpus.look(options).detection().gpus().getFirst();
        engine = new CudaEngine(libraries(), kernels(), found, options, Duration.ofSeconds(60), new GpuGauges(Optional.empty(), ""));
        engine.prepare();
        Case task = tiny();
        try (WeightPool pool = task.pool()) {
            machine.fail(0, "cuMemAlloc", 3, SimulatedGpu.ILLEGAL_ADDRESS, true);
            assertThatThrownBy(() -> engine.open(task.params(), pool)).isInstanceOf(DeviceLostException.class);
        }
        for (int failed = 1; failed <= 4; failed++) {
            machine.fail(0, "cuDevicePrimaryCtxRetain", 0, SimulatedGpu.ILLEGAL_ADDRESS, false);
            assertThatThrownBy(engine::prepare).isInstanceOf(DeviceException.class);
            assertThat(hopeless).hasValue(failed < CudaEngine.MAX_FAILED_RESETS ? 0 : 1);
        }
        engine.prepare();
    }

    @Test
    void whatIsFoundIsDescribed() {
        Detection detection = Gpus.look(machine.options(Long.MAX_VALUE)).detection();
        assertThat(detection.problem()).isEmpty();
        assertThat(detection.driver()).hasValue("580.0.simulated, CUDA 13.0");
        assertThat(detection.gpus()).singleElement().satisfies(gpu -> {
            assertThat(gpu.id()).isEqualTo("cuda:0");
            assertThat(gpu.computeCapability()).isEqualTo("9.0");
            assertThat(gpu.memoryBytes()).isEqualTo(4 * GIB);
            assertThat(gpu.uuid()).isEqualTo("GPU-005a5a5a-5a5a-5a5a-5a5a-5a5a5a5a5a5a");
            assertThat(gpu.notUsedBecause()).isEmpty();
        });
        assertThat(detection.libraries()).hasSize(4);
        engine.close();
        machine.configure(2, GIB, 2, 7, 5);
        assertThat(Gpus.look(machine.options(Long.MAX_VALUE)).detection().gpus()).hasSize(2).allSatisfy(
                gpu -> assertThat(gpu.notUsedBecause()).hasValueSatisfying(reason -> assertThat(reason).contains("7.5", "8.0")));
        machine.configure(0, GIB, 2, 9, 0);
        assertThat(Gpus.look(machine.options(Long.MAX_VALUE)).detection().problem()).hasValueSatisfying(
                problem -> assertThat(problem).contains("NO_DEVICE", "nvidia-smi"));
    }

    @Test
    void theDistancesOfABatchDoNotDependOnItsOtherNonces() throws Exception {
        Case task = tiny();
        try (WeightPool pool = task.pool();
                Model model = engine.open(task.params(), pool);
                NonceInputs inputs = model.newInputs()) {
            task.draw(inputs, task.nonces());
            double[] together = model.distances(inputs, () -> false).distances();
            for (int i = 0; i < together.length; i++) {
                task.draw(inputs, task.nonces().subList(i, i + 1));
                assertThat(model.distances(inputs, () -> false).distances()).as("nonce %d of %s", i, Arrays.toString(together)).containsExactly(together[i]);
            }
        }
    }
}
