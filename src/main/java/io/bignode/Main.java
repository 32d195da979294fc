package io.bignode;

import io.bignode.cli.BigNodeCommand;

/** Entry point: turns a command's outcome into an exit code. */
public final class Main {
    private static final String LOG_FORMAT = "java.util.logging.SimpleFormatter.format";

    private Main() {}

    /**
     * Runs one command.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        // One line an event: time, level, what happened.
        if (System.getProperty(LOG_FORMAT) == null) {
            System.setProperty(LOG_FORMAT, "%1$tFT%1$tT.%1$tL%1$tz %4$-7s %5$s%6$s%n");
        }
        System.exit(BigNodeCommand.commandLine().execute(args));
    }
}
