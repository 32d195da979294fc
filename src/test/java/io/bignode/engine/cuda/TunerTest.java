package io.bignode.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bignode.engine.Detection;
import io.bignode.engine.DeviceException;
import io.bignode.engine.Model;
import io.bignode.poc.HostMemory;
import io.bignode.poc.ModelParams;
import io.bignode.poc.NonceInputs;
import io.bignode.poc.WeightPool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What an idle GPU measures of itself, on a simulated one whose clock says what the test wants: which way is the faster one, and what becomes of a failure. */
@Timeout(300)
class TunerTest {
    /** Two nonces of it are a batch of 256 rows on two multiprocessors. */
    private static final ModelParams PARAMS = new ModelParams(64, 2, 4, 4, 128, 1.3, 64, 1e-5, 10_000, false, 128);

    /** Only the feed-forward layer's products have as many operations. */
    private static final double MIN_OPERATIONS = 2.0 * 256 * PARAMS.hiddenDim() * PARAMS.dim();

    private static final String OWN = "ffn_sm90";
    private static final int FAVOURITE = 3;

    @TempDir
    Path folder;

    private SimulatedGpu machine;
    private CudaEngine engine;

    @BeforeEach
    void onAnIdleGpu() {
        machine = SimulatedGpu.with(1, 1L << 30);
        engine = engine(UnaryOperator.identity());
        for (int proposal = 0; proposal < ProductTrial.PROPOSALS; proposal++) machine.takes(0, "product " + proposal, proposal == FAVOURITE ? 1 : 2);
        ownTakes(1);
    }

    @AfterEach
    void close() {
        if (engine != null) engine.close(); // null where there is no simulated GPU
    }

    private CudaEngine engine(UnaryOperator<String> kernels) {
        Tuning tuning = new Tuning(folder, List.of(PARAMS), MIN_OPERATIONS, Duration.ZERO);
        CudaOptions options = new CudaOptions(
                Optional.of(machine.folder()), List.of(), (_, _) -> true, Long.MAX_VALUE, SimulatedGpu.kernels(), OwnFfn.WHERE_FASTER, false,
                Optional.of(tuning), () -> {});
        Detection.Found found = Gpus.look(options).detection().gpus().getFirst();
        NativeLibrary.Places places = NativeLibrary.Places.only(machine.folder());
        CudaLibraries libraries = new CudaLibraries(
                new CudaDriver(library(places, "libcuda.so.1")), new Nvrtc(library(places, "libnvrtc.so.13")), library(places, "libcublasLt.so.13"), "1");
        KernelCache cache = new KernelCache(libraries.nvrtc(), SimulatedGpu.kernels(), name -> kernels.apply(KernelCache.source(name)));
        return new CudaEngine(libraries, cache, found, options, Duration.ofSeconds(60), new GpuGauges(Optional.empty(), ""));
    }

    private static NativeLibrary library(NativeLibrary.Places places, String name) {
        return ((NativeLibrary.Lookup.Found) NativeLibrary.find(places, name)).library();
    }

    /** The library takes a millisecond for the product and one for the gating. */
    private void ownTakes(double millis) {
        machine.takes(0, OWN, millis);
        machine.takes(0, "swiglu", 1);
    }

    private void tuned() throws InterruptedException {
        engine.prepare();
        engine.tune(PARAMS);
    }

    private WeightPool pool() throws InterruptedException {
        return WeightPool.generate("block", PARAMS.poolSize(), 2, HostMemory.PLAIN, _ -> {});
    }

    private double[] batch() throws Exception {
        try (WeightPool pool = pool();
                Model model = engine.open(PARAMS, pool)) {
            return batch(model);
        }
    }

    private static double[] batch(Model model) throws Exception {
        try (NonceInputs inputs = model.newInputs()) {
            inputs.draw("block", "key", LongStream.range(0, model.maxBatch()).boxed().toList());
            return model.distances(inputs, () -> false).distances();
        }
    }

    /** How often our own kernel runs in a batch. */
    private long ownRuns() throws Exception {
        long before = machine.calls(0, OWN);
        batch();
        return machine.calls(0, OWN) - before;
    }

