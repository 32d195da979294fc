package io.bignode.cli.operate;

import io.bignode.node.CommandException;
import io.bignode.node.ExitCode;
import io.bignode.protocol.DeviceId;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** A command that has the head treat one worker otherwise from now on. */
abstract class ChangeWorker implements Callable<Integer> {
    private final String change;
    private final String told;
    private final String otherwise;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private Operator operator;

    @Parameters(paramLabel = "WORKER", description = "Its name, as bignode workers lists it")
    @SuppressWarnings("NullAway.Init")
    private String name;

    /**
     * A change.
     *
     * @param change    its path below the worker's
     * @param told      what is said of the worker then
     * @param otherwise what is said where there is no such worker; its name follows
     */
    ChangeWorker(String change, String told, String otherwise) {
        this.change = change;
        this.told = told;
        this.otherwise = otherwise;
    }

    @Override
    public Integer call() throws InterruptedException {
        if (!DeviceId.isWorker(name)) throw CommandException.usage("a name of a worker has small letters, digits and dashes");
        operator.ask("POST", "/admin/workers/" + name + "/" + change, "workers", Map.of(404, otherwise + " " + name + ": bignode workers lists them"));
        spec.commandLine().getOut().println(name + " " + told);
        spec.commandLine().getOut().flush();
        return ExitCode.OK;
    }
}
