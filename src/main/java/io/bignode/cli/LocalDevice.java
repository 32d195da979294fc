package io.bignode.cli;

import io.bignode.engine.CancelledException;
import io.bignode.engine.Distances;
import io.bignode.engine.Engine;
import io.bignode.engine.Model;
import io.bignode.engine.cpu.CpuEngine;
import io.bignode.poc.ModelParams;
import io.bignode.poc.NonceInputs;
import io.bignode.poc.Target;
import io.bignode.poc.WeightPool;
import java.util.ArrayList;
import java.util.List;

/** This machine's device, for commands that compute without a server. */
final class LocalDevice {
    private LocalDevice() {}

    /** Opens the device. */
    static Engine open() {
        return new CpuEngine();
    }

    /** Ends the command when a model of this shape cannot run on the device. */
    static void require(Engine engine, ModelParams params) {
        engine.refusal(params).ifPresent(reason -> {
            throw CommandException.environment(reason);
        });
    }

    /** Draws a pool with all cores. */
    static WeightPool pool(Engine engine, String blockHash, ModelParams params) throws InterruptedException {
        try (Progress progress = new Progress("weight pool", params.poolSize(), "M values", 1_000_000)) {
            return WeightPool.generate(blockHash, params.poolSize(), Runtime.getRuntime().availableProcessors(), engine.poolMemory(), progress::add);
        }
    }

    /** The distances of a case's nonces, in their order. */
    static List<Double> distances(Case task) throws InterruptedException, CancelledException {
        List<Double> distances = new ArrayList<>();
        ModelParams params = task.order().params();
        try (Engine engine = open()) {
            require(engine, params);
            Target target = Target.of(task.order().blockHash(), params.vocabSize());
            try (WeightPool pool = pool(engine, task.order().blockHash(), params);
                    Model model = engine.open(params, pool);
                    Progress progress = new Progress("nonces", task.nonces().size(), "", 1)) {
                for (int at = 0; at < task.nonces().size(); at += model.maxBatch()) {
                    List<Long> batch = task.nonces().subList(at, Math.min(task.nonces().size(), at + model.maxBatch()));
                    NonceInputs inputs = NonceInputs.draw(task.order().blockHash(), task.order().publicKey(), params, batch);
                    for (double distance : Distances.of(model, task.order(), target, inputs, () -> false)) {
                        distances.add(distance);
                    }
                    progress.add(batch.size());
                }
            }
        }
        return distances;
    }
}
