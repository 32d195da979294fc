package io.bignode.engine.cuda;

import io.bignode.engine.GoldenModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A GPU proves itself before it computes for anybody: every kernel by itself at sizes that leave tiles, warps and words of memory unfinished, one product of
 * each kind, and a whole model whose distances are known. What a driver, a compiler or a chip does otherwise than it should shows here instead of in results.
 */
final class SelfTest {
    private static final long SEED = 20261129;

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private SelfTest() {}

    /**
     * Runs it on a GPU whose context is current; what it took of the GPU's memory is free again behind it.
     *
     * @param ownFfn whether our own feed-forward kernel is to be used, and so has to prove itself as well
     * @return what deviates, a sentence each
     */
    static List<String> run(Gpu gpu, boolean ownFfn) {
        KernelChecks checks = new KernelChecks(gpu, SEED);
        for (int rows : new int[] {1, 150, 256}) {
            checks.norm(rows, 72);
            checks.swiglu(rows, 72);
            checks.attention(28, Math.max(rows, 150), rows);
        }
        // Lengths that are no multiple of eight are read value by value; longer ones than a block has threads take a second turn.
        checks.norm(3, 50);
        checks.norm(2, 2312);
        checks.swiglu(3, 50);
        checks.swiglu(2, 2312);
        for (int headDim : new int[] {32, 64, 128}) checks.attention(headDim, 150, 150);
        checks.attention(28, 600, 70);
        checks.cut();
        checks.distances(3, 516);
        // Of the kinds a layer has: projections, the feed-forward pair, its way back, the logits, and rows that lie far apart.
        checks.product(150, 168, 56, 56);
        checks.product(150, 272, 72, 72);
        checks.product(150, 72, 136, 136);
        checks.product(3, 516, 72, 72);
        checks.product(3, 72, 72, 150 * 72);
        List<String> deviations = new ArrayList<>(checks.deviations());
        GpuPlan plan = new GpuPlan(GoldenModel.nonces(), true, GoldenModel.nonces() * GoldenModel.PARAMS.seqLen());
        if (ownFfn) deviations.addAll(ownFfn(gpu));
        deviations.addAll(GoldenModel.deviations(pool -> new CudaModel(gpu, GoldenModel.PARAMS, pool, plan, PATIENCE, OwnFfn.NEVER)));
        return deviations;
    }

    /** The same for our own feed-forward kernel alone; nothing where the GPU lacks its instructions. */
    static List<String> ownFfn(Gpu gpu) {
        KernelChecks checks = new KernelChecks(gpu, SEED);
        for (int rows : new int[] {1, 150, 256}) checks.feedForward(rows, 72, 136);
        return checks.deviations();
    }
}
