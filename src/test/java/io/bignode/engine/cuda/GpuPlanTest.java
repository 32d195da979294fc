package io.bignode.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.engine.cuda.GpuPlan.Room;
import io.bignode.poc.ModelParams;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** How a model is laid out on GPUs of several sizes. */
class GpuPlanTest {
    private static final ModelParams MAIN_NET = new ModelParams(1792, 64, 64, 64, 8196, 10.0, 8192, 1e-5, 10_000, false, 256);
    private static final ModelParams TEST_NET = new ModelParams(1024, 32, 32, 32, 8196, 10.0, 2048, 1e-5, 10_000, false, 128);
    private static final ModelParams DEV_NET = new ModelParams(512, 16, 16, 16, 8192, 1.3, 1024, 1e-5, 500_000, true, 4);
    private static final double H100 = 9e14;

    private static long gib(double gib) {
        return (long) (gib * (1L << 30));
    }

    /** What is free once context, workspace and the pool's copy are there. */
    private static Room room(double gib, ModelParams params, int multiprocessors, double rate) {
        return new Room(GpuMemory.usableBytes(gib(gib), Long.MAX_VALUE) - Gpu.WORKSPACE_BYTES - DevicePools.bytes(params.poolSize()), multiprocessors, rate);
    }

    @Test
    void mainNetOnAnEightyGigabyteGpuHasAllItsWeightsThereAndFillsEveryMultiprocessor() {
        GpuPlan plan = GpuPlan.of(MAIN_NET, room(79, MAIN_NET, 132, H100)).orElseThrow();
        assertThat(plan.materialised()).isTrue();
        // 66 nonces of 256 rows are 132 tiles of 128 rows: one for each multiprocessor.
        assertThat(plan.batch()).isEqualTo(66);
        assertThat(plan.chunkRows()).isEqualTo(66 * 256);
    }

    @Test
    void mainNetRunsOnEightGigabytes() {
        Room small = room(8, MAIN_NET, 24, 6e13);
        GpuPlan plan = GpuPlan.of(MAIN_NET, small).orElseThrow();
        assertThat(plan.materialised()).isFalse();
        assertThat(plan.batch()).as("about a second's work, eight at least").isEqualTo(8);
        assertThat(plan.bytes(MAIN_NET)).isLessThanOrEqualTo(small.freeBytes());
        // A large chip with little memory still fills all its multiprocessors.
        assertThat(GpuPlan.of(MAIN_NET, room(8, MAIN_NET, 132, H100)).orElseThrow().batch()).isEqualTo(66);
    }

    /** A virtual GPU may not tell its clock. */
    @Test
    void aRateThatIsUnknownDoesNotMakeBatchesOfOne() {
        assertThat(GpuPlan.of(MAIN_NET, room(79, MAIN_NET, 132, 0)).orElseThrow().batch()).isEqualTo(8);
    }

    @Test
    void consumerCardsAreRatedAtHalfOfWhatTheirChipDoesElsewhere() {
        assertThat(CudaEngine.operationsACycle("NVIDIA GeForce RTX 4090", 8, 9)).isEqualTo(512);
        assertThat(CudaEngine.operationsACycle("NVIDIA L40S", 8, 9)).isEqualTo(1024);
        assertThat(CudaEngine.operationsACycle("NVIDIA H100 80GB HBM3", 9, 0)).isEqualTo(4096);
    }

    @Test
    void testNetAndDevNetFillTheChipToo() {
        assertThat(GpuPlan.of(TEST_NET, room(79, TEST_NET, 132, H100)).orElseThrow()).isEqualTo(new GpuPlan(132, true, 132 * 128));
        assertThat(GpuPlan.of(DEV_NET, room(79, DEV_NET, 132, H100)).orElseThrow().batch()).isEqualTo(GpuPlan.MAX_BATCH);
    }

    @Test
    void whatDoesNotFitWithOneNonceIsNoPlan() {
        assertThat(GpuPlan.of(MAIN_NET, new Room(gib(1), 132, H100))).isEmpty();
        long least = new GpuPlan(1, false, MAIN_NET.seqLen()).bytes(MAIN_NET);
        assertThat(GpuPlan.of(MAIN_NET, new Room(least, 132, H100))).hasValueSatisfying(plan -> assertThat(plan.batch()).isEqualTo(1));
        assertThat(GpuPlan.of(MAIN_NET, new Room(least - 1, 132, H100))).isEmpty();
    }

    @Test
    void everyPlanFitsAndMoreMemoryNeverMeansLess() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 2000; i++) {
            int heads = 1 + random.nextInt(32);
            int dim = heads * 2 * (1 + random.nextInt(64));
            ModelParams params = new ModelParams(
                    dim, 1 + random.nextInt(40), heads, heads, 1 + random.nextInt(9000), 0.1 + 10 * random.nextDouble(), 1 + random.nextInt(512), 1e-5, 1e4,
                    false, 1 + random.nextInt(600));
            int multiprocessors = 1 + random.nextInt(160);
            double rate = Math.pow(10, 12 + 3 * random.nextDouble());
            Optional<GpuPlan> before = Optional.empty();
            for (long free = 1 << 20; free < 1L << 40; free *= 3) {
                Optional<GpuPlan> plan = GpuPlan.of(params, new Room(free, multiprocessors, rate));
                if (plan.isPresent()) {
                    assertThat(plan.get().bytes(params)).isLessThanOrEqualTo(free);
                    assertThat(plan.get().batch()).isBetween(1, GpuPlan.MAX_BATCH);
                    assertThat(plan.get().chunkRows()).isBetween(1, plan.get().batch() * params.seqLen());
                }
                assertThat(plan.map(GpuPlan::batch).orElse(0)).isGreaterThanOrEqualTo(before.map(GpuPlan::batch).orElse(0));
                before = plan;
            }
        }
    }

    @Test
    void smallerPlansNeedLessAndEnd() {
        GpuPlan plan = new GpuPlan(66, true, 66 * 256);
        int steps = 0;
        for (Optional<GpuPlan> next = plan.smaller(MAIN_NET); next.isPresent(); next = next.get().smaller(MAIN_NET)) {
            assertThat(next.get().bytes(MAIN_NET)).isLessThan(plan.bytes(MAIN_NET));
            plan = next.get();
            steps++;
        }
        assertThat(plan.batch()).isEqualTo(1);
        assertThat(steps).isEqualTo(7);
    }
}
