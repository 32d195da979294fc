package io.bignode.cli.terminal;

import io.bignode.config.LogSettings;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** The command at the root of a command line, which knows the environment that all commands below it take their settings from. */
public interface CommandEnvironment {
    /** Commands that run until they are told to stop, and write a log meanwhile. */
    Set<String> LASTING = Set.of("serve", "worker");

    /** The environment's variables. */
    Map<String, String> environment();

    /** The environment's variables of a command that was typed below the root. */
    static Map<String, String> of(CommandSpec command) {
        return ((CommandEnvironment) command.root().userObject()).environment();
    }

    /** The log of the commands that run on is read by machines where that is set, from its first line to its last. */
    static boolean writesJsonLog(CommandLine command) {
        return LASTING.contains(command.getCommandName()) && LogSettings.lenient(of(command.getCommandSpec())).json();
    }
}
