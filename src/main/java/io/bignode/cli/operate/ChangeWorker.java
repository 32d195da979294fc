package io.bignode.cli.operate;

import io.bignode.node.CommandException;
import io.bignode.node.ExitCode;
import io.bignode.protocol.DeviceId;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** A command that changes how the head treats one worker. */
public abstract class ChangeWorker implements Callable<Integer> {
    private final String change;
    private final String done;
    private final String unknown;

    /** {@code bignode drain}. */
    @Command(
            name = "drain",
            mixinStandardHelpOptions = true,
            description = "Gives a worker no more leases. The worker finishes those that it has; stop it when bignode workers shows none of it.",
            footerHeading = Operator.TOKEN_HINT)
    public static final class Drain extends ChangeWorker {
        Drain() {
            super("drain", "gets no more leases", "there is no connected worker");
        }
    }

    /** {@code bignode admit}. */
    @Command(
            name = "admit",
            mixinStandardHelpOptions = true,
            description = "Lets a worker that drains or is in quarantine work again.",
            footerHeading = Operator.TOKEN_HINT)
    public static final class Admit extends ChangeWorker {
        Admit() {
            super("admit", "may work again", "there is no worker that drains or is in quarantine called");
        }
    }

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private Operator operator;

    @Parameters(paramLabel = "WORKER", description = "The name of the worker, as bignode workers lists it.")
    @SuppressWarnings("NullAway.Init")
    private String name;

    /**
     * A change.
     *
     * @param change  its path below the worker's
     * @param done    what is reported of the worker then, after its name
     * @param unknown what is reported where there is no such worker, before its name
     */
    private ChangeWorker(String change, String done, String unknown) {
        this.change = change;
        this.done = done;
        this.unknown = unknown;
    }

    @Override
    public Integer call() throws InterruptedException {
        if (!DeviceId.isWorker(name)) throw CommandException.usage("a name of a worker has small letters, digits and dashes");
        operator.ask("POST", "/admin/workers/" + name + "/" + change, "workers", Map.of(404, unknown + " " + name + ": bignode workers lists them"));
        spec.commandLine().getOut().println(name + " " + done);
        spec.commandLine().getOut().flush();
        return ExitCode.OK;
    }
}
