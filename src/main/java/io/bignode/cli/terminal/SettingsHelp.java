package io.bignode.cli.terminal;

import io.bignode.config.Setting;
import io.bignode.config.Setting.ReadBy;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The settings of the commands that read some from the environment, as their help lists them. */
final class SettingsHelp {
    private static final Map<String, ReadBy> PROGRAMS = Map.of("serve", ReadBy.HEAD, "worker", ReadBy.WORKER, "agent", ReadBy.AGENT);
    private static final Pattern REFERENCE = Pattern.compile(": see \\[[^\\]]+]\\([^)]+\\)");
    private static final Pattern LINK = Pattern.compile("\\[([^\\]]+)]\\([^)]+\\)");

    private SettingsHelp() {}

    /** A line for each setting that a command reads, without line breaks; empty for a command that has no list of its own. */
    static List<String> of(String command) {
        ReadBy program = PROGRAMS.get(command);
        if (program == null) return List.of();
        return Setting.of(program).stream()
                .map(setting -> String.format("  %-26s  %s Default: %s.", setting, plain(setting.help()), plain(setting.unset())))
                .toList();
    }

    /** Markdown as a terminal shows it: no references to pages, other links without their targets, code without its backticks. */
    private static String plain(String markdown) {
        return LINK.matcher(REFERENCE.matcher(markdown).replaceAll("")).replaceAll("$1").replace("`", "");
    }
}
