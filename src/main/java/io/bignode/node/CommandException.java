package io.bignode.node;

import io.bignode.config.InvalidSettingsException;
import java.util.stream.Collectors;

/** Ends a command, a head or a worker with a message that names what is wrong and the fix. */
public final class CommandException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    private CommandException(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    /** The command line, or a file that is named on it, is wrong. */
    public static CommandException usage(String message) {
        return new CommandException(ExitCode.USAGE, message);
    }

    /** Settings are wrong; the message lists all of them. */
    public static CommandException settings(InvalidSettingsException invalid) {
        String faults = invalid.faults().stream().map(fault -> System.lineSeparator() + "  " + fault).collect(Collectors.joining());
        return usage("cannot start with these settings:" + faults);
    }

    /** The machine lacks something that is needed. */
    public static CommandException environment(String message) {
        return new CommandException(ExitCode.ENVIRONMENT, message);
    }

    /** The exit code of the process, one of {@link ExitCode}. */
    public int exitCode() {
        return exitCode;
    }
}
