package io.bignode.cli.terminal;

import io.bignode.config.SettingNames;
import io.bignode.node.ExitCode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Tells what is wrong with a command line, in a few lines: the whole help would push them off the screen. In a log for machines they are one event. */
public final class WrongUsage {
    private static final System.Logger LOG = System.getLogger(WrongUsage.class.getName());

    private WrongUsage() {}

    /** Reports the mistake and returns the exit code. */
    public static int explain(ParameterException fault, String[] args) {
        CommandLine command = fault.getCommandLine();
        if (CommandEnvironment.writesJsonLog(command)) {
            LOG.log(System.Logger.Level.ERROR, "{0}", text(fault, command));
        } else {
            command.getErr().println(text(fault, command));
            command.getErr().flush();
        }
        return ExitCode.USAGE;
    }

    private static String text(ParameterException fault, CommandLine command) {
        StringWriter text = new StringWriter();
        PrintWriter lines = new PrintWriter(text);
        String name = command.getCommandSpec().qualifiedName();
        lines.println(name + ": " + message(fault));
        setting(fault).ifPresent(setting -> lines.println("Settings are environment variables, not options: " + setting));
        UnmatchedArgumentException.printSuggestions(fault, lines);
        lines.println("Usage: " + command.getHelp().synopsis(0).strip());
        lines.print("For more, type: " + (name.indexOf(' ') < 0 ? name + " help" : name.replace("bignode ", "bignode help ")));
        lines.flush();
        return text.toString();
    }

    /** Names options without what was typed behind them, which may be a secret. */
    private static String message(ParameterException fault) {
        if (!(fault instanceof UnmatchedArgumentException unmatched)) return UrlToken.hidden(String.valueOf(fault.getMessage()));
        List<String> options = unmatched.getUnmatched().stream().filter(word -> word.startsWith("-")).map(word -> "'" + word.split("=", 2)[0] + "'").toList();
        if (options.isEmpty()) return UrlToken.hidden(String.valueOf(fault.getMessage()));
        return (options.size() == 1 ? "Unknown option: " : "Unknown options: ") + String.join(", ", options);
    }

    /** What an option would be called as a setting; empty where the command takes none, or where none is like it. */
    private static Optional<String> setting(ParameterException fault) {
        String command = fault.getCommandLine().getCommandName();
        if (!(fault instanceof UnmatchedArgumentException unmatched) || !List.of("serve", "worker").contains(command)) return Optional.empty();
        List<String> words = unmatched.getUnmatched();
        String[] option = words.getFirst().split("=", 2);
        if (!option[0].startsWith("--")) return Optional.empty();
        String typed = option.length > 1 ? option[1] : words.size() > 1 ? words.get(1) : "";
        // Anything but a number or an address may be a secret.
        String value = typed.matches("[0-9.]{1,15}") ? typed : "…";
        String variable = "DELEGATION_" + option[0].substring(2).toUpperCase(Locale.ROOT).replace('-', '_');
        return SettingNames.isSetting(variable)
                ? Optional.of(variable + "=" + value + " bignode " + command)
                : Optional.of("bignode help " + command + " lists them");
    }
}
