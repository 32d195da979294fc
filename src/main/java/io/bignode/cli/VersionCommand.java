package io.bignode.cli;

import io.bignode.node.ExitCode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code bignode version}. */
@Command(name = "version", mixinStandardHelpOptions = true, description = "Prints this program's version and its Java's.")
final class VersionCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().getOut().println(new BigNodeCommand.Version().getVersion()[0]);
        spec.commandLine().getOut().flush();
        return ExitCode.OK;
    }
}
