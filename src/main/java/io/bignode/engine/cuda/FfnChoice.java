package io.bignode.engine.cuda;

import io.bignode.engine.cuda.Measured.FfnSize;
import io.bignode.engine.cuda.Measured.Verdict;
import io.bignode.poc.ModelParams;
import java.util.Optional;

/**
 * Which way computes the first half of a model's feed-forward layer: our own kernel or the library's product with {@code swiglu.cu}. What is measured while the
 * model is open counts from the next batch on. Called by one thread at a time.
 */
final class FfnChoice {
    private final Gpu gpu;
    private final ModelParams params;
    private final OwnFfn where;
    private Optional<HopperFfn> kernel = Optional.empty();
    private int seenChanges = -1;
    private int seenRows;

    FfnChoice(Gpu gpu, ModelParams params, OwnFfn where) {
        this.gpu = gpu;
        this.params = params;
        this.where = where;
        if (where == OwnFfn.ALWAYS) kernel = HopperFfn.of(gpu, params);
    }

    /**
     * Our own kernel, where it is to compute so many rows; otherwise the library does.
     *
     * @param fullRows rows of a full batch, for which it was measured
     */
    Optional<HopperFfn> own(int rows, int fullRows) {
        if (rows < HopperFfn.MIN_ROWS) return Optional.empty();
        if (where == OwnFfn.WHERE_FASTER) look(fullRows);
        return kernel;
    }

    private void look(int fullRows) {
        int changes = gpu.measured().changes();
        if (changes == seenChanges && fullRows == seenRows) return;
        seenChanges = changes;
        seenRows = fullRows;
        boolean own = gpu.measured().ffn(new FfnSize(fullRows, params.dim(), params.hiddenDim())).map(Verdict::own).orElse(false);
        kernel = own ? HopperFfn.of(gpu, params) : Optional.empty();
    }
}
