package io.bignode.cli.compute;

import io.bignode.engine.CancelledException;
import io.bignode.engine.Engine;
import io.bignode.engine.Model;
import io.bignode.node.CommandException;
import io.bignode.poc.ModelParams;
import io.bignode.poc.NonceInputs;
import io.bignode.poc.ProofOrder;
import io.bignode.poc.WeightPool;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Computes nonces on one of this machine's devices. The model of the last case stays open while the next are of its block and parameters. */
final class Recomputation implements AutoCloseable {
    private final Engine engine;
    private @Nullable Opened opened;

    /** A model with its weights; what it was made of tells whether it will do for another case. */
    private record Opened(String blockHash, ModelParams params, WeightPool pool, Model model, NonceInputs inputs) implements AutoCloseable {
        @Override
        public void close() {
            try (pool; model; inputs) {
                // closed in the order opposite to that in which they were opened
            }
        }
    }

    /**
     * On the first device that the settings choose, which is ready when this returns.
     *
     * @param environment the settings
     * @throws CommandException when they choose none, or it cannot be used
     */
    Recomputation(Map<String, String> environment) {
        this.engine = LocalDevice.open(environment);
    }

    /**
     * The distances of a case's nonces, in their order.
     *
     * @param progress told how many more were computed
     * @throws CommandException when such a model cannot run here
     */
    List<Double> distances(Case task, LongConsumer progress) throws InterruptedException, CancelledException {
        ProofOrder order = task.order();
        Opened with = model(order);
        int max = Math.min(with.inputs.capacity(), with.model.maxBatch());
        List<Double> distances = new ArrayList<>(task.nonces().size());
        while (distances.size() < task.nonces().size()) {
            List<Long> batch = task.nonces().subList(distances.size(), Math.min(task.nonces().size(), distances.size() + max));
            with.inputs.draw(order.blockHash(), order.publicKey(), batch);
            for (double distance : LocalDevice.distances(engine, batch, with.model.distances(with.inputs, () -> false))) distances.add(distance);
            progress.accept(batch.size());
        }
        return distances;
    }

    private Opened model(ProofOrder order) throws InterruptedException {
        if (opened != null && opened.blockHash.equals(order.blockHash()) && opened.params.equals(order.params())) return opened;
        // Two models at once may not fit.
        drop();
        LocalDevice.require(engine, order.params());
        WeightPool pool = LocalDevice.pool(engine, order.blockHash(), order.params());
        Opened fresh;
        try {
            fresh = open(order, pool);
        } catch (RuntimeException | Error e) {
            pool.close();
            throw e;
        }
        opened = fresh;
        return fresh;
    }

    private Opened open(ProofOrder order, WeightPool pool) {
        Model model = engine.open(order.params(), pool);
        try {
            return new Opened(order.blockHash(), order.params(), pool, model, model.newInputs());
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    private void drop() {
        if (opened != null) opened.close();
        opened = null;
    }

    @Override
    public void close() {
        drop();
        engine.close();
    }
}
