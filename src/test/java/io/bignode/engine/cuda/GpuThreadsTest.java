package io.bignode.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bignode.engine.Engine;
import io.bignode.engine.Model;
import io.bignode.poc.HostMemory;
import io.bignode.poc.ModelParams;
import io.bignode.poc.NonceInputs;
import io.bignode.poc.WeightPool;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A context is current for a thread of the system: what happens on several GPUs at a time stays with each of them. */
@Timeout(300)
class GpuThreadsTest {
    private static final ModelParams PARAMS = new ModelParams(48, 2, 2, 1, 96, 1.0, 32, 1e-5, 10_000, false, 8);

    @TempDir
    Path none;

    /** @param kernels where they are kept; in an empty folder there are none yet */
    private List<Engine> prepared(int gpus, Path kernels) {
        SimulatedGpu machine = SimulatedGpu.with(gpus, 2L << 30);
        CudaOptions options = new CudaOptions(Optional.of(machine.folder()), List.of(), (_, _) -> true, Long.MAX_VALUE, kernels, OwnFfn.NEVER, false, Optional.empty(), () -> {});
        List<Engine> engines = Gpus.look(options).engines();
        engines.forEach(Engine::prepare);
        return engines;
    }

    /** The kernels are compiled once, by the first; the others wait for it and then load them. */
    @Test
    @Tag("full")
    void gpusThatWarmTogetherComputeTheSame() throws Exception {
        List<Engine> engines = prepared(4, none);
        List<Thread> warming = engines.stream().map(engine -> engine.warmAside(PARAMS)).toList();
        for (Thread thread : warming) {
            assertThat(thread.isVirtual()).isFalse();
            thread.join();
        }
        Set<List<Double>> distances = new HashSet<>();
        try (WeightPool pool = WeightPool.generate("tiles", PARAMS.poolSize(), 2, HostMemory.PLAIN, _ -> {})) {
            for (Engine engine : engines) {
                try (Model model = engine.open(PARAMS, pool);
                        NonceInputs inputs = model.newInputs()) {
                    inputs.draw("tiles", "key", List.of(1L));
                    List<Double> found = new ArrayList<>();
                    for (double distance : model.distances(inputs, () -> false).distances()) found.add(distance);
                    distances.add(found);
                }
            }
        } finally {
            engines.forEach(Engine::close);
        }
        assertThat(distances).hasSize(1);
    }

    @Test
    void aVirtualThreadIsRefusedWhateverItAsksOfAGpu() {
        Engine engine = prepared(1, SimulatedGpu.kernels()).getFirst();
        try (WeightPool pool = WeightPool.generate("tiles", PARAMS.poolSize(), 2, HostMemory.PLAIN, _ -> {})) {
            refused(() -> engine.warm(PARAMS));
            refused(() -> engine.open(PARAMS, pool));
            refused(() -> engine.matrixRate(PARAMS, 1, 64));
            try (Model model = engine.open(PARAMS, pool)) {
                refused(model::newInputs);
                refused(model::close);
            }
            refused(engine::close);
        } catch (InterruptedException stop) {
            throw new AssertionError(stop);
        } finally {
            engine.close();
        }
    }

    private static void refused(Runnable call) {
        CompletableFuture<Void> future = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                call.run();
                future.complete(null);
            } catch (RuntimeException refusal) {
                future.completeExceptionally(refusal);
            }
        });
        assertThatThrownBy(future::join).isInstanceOf(CompletionException.class).cause().isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("virtual thread");
    }

    /** The simulator notices what a driver does: a module belongs to the context it was loaded in. */
    @Test
    void aKernelOfAnotherGpuCannotBeLaunched() {
        SimulatedGpu machine = SimulatedGpu.with(2, 1L << 30);
        NativeLibrary.Places places = NativeLibrary.Places.only(machine.folder());
        CudaDriver driver = new CudaDriver(((NativeLibrary.Lookup.Found) NativeLibrary.find(places, "libcuda.so.1")).library());
        Nvrtc compiler = new Nvrtc(((NativeLibrary.Lookup.Found) NativeLibrary.find(places, "libnvrtc.so.13")).library());
        CudaLibraries libraries =
                new CudaLibraries(driver, compiler, ((NativeLibrary.Lookup.Found) NativeLibrary.find(places, "libcublasLt.so.13")).library(), "simulated");
        KernelCache cache = new KernelCache(compiler, SimulatedGpu.kernels());
        try (Gpu first = new Gpu(libraries, cache, 0, Long.MAX_VALUE);
                Gpu second = new Gpu(libraries, cache, 1, Long.MAX_VALUE)) {
            first.enter();
            Kernel kernel = first.kernel("swiglu.cu", "swiglu");
            second.enter();
            long memory = second.memory().alloc(1024);
            assertThatThrownBy(() -> kernel.launch(second.computeStream(), Kernel.Grid.of(1), 256, memory, memory, 8)).hasMessageContaining("INVALID_HANDLE");
            second.memory().free(memory);
        }
    }
}
