package io.bignode.cli.serve;

import io.bignode.cli.terminal.CommandEnvironment;
import io.bignode.node.EarlyPort;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code bignode serve}: the node itself. */
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description = "Serves small nodes until SIGTERM or Ctrl-C stops it.")
public final class ServeCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        return new Serve(spec.commandLine().getErr(), CommandEnvironment.of(spec), EarlyPort.NONE, EarlyPort.NO_MLNODES).run();
    }
}
