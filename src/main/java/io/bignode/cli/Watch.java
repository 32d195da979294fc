package io.bignode.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.function.Function;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Options of the commands that show what a running node does, once or again and again. */
final class Watch {
    private static final Duration PERIOD = Duration.ofSeconds(2);

    /** Moves to the top of a terminal and clears what is below. */
    private static final String HOME = "\u001b[H\u001b[J";

    @Option(names = "--json", description = "As JSON; with --watch a line each time")
    private boolean json;

    @Option(names = "--watch", description = "Again every two seconds, until Ctrl-C")
    private boolean watch;

    /**
     * Shows a list of the node's overview.
     *
     * @param list  the list's name
     * @param table the list for people
     */
    int show(CommandSpec spec, Operator operator, String list, Function<JsonNode, TextTable> table) throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        while (true) {
            JsonNode shown = operator.ask("GET", "/overview").path(list);
            if (json) {
                out.println(watch ? shown.toString() : shown.toPrettyString());
            } else {
                if (watch && System.console() != null && System.console().isTerminal()) out.print(HOME);
                table.apply(shown).lines().forEach(out::println);
            }
            out.flush();
            if (!watch || out.checkError()) return ExitCode.OK;
            Thread.sleep(PERIOD);
        }
    }
}
