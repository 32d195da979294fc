package io.bignode.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bignode.engine.Engine;
import io.bignode.engine.Model;
import io.bignode.poc.HostMemory;
import io.bignode.poc.ModelParams;
import io.bignode.poc.NonceInputs;
import io.bignode.poc.WeightPool;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a device does for a model before its weights are there. */
@Timeout(300)
class ColdStartTest {
    /** Its pool is drawn in several pieces. */
    private static final ModelParams PARAMS = new ModelParams(512, 2, 16, 16, 512, 1.0, 2048, 1e-5, 10_000, false, 8);

    private static final long POOL_SIZE = 600_000;
    private static final String COPIES = "cuMemcpyHtoDAsync";

    private SimulatedGpu machine;
    private Engine engine;

    @BeforeEach
    void onAReadyGpu() {
        machine = SimulatedGpu.with(1, 1L << 30);
        engine = Gpus.look(machine.options(Long.MAX_VALUE)).engines().getFirst();
        engine.prepare();
    }

    @AfterEach
    void close() {
        if (engine != null) engine.close(); // null where there is no simulated GPU
    }

    /** A draw by one thread that stops behind its first piece until it may go on. */
    private final class Draw implements AutoCloseable {
        private final CountDownLatch firstPiece = new CountDownLatch(1);
        private final CountDownLatch mayGoOn = new CountDownLatch(1);
        private final AtomicReference<Engine.EarlyCopy> early = new AtomicReference<>();
        private final ExecutorService threads = Executors.newSingleThreadExecutor();
        private final Future<WeightPool> pool = threads.submit(
                () -> WeightPool.generate("block", POOL_SIZE, 1, HostMemory.PLAIN, drawn -> early.set(engine.copyAside(drawn)), _ -> behindAPiece()));

        private void behindAPiece() {
            firstPiece.countDown();
            try {
                mayGoOn.await();
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(stop);
            }
        }

        @Override
        public void close() {
            threads.shutdownNow();
        }
    }

    private static double[] distances(Model model) throws Exception {
        try (NonceInputs inputs = model.newInputs()) {
            inputs.draw("block", "key", LongStream.range(0, 2).boxed().toList());
            return model.distances(inputs, () -> false).distances();
        }
    }

    @Test
    void thePoolIsCopiedWhileItIsDrawn() throws Exception {
        double[] followed;
        try (Draw draw = new Draw()) {
            draw.firstPiece.await();
            while (machine.calls(0, COPIES) == 0) Thread.onSpinWait();
            assertThat(draw.pool).as("the draw stands still").isNotDone();
            draw.mayGoOn.countDown();
            try (WeightPool pool = draw.pool.get();
                    Model model = engine.open(PARAMS, pool)) {
                draw.early.get().close();
                assertThat(machine.calls(0, "cuMemHostAlloc")).as("two buffers that the pool passes through once, and two slots' results").isEqualTo(2 + 2);
                followed = distances(model);
            }
        }
        assertThat(machine.allocated(0)).as("nothing is left").isEqualTo(Gpu.WORKSPACE_BYTES);
        try (WeightPool pool = WeightPool.generate("block", POOL_SIZE, 2, HostMemory.PLAIN, _ -> {});
                Model model = engine.open(PARAMS, pool)) {
            assertThat(distances(model)).isEqualTo(followed);
        }
    }

    @Test
    void anEarlyCopyThatNobodyUsesIsGivenUp() throws Exception {
        try (Draw draw = new Draw()) {
            draw.mayGoOn.countDown();
            try (WeightPool _ = draw.pool.get()) {
                draw.early.get().close();
                assertThat(machine.allocated(0)).isEqualTo(Gpu.WORKSPACE_BYTES);
            }
        }
    }

    @Test
    void aDrawThatIsGivenUpLeavesNothingBehind() throws Exception {
        try (Draw draw = new Draw()) {
            draw.firstPiece.await();
            while (machine.calls(0, COPIES) == 0) Thread.onSpinWait();
            draw.threads.shutdownNow();
            draw.mayGoOn.countDown();
            assertThatThrownBy(draw.pool::get).hasCauseInstanceOf(InterruptedException.class);
            draw.early.get().close();
            assertThat(machine.allocated(0)).isEqualTo(Gpu.WORKSPACE_BYTES);
        }
    }

    @Test
    void aGpuWithoutRoomForAnEarlyCopyOpensTheModelLater() throws Exception {
        machine.fail(0, "cuMemAlloc", 0, SimulatedGpu.OUT_OF_MEMORY, false);
        try (Draw draw = new Draw()) {
            draw.mayGoOn.countDown();
            try (WeightPool pool = draw.pool.get()) {
                draw.early.get().close();
                try (Model model = engine.open(PARAMS, pool)) {
                    assertThat(distances(model)).hasSize(2);
                }
            }
        }
    }

    /** Page-locked memory for two batches' inputs, and the library's answers for every product of a batch: both are at hand when the weights are. */
    @Test
    void warmLeavesNeitherMemoryNorQuestionsToTheFirstBatch() throws Exception {
        engine.warm(PARAMS);
        long asked = machine.calls(0, "cublasLtMatmulAlgoGetHeuristic");
        assertThat(asked).isPositive();
        try (WeightPool pool = WeightPool.generate("block", PARAMS.poolSize(), 2, HostMemory.PLAIN, _ -> {});
                Model model = engine.open(PARAMS, pool)) {
            long locked = machine.calls(0, "cuMemHostAlloc");
            try (NonceInputs one = model.newInputs();
                    NonceInputs two = model.newInputs()) {
                assertThat(machine.calls(0, "cuMemHostAlloc")).isEqualTo(locked);
                one.draw("block", "key", LongStream.range(0, model.maxBatch()).boxed().toList());
                two.draw("block", "key", LongStream.range(0, 1).boxed().toList());
                model.distances(one, () -> false);
                model.distances(two, () -> false);
                assertThat(machine.calls(0, "cublasLtMatmulAlgoGetHeuristic")).isEqualTo(asked);
            }
        }
    }
}
