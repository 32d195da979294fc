package io.bignode.cli.operate;

import java.io.PrintWriter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The same for commands that show what the head answers: who reads it, and where it is printed. */
final class OperatorView extends Operator {
    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init")
    private CommandSpec command;

    @Option(names = "--json", description = "As JSON")
    private boolean json;

    /** Whether a program reads it. */
    boolean json() {
        return json;
    }

    /** Where it is printed. */
    PrintWriter out() {
        return command.commandLine().getOut();
    }
}
