package io.bignode.cli;

import io.bignode.lease.DeviceName;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bignode admit}. */
@Command(
        name = "admit",
        mixinStandardHelpOptions = true,
        description = "Lets a worker that drains or is in quarantine work again.",
        footerHeading = "%nThe token is the join token, from DELEGATION_JOIN_TOKEN or, for a head on this machine, from its data folder.%n")
final class AdmitCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private Operator operator;

    @Parameters(paramLabel = "WORKER", description = "Its name, as bignode workers lists it")
    @SuppressWarnings("NullAway.Init")
    private String name;

    @Override
    public Integer call() throws InterruptedException {
        if (!DeviceName.isWorker(name)) throw CommandException.usage("a name of a worker has small letters, digits and dashes");
        operator.ask("POST", "/workers/" + name + "/admit");
        spec.commandLine().getOut().println(name + " may work again");
        spec.commandLine().getOut().flush();
        return ExitCode.OK;
    }
}
