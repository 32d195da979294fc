package io.bignode;

import io.bignode.cli.BigNodeCommand;
import io.bignode.cli.Serve;
import io.bignode.config.LogSettings;
import io.bignode.log.LogLines;

/** Entry point: turns a command's outcome into an exit code. */
public final class Main {
    private Main() {}

    /**
     * Runs one command.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        LogLines.conceal(LogSettings.secrets(System.getenv()));
        LogLines.write(LogSettings.lenient(System.getenv()).json(), System.getenv("BIGNODE_DEBUG") != null);
        System.exit(Serve.isAll(args) ? Serve.execute() : BigNodeCommand.commandLine().execute(args));
    }
}
