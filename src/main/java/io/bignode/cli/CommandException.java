package io.bignode.cli;

/** Ends a command with a message that names what is wrong and the fix. */
final class CommandException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    private CommandException(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    /** The command line or a file on it is wrong. */
    static CommandException usage(String message) {
        return new CommandException(ExitCode.USAGE, message);
    }

    /** The machine does not provide what is needed. */
    static CommandException environment(String message) {
        return new CommandException(ExitCode.ENVIRONMENT, message);
    }

    int exitCode() {
        return exitCode;
    }
}
