package io.bignode.cli.rehearse;

import io.bignode.cli.operate.NodeUrl;
import io.bignode.cli.terminal.CommandEnvironment;
import io.bignode.cli.terminal.FailureReport;
import io.bignode.cli.terminal.WrongUsage;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command as it is typed, on a host of its own. */
final class RehearsalCase {
    private RehearsalCase() {}

    /** The command at the root. */
    @Command(name = "bignode")
    record Root(Map<String, String> environment) implements CommandEnvironment {}

    /** What came of it. */
    record Outcome(int exitCode, String out, String err) {
        /** The lines of one verdict. */
        List<String> lines(String verdict) {
            return out.lines().filter(line -> line.startsWith(verdict + " ")).toList();
        }

        @Override
        public String toString() {
            return exitCode + "\n" + out + err;
        }
    }

    static Outcome run(InstantSource clock, String version, String... args) {
        return run(Map.of("DELEGATION_DATA_DIR", "/nonexistent"), clock, version, args);
    }

    static Outcome run(Map<String, String> environment, InstantSource clock, String version, String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = new CommandLine(new Root(environment)).addSubcommand(new RehearseCommand(clock, Optional.of(version)));
        line.registerConverter(URI.class, NodeUrl::parsed);
        line.setExecutionExceptionHandler((failure, failed, _) -> FailureReport.explain(failure, failed.getErr(), false));
        line.setParameterExceptionHandler(WrongUsage::explain);
        List<String> typed = new ArrayList<>(List.of("rehearse"));
        typed.addAll(List.of(args));
        int code = line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true)).execute(typed.toArray(String[]::new));
        return new Outcome(code, out.toString(), err.toString());
    }
}
