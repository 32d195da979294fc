package io.bignode;

import io.bignode.cli.BigNodeCommand;

/** Entry point: turns a command's outcome into an exit code. */
public final class Main {
    private Main() {}

    /**
     * Runs one command.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        System.exit(BigNodeCommand.commandLine().execute(args));
    }
}
