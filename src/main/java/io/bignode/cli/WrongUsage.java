package io.bignode.cli;

import io.bignode.config.SettingNames;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Tells what is wrong with a command line, in a few lines: the whole help would push them off the screen. */
final class WrongUsage {
    private WrongUsage() {}

    /** Tells it; returns the exit code. */
    static int explain(ParameterException fault, String[] args) {
        CommandLine command = fault.getCommandLine();
        PrintWriter err = command.getErr();
        String name = command.getCommandSpec().qualifiedName();
        err.println(name + ": " + message(fault));
        setting(fault).ifPresent(setting -> err.println("Settings are environment variables, not options: " + setting));
        UnmatchedArgumentException.printSuggestions(fault, err);
        err.println("Usage: " + command.getHelp().synopsis(0).strip());
        err.println("'" + (name.indexOf(' ') < 0 ? name + " help" : name.replace("bignode ", "bignode help ")) + "' tells more.");
        err.flush();
        return ExitCode.USAGE;
    }

    /** Names options without what was typed behind them, which may be a secret. */
    private static String message(ParameterException fault) {
        if (!(fault instanceof UnmatchedArgumentException unmatched)) return String.valueOf(fault.getMessage());
        List<String> options = unmatched.getUnmatched().stream().filter(word -> word.startsWith("-")).map(word -> "'" + word.split("=", 2)[0] + "'").toList();
        if (options.isEmpty()) return String.valueOf(fault.getMessage());
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
