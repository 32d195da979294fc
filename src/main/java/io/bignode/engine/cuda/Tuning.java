package io.bignode.engine.cuda;

import io.bignode.poc.ModelParams;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What is measured while a GPU is idle.
 *
 * @param folder        where the outcome is kept
 * @param expected      models that are measured before anybody asks for them
 * @param minOperations operations from which on a product is worth measuring
 * @param quiet         how long nobody must have computed
 */
public record Tuning(Path folder, List<ModelParams> expected, double minOperations, Duration quiet) {
    /** A good millisecond of a large chip. */
    public static final double MIN_OPERATIONS = 1e11;

    /** Longer than the pause between two leases of a session. */
    public static final Duration QUIET = Duration.ofSeconds(2);

    /** Copies the list. */
    public Tuning {
        expected = List.copyOf(expected);
    }

    /** As a node tunes its GPUs: for the models of the networks. */
    public static Tuning of(Path folder) {
        return new Tuning(folder, List.of(ModelParams.MAIN_NET, ModelParams.TEST_NET), MIN_OPERATIONS, QUIET);
    }
}
