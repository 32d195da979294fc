package io.bignode.cli.terminal;

import io.bignode.config.Setting;
import io.bignode.node.CommandException;
import io.bignode.node.ExitCode;
import java.io.PrintWriter;

/** Reports what ended a command, and chooses its exit code. */
public final class FailureReport {
    private static final System.Logger LOG = System.getLogger(FailureReport.class.getName());

    private FailureReport() {}

    /** Tells what ended a command that writes a log; returns the exit code. In a log for machines that is a line like any other. */
    public static int explain(Throwable failure, PrintWriter err, boolean jsonLog) {
        if (!jsonLog) return explain(failure, err);
        if (failure instanceof CommandException known) {
            LOG.log(System.Logger.Level.ERROR, "{0}", known.getMessage());
            return known.exitCode();
        }
        LOG.log(System.Logger.Level.ERROR, "internal error", failure);
        return ExitCode.INTERNAL;
    }

    /** Tells what ended a command; returns the exit code. */
    private static int explain(Throwable failure, PrintWriter err) {
        boolean known = failure instanceof CommandException;
        err.println("bignode: " + (known ? failure.getMessage() : "internal error: " + failure));
        if (System.getenv(Setting.DEBUG.variable()) != null) {
            failure.printStackTrace(err);
        } else if (!known) {
            err.println("bignode: run again with " + Setting.DEBUG + "=1 to see where it arose");
        }
        return failure instanceof CommandException exception ? exception.exitCode() : ExitCode.INTERNAL;
    }
}