    private Path file() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList().getFirst();
        }
    }

    private String measured() throws IOException {
        return Files.readString(file());
    }

    @Test
    void whatIsFasterIsTakenAndKept() throws Exception {
        tuned();
        assertThat(machine.calls(0, "product 15")).as("a round to load it, and three to time it, of two products").isEqualTo(2 * 4);
        assertThat(measured()).contains("own our own kernel 1.000 ms, the library 2.000 ms").contains("product 256 512 64 64").contains("product 256 64 256 256");
        long before = machine.calls(0, "product " + FAVOURITE);
        assertThat(ownRuns()).as("in the layer that has every position").isEqualTo(1);
        assertThat(machine.calls(0, "product " + FAVOURITE) - before).as("the way back of the same layer").isEqualTo(1);

        engine.close();
        engine = engine(UnaryOperator.identity());
        long trials = machine.calls(0, OWN);
        tuned();
        assertThat(machine.calls(0, OWN)).as("measured once").isEqualTo(trials);
        assertThat(ownRuns()).isEqualTo(1);
    }

    @Test
    void theLibraryGoesOnWhereItIsAsFast() throws Exception {
        ownTakes(2);
        tuned();
        assertThat(measured()).contains("library our own kernel 2.000 ms, the library 2.000 ms");
        assertThat(ownRuns()).isZero();
    }

    @Test
    @Tag("full")
    void aDamagedFileIsMeasuredAnew() throws Exception {
        tuned();
        engine.close();
        byte[] content = Files.readAllBytes(file());
        for (byte[] damaged : List.of(new byte[0], new byte[] {1, 2, 3}, content)) {
            if (damaged.length > 100) damaged[100] ^= 1;
            Files.write(file(), damaged);
            ownTakes(3);
            engine = engine(UnaryOperator.identity());
            tuned();
            assertThat(measured()).contains("library our own kernel 3.000 ms");
            assertThat(ownRuns()).isZero();
            engine.close();
        }
    }

    @Test
    void aTrialThatFailsKeepsTheLibrary() throws Exception {
        machine.fail(0, "cuTensorMapEncodeTiled", 0, 1, false);
        tuned();
        assertThat(measured()).contains("library its trial failed: cuTensorMapEncodeTiled");
        assertThat(ownRuns()).isZero();
    }

    @Test
    @Tag("full")
    void aTrialThatDeviatesKeepsTheLibrary() throws Exception {
        engine.close();
        engine = engine(text -> text.replace("gated(gate[at], up[at])", "gated(up[at], gate[at])"));
        tuned();
        assertThat(measured()).contains("library it deviates: our feed-forward kernel for 1 rows of 72: value");
        assertThat(ownRuns()).isZero();
    }

    @Test
    void aTrialThatBreaksTheGpuIsNotMadeAgain() throws Exception {
        // Behind the products' trials, which launch no kernel.
        machine.fail(0, "cuLaunchKernel", 4, SimulatedGpu.ILLEGAL_ADDRESS, true);
        tuned();
        assertThat(measured()).contains("library a trial began and did not come to its end");
        long trials = machine.calls(0, OWN);
        assertThatThrownBy(this::batch).isInstanceOf(DeviceException.class);
        tuned();
        assertThat(machine.calls(0, OWN)).isEqualTo(trials);
        assertThat(ownRuns()).isZero();
    }

    @Test
    void aSessionThatComesMeanwhileWaitsForOneProduct() throws Exception {
        long idle = Gpu.WORKSPACE_BYTES;
        try (WeightPool pool = pool()) {
            machine.hold(0, "product", 5);
            engine.prepare();
            while (!machine.held(0, "product")) Thread.onSpinWait();
            assertThat(machine.allocated(0)).as("operands").isGreaterThan(idle);
            AtomicReference<Model> opened = new AtomicReference<>();
            Thread session = Thread.ofPlatform().start(() -> opened.set(engine.open(PARAMS, pool)));
            while (session.getState() != Thread.State.WAITING) Thread.onSpinWait();
            long running = machine.calls(0, "product");
            machine.release(0, "product");
            session.join();
            try (Model model = opened.get()) {
                assertThat(machine.calls(0, "product")).as("products since it came").isEqualTo(running);
                assertThat(batch(model)).hasSize(2);
            }
        }
        // Idle again, the GPU is measured to the end.
        engine.tune(PARAMS);
        assertThat(measured()).contains("ffn 256 64 256").contains("product 256 64 256 256");
        assertThat(machine.allocated(0)).as("nothing of the measurements is left").isEqualTo(idle);
    }

    @Test
    void aModelThatIsOpenGoesOnInTheFasterWay() throws Exception {
        machine.hold(0, "product", 0);
        engine.prepare();
        while (!machine.held(0, "product")) Thread.onSpinWait();
        machine.release(0, "product");
        try (WeightPool pool = pool();
                Model model = engine.open(PARAMS, pool)) {
            double[] before = batch(model);
            engine.tune(PARAMS);
            long own = machine.calls(0, OWN);
            assertThat(batch(model)).hasSameSizeAs(before);
            assertThat(machine.calls(0, OWN) - own).isEqualTo(1);
        }
    }

    @Test
    void anotherDriverOrSizeIsAnotherMeasurement() {
        Measured.FfnSize size = new Measured.FfnSize(256, 64, 256);
        Measured.of(folder, "GPU-1", "driver 1").keep(size, new Measured.Verdict(true, "faster"));
        assertThat(Measured.of(folder, "GPU-1", "driver 1").ffn(size)).hasValue(new Measured.Verdict(true, "faster"));
        assertThat(Measured.of(folder, "GPU-1", "driver 1").ffn(new Measured.FfnSize(128, 64, 256))).isEmpty();
        assertThat(Measured.of(folder, "GPU-1", "driver 2").ffn(size)).isEmpty();
        assertThat(Measured.of(folder, "GPU-2", "driver 1").ffn(size)).isEmpty();
    }

    @Test
    void ourKernelHasToProveItselfAnewAtEachStart() {
        Measured.FfnSize size = new Measured.FfnSize(256, 64, 256);
        Measured measured = Measured.of(folder, "GPU-1", "driver 1");
        measured.keep(size, new Measured.Verdict(true, "faster"));
        assertThat(measured.usesOwn()).isTrue();
        measured.distrustOwn("it deviates");
        assertThat(measured.usesOwn()).isFalse();
        assertThat(Measured.of(folder, "GPU-1", "driver 1").ffn(size)).hasValue(new Measured.Verdict(false, "it deviates"));
    }
}
