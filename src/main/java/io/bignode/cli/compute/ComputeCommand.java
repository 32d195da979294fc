package io.bignode.cli.compute;

import io.bignode.cli.terminal.CommandEnvironment;
import io.bignode.cli.terminal.Documents;
import io.bignode.node.ExitCode;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bignode compute}: distances of given nonces. */
@Command(
        name = "compute",
        mixinStandardHelpOptions = true,
        description = "Computes the distances of given nonces and prints {\"distances\": [...]}.")
public final class ComputeCommand implements Callable<Integer> {
    @Parameters(paramLabel = "CASE.json", description = "A file with block_hash, public_key, nonces and params; other fields are ignored.")
    @SuppressWarnings("NullAway.Init")
    private Path file;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        System.out.println(Documents.json().writeValueAsString(Map.of("distances", LocalDevice.distances(Case.read(file), CommandEnvironment.of(spec)))));
        return ExitCode.OK;
    }
}
