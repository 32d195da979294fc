package io.bignode.cli.terminal;

import io.bignode.node.ExitCode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Model.UsageMessageSpec;

/** What the help of every command ends with: what it exits with, and how it is typed. A test has every example parsed. */
public final class Manual {
    private static final Map<String, String> EXIT_CODES = exitCodes();

    /** Examples by the name of their command. */
    public static final Map<String, List<String>> EXAMPLES = Map.ofEntries(
            Map.entry("serve", List.of("bignode serve", "DELEGATION_PORT=8080 DELEGATION_LOG_FORMAT=json bignode serve")),
            Map.entry("worker", List.of("DELEGATION_JOIN_TOKEN=… bignode worker --join head.example.org:9091 --fingerprint 5f2c…")),
            Map.entry("agent", List.of("DELEGATION_BIG_NODE=https://farm.example.org:9090 DELEGATION_BIG_NODE_TOKEN_FILE=token bignode agent",
                    "bignode agent --check")),
            Map.entry("sessions", List.of("bignode sessions", "bignode sessions --watch", "bignode sessions --json --url https://head.example.org:9090")),
            Map.entry("devices", List.of("bignode devices", "bignode devices --watch")),
            Map.entry("workers", List.of("bignode workers", "bignode workers --json", "bignode workers --url https://head.example.org:9090")),
            Map.entry("drain", List.of("bignode drain farm-3")),
            Map.entry("admit", List.of("bignode admit farm-3")),
            Map.entry("client", List.of("bignode client examples/dev-net.json --for 20s",
                    "bignode client examples/main-net.json --url https://node.example.org:9090 --token-file token --out found.ndjson")),
            Map.entry("rehearse", List.of("bignode rehearse --url http://head.example.org:9090/mlnode/TOKEN",
                    "bignode rehearse --url http://127.0.0.1:8080 --for 30s --model org/model --json")),
            Map.entry("tenant", List.of("bignode tenant alice --sessions 8 --weight 2 >> tokens")),
            Map.entry("compute", List.of("bignode compute case.json")),
            Map.entry("fingerprint", List.of("bignode fingerprint case.json")),
            Map.entry("verify", List.of("bignode verify batch.json", "bignode verify found.ndjson --order examples/dev-net.json",
                    "cat found.ndjson | bignode verify - --order examples/dev-net.json")),
            Map.entry("bench", List.of("bignode bench --params main-net --seconds 60", "bignode bench --json > before.json",
                    "bignode bench --html report.html before.json")),
            Map.entry("selftest", List.of("bignode selftest", "bignode selftest --device cuda:0 --json")),
            Map.entry("doctor", List.of("bignode doctor", "bignode doctor --peer https://node.example.org", "bignode doctor --json")),
            Map.entry("completion", List.of("source <(bignode completion)", "bignode completion > /etc/bash_completion.d/bignode")),
            Map.entry("status", List.of("bignode status", "bignode status --json --url https://head.example.org:9090")),
            Map.entry("backup", List.of("bignode backup /backup/sessions.db", "DELEGATION_DATA_DIR=/srv/node bignode backup /backup/sessions.db")),
            Map.entry("version", List.of("bignode version")),
            Map.entry("help", List.of("bignode help serve")));

    /** A setting's name and the blanks before its description. */
    private static final Pattern SETTING = Pattern.compile("  \\S+ {2,}");

    private Manual() {}

    private static Map<String, String> exitCodes() {
        Map<String, String> codes = new LinkedHashMap<>();
        codes.put(Integer.toString(ExitCode.OK), "the command succeeded");
        codes.put(Integer.toString(ExitCode.CHECK_FAILED), "a check failed");
        codes.put(Integer.toString(ExitCode.USAGE), "the command line, a setting or a given file cannot be used");
        codes.put(Integer.toString(ExitCode.ENVIRONMENT), "this machine, or a server that it needs, is not ready");
        codes.put(Integer.toString(ExitCode.INTERNAL), "a fault of this program; BIGNODE_DEBUG=1 shows where");
        return codes;
    }

    /** A line that is too long for a terminal, in lines that hang below the description of the setting it is about. */
    static List<String> wrapped(String line, int width) {
        if (line.length() <= width || !line.startsWith("  ")) return List.of(line);
        Matcher setting = SETTING.matcher(line);
        String indent = " ".repeat(setting.lookingAt() ? setting.end() : 4);
        List<String> lines = new ArrayList<>();
        StringBuilder open = new StringBuilder(setting.lookingAt() ? setting.group() : "  ");
        boolean begun = false;
        for (String word : line.substring(open.length()).strip().split(" ")) {
            if (begun && open.length() + 1 + word.length() > width) {
                lines.add(open.toString());
                open = new StringBuilder(indent);
                begun = false;
            }
            if (begun) open.append(' ');
            open.append(word);
            begun = true;
        }
        lines.add(open.toString());
        return lines;
    }

    /** Adds exit codes and examples to the help of every command that has none of its own. */
    public static void complete(CommandLine all) {
        all.getSubcommands().forEach((name, command) -> {
            UsageMessageSpec help = command.getCommandSpec().usageMessage();
            if (help.exitCodeList().isEmpty()) {
                help.exitCodeListHeading("%nExit codes:%n");
                help.exitCodeList(EXIT_CODES);
            }
            List<String> examples = EXAMPLES.getOrDefault(name, List.of());
            if (examples.isEmpty()) return;
            List<String> settings = SettingsHelp.of(name);
            if (!settings.isEmpty()) help.footerHeading("%nSettings, from the environment:%n");
            List<String> footer = new ArrayList<>();
            for (String line : settings) footer.addAll(wrapped(line.replace("%", "%%"), help.width()));
            if (!footer.isEmpty()) footer.add("");
            footer.add("Examples:");
            // A footer is a format.
            examples.forEach(example -> footer.add("  " + example.replace("%", "%%")));
            if (help.footerHeading().isEmpty()) help.footerHeading("%n");
            help.footer(footer.toArray(String[]::new));
        });
    }
}
