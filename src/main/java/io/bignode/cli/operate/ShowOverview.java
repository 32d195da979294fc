package io.bignode.cli.operate;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.cli.terminal.TextTable;
import io.bignode.node.ExitCode;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A command that shows a list of a running node's overview, once or again and again. */
abstract class ShowOverview implements Callable<Integer> {
    private static final Duration PERIOD = Duration.ofSeconds(2);

    /** Moves to the top of a terminal and clears what is below. */
    private static final String HOME = "\u001b[H\u001b[J";

    @Option(names = "--watch", description = "Shows the list again every two seconds until Ctrl-C. With --json, each time is one line.")
    private boolean watch;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private Operator.View operator;

    private final String list;
    private final Function<JsonNode, TextTable> table;

    /**
     * Shows this list.
     *
     * @param list  its name in the overview
     * @param table the list for people
     */
    ShowOverview(String list, Function<JsonNode, TextTable> table) {
        this.list = list;
        this.table = table;
    }

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = operator.out();
        while (true) {
            JsonNode shown = operator.ask("GET", "/overview", list).path(list);
            if (operator.json()) {
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
