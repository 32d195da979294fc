package io.bignode;

import io.bignode.cli.BigNodeCommand;
import io.bignode.cli.serve.Serve;
import io.bignode.config.LogSettings;
import io.bignode.config.Setting;
import io.bignode.log.LastingLogManager;
import io.bignode.log.LineStyle;
import io.bignode.log.LogLines;
import io.bignode.node.EarlyPort;

/** Entry point: turns a command's outcome into an exit code. */
public final class Main {
    private Main() {}

    /**
     * Runs one command.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        // Before anything is logged; an operator may have named another.
        System.getProperties().putIfAbsent("java.util.logging.manager", LastingLogManager.class.getName());
        boolean serves = Serve.isAll(args);
        // Before anything else is loaded: small nodes that come while this node starts wait instead of being refused.
        EarlyPort port = serves ? EarlyPort.take(System.getenv()) : EarlyPort.NONE;
        EarlyPort mlNodes = serves ? EarlyPort.takeMlNodes(System.getenv()) : EarlyPort.NO_MLNODES;
        LogLines.conceal(LogSettings.secrets(System.getenv()));
        LineStyle style = LineStyle.of(LogSettings.lenient(System.getenv()).json(), System.getenv());
        LogLines.write(style, System.getenv(Setting.DEBUG.variable()) != null);
        System.exit(serves ? Serve.execute(port, mlNodes) : BigNodeCommand.commandLine().execute(args));
    }
}
