package io.bignode.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.engine.Engine;
import io.bignode.engine.Model;
import io.bignode.engine.cpu.CpuEngine;
import io.bignode.fixtures.Golden;
import io.bignode.json.JsonFields;
import io.bignode.poc.HostMemory;
import io.bignode.poc.ModelParams;
import io.bignode.poc.NonceInputs;
import io.bignode.poc.WeightPool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Distances do not depend on the order in which a block's threads take turns, to the last bit: a barrier that a kernel lacks, or shared memory that it uses again too
 * early, would show in one of the orders. On a device every order occurs.
 */
@Timeout(300)
class ThreadOrderTest {
    private static final int ASCENDING = 0;
    private static final int DESCENDING = 1;
    private static final int DRAWN = 20261124;

    static Stream<JsonNode> smallModels() {
        return StreamSupport.stream(Golden.read("small-models.json").spliterator(), false);
    }

    /** The simulator takes longer for each of these than for all others together. */
    private static final Set<String> SLOW = Set.of("head-dim-28", "dev-net");

    static Stream<JsonNode> quickModels() {
        return smallModels().filter(model -> !SLOW.contains(model.get("name").asText()));
    }

    static Stream<JsonNode> slowModels() {
        return smallModels().filter(model -> SLOW.contains(model.get("name").asText()));
    }

    @ParameterizedTest
    @MethodSource("quickModels")
    void distancesAreTheSameInEveryOrder(JsonNode golden) throws Exception {
        inEveryOrder(golden);
    }

    @ParameterizedTest
    @MethodSource("slowModels")
    @Tag("full")
    void theDistancesOfLargerModelsAreToo(JsonNode golden) throws Exception {
        inEveryOrder(golden);
    }

    private static void inEveryOrder(JsonNode golden) throws Exception {
        SimulatedGpu machine = SimulatedGpu.with(1, 4L << 30);
        ModelParams params = ModelParams.read(JsonFields.of(golden).object("params"));
        try (Engine engine = Gpus.look(machine.options(Long.MAX_VALUE)).engines().getFirst()) {
            engine.prepare();
            try (WeightPool pool = pool(golden, params);
                    Model model = engine.open(params, pool)) {
                sameInEveryOrder(machine, model, golden, 3, DESCENDING, DRAWN);
            }
        }
    }

    @Test
    @Tag("full")
    void theHopperKernelsAreToo() throws Exception {
        hopper(1, DRAWN);
    }

    @Test
    @Tag("full")
    void theHopperKernelsAreForSeveralNoncesToo() throws Exception {
        hopper(2, DESCENDING, DRAWN);
    }

    private static void hopper(int nonces, int... orders) throws Exception {
        JsonNode golden = smallModels().filter(model -> model.get("name").asText().equals("head-dim-28")).findFirst().orElseThrow();
        SimulatedGpu machine = SimulatedGpu.with(1, 4L << 30);
        ModelParams params = ModelParams.read(JsonFields.of(golden).object("params"));
        CudaLibraries libraries = new CudaLibraries(
                new CudaDriver(library(machine, "libcuda.so.1")), new Nvrtc(library(machine, "libnvrtc.so.13")), library(machine, "libcublasLt.so.13"),
                "simulated");
        Gpu gpu = new Gpu(libraries, new KernelCache(libraries.nvrtc(), SimulatedGpu.kernels()), 0, Long.MAX_VALUE);
        try (WeightPool pool = pool(golden, params)) {
            gpu.enter();
            try (Model model = new CudaModel(gpu, params, pool, new GpuPlan(2, true, 64), Duration.ofSeconds(200), OwnFfn.ALWAYS)) {
                sameInEveryOrder(machine, model, golden, nonces, orders);
            }
        } finally {
            gpu.close();
        }
    }

    /** The golden small models end within the first tile of keys; these go over several, the last one unfinished. The CPU's distances are the yardstick. */
    @ParameterizedTest
    @Tag("full")
    @ValueSource(ints = {64, 65, 150})
    void distancesAreTheSameOverSeveralTilesOfKeys(int positions) throws Exception {
        SimulatedGpu machine = SimulatedGpu.with(1, 4L << 30);
        ModelParams params = new ModelParams(48, 2, 2, 1, 96, 1.0, 32, 1e-5, 10_000, false, positions);
        try (Engine gpu = Gpus.look(machine.options(Long.MAX_VALUE)).engines().getFirst();
                Engine cpu = new CpuEngine();
                WeightPool pool = WeightPool.generate("tiles", params.poolSize(), 2, HostMemory.PLAIN, _ -> {})) {
            gpu.prepare();
            cpu.prepare();
            double[] expected = new double[1];
            for (Engine engine : List.of(cpu, gpu)) {
                try (Model model = engine.open(params, pool);
                        NonceInputs inputs = model.newInputs()) {
                    inputs.draw("tiles", "key", List.of(1L));
                    if (engine == cpu) {
                        expected = distances(machine, ASCENDING, model, inputs);
                        continue;
                    }
                    double[] ascending = distances(machine, ASCENDING, model, inputs);
                    assertThat(ascending[0]).isCloseTo(expected[0], within(2e-6));
                    assertThat(distances(machine, DESCENDING, model, inputs)).containsExactly(ascending);
                    assertThat(distances(machine, DRAWN, model, inputs)).containsExactly(ascending);
                }
            }
        }
    }

    private static void sameInEveryOrder(SimulatedGpu machine, Model model, JsonNode golden, int nonces, int... orders) throws Exception {
        try (NonceInputs inputs = model.newInputs()) {
            List<Long> some = new ArrayList<>();
            for (int i = 0; i < nonces; i++) some.add(golden.get("nonces").get(i).asLong());
            inputs.draw(golden.get("block_hash").asText(), golden.get("public_key").asText(), some);
            double[] ascending = distances(machine, ASCENDING, model, inputs);
            for (int i = 0; i < nonces; i++) assertThat(ascending[i]).isCloseTo(golden.get("distances").get(i).asDouble(), within(2e-6));
            for (int order : orders) assertThat(distances(machine, order, model, inputs)).as("order %d", order).containsExactly(ascending);
        }
    }

    private static WeightPool pool(JsonNode golden, ModelParams params) throws InterruptedException {
        return WeightPool.generate(golden.get("block_hash").asText(), params.poolSize(), 2, HostMemory.PLAIN, _ -> {});
    }

    private static NativeLibrary library(SimulatedGpu machine, String name) {
        NativeLibrary.Places places = NativeLibrary.Places.only(machine.folder());
        return ((NativeLibrary.Lookup.Found) NativeLibrary.find(places, name)).library();
    }

    private static double[] distances(SimulatedGpu machine, int order, Model model, NonceInputs inputs) throws Exception {
        machine.order(order);
        return model.distances(inputs, () -> false).distances();
    }
}
