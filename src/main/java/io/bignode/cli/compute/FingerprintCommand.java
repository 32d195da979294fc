package io.bignode.cli.compute;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.cli.terminal.CommandEnvironment;
import io.bignode.engine.Engine;
import io.bignode.node.ExitCode;
import io.bignode.poc.HostMemory;
import io.bignode.poc.ModelParams;
import io.bignode.poc.NonceInputs;
import io.bignode.poc.WeightPool;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bignode fingerprint}: digests by which two nodes compare what they compute. */
@Command(
        name = "fingerprint",
        mixinStandardHelpOptions = true,
        description = "Prints digests of the weight pool and of the first nonce's input, so that two nodes can compare what they compute.")
public final class FingerprintCommand implements Callable<Integer> {
    @Parameters(paramLabel = "CASE.json", description = "A file with block_hash, public_key, nonces and params; other fields are ignored.")
    @SuppressWarnings("NullAway.Init")
    private Path file;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Case task = Case.read(file);
        ModelParams params = task.order().params();
        ObjectNode answer = JsonNodeFactory.instance.objectNode().put("pool_size", params.poolSize());
        try (Engine engine = LocalDevice.open(CommandEnvironment.of(spec))) {
            LocalDevice.require(engine, params);
            try (WeightPool pool = LocalDevice.pool(engine, task.order().blockHash(), params)) {
                answer.put("pool_sha256_f16", pool.sha256());
            }
        }
        try (NonceInputs first = new NonceInputs(params, 1, HostMemory.PLAIN)) {
            first.draw(task.order().blockHash(), task.order().publicKey(), task.nonces().subList(0, 1));
            answer.put("first_input_sha256_f16", first.firstSha256());
        }
        System.out.println(answer);
        return ExitCode.OK;
    }
}
