package io.bignode.cli;

import io.bignode.config.InvalidSettingsException;
import java.io.PrintWriter;
import java.util.stream.Collectors;

/** Ends a command with a message that names what is wrong and the fix. */
final class CommandException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final System.Logger LOG = System.getLogger(CommandException.class.getName());

    private final int exitCode;

    private CommandException(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    /** The command line or a file on it is wrong. */
    static CommandException usage(String message) {
        return new CommandException(ExitCode.USAGE, message);
    }

    /** The environment's settings are wrong; all that is wrong is listed. */
    static CommandException settings(InvalidSettingsException invalid) {
        String faults = invalid.faults().stream().map(fault -> System.lineSeparator() + "  " + fault).collect(Collectors.joining());
        return usage("cannot start with these settings:" + faults);
    }

    /** The machine does not provide what is needed. */
    static CommandException environment(String message) {
        return new CommandException(ExitCode.ENVIRONMENT, message);
    }

    int exitCode() {
        return exitCode;
    }

    /** Tells what ended a command that writes a log; returns the exit code. In a log for machines that is a line like any other. */
    static int explain(Throwable failure, PrintWriter err, boolean jsonLog) {
        if (!jsonLog) return explain(failure, err);
        if (failure instanceof CommandException known) {
            LOG.log(System.Logger.Level.ERROR, "{0}", known.getMessage());
            return known.exitCode();
        }
        LOG.log(System.Logger.Level.ERROR, "internal error", failure);
        return ExitCode.INTERNAL;
    }

    /** Tells what ended a command; returns the exit code. */
    static int explain(Throwable failure, PrintWriter err) {
        boolean known = failure instanceof CommandException;
        err.println("bignode: " + (known ? failure.getMessage() : "internal error: " + failure));
        if (System.getenv("BIGNODE_DEBUG") != null) {
            failure.printStackTrace(err);
        } else if (!known) {
            err.println("bignode: run again with BIGNODE_DEBUG=1 to see where it arose");
        }
        return failure instanceof CommandException exception ? exception.exitCode() : ExitCode.INTERNAL;
    }
}
