package io.bignode.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bignode workers}. */
@Command(
        name = "workers",
        mixinStandardHelpOptions = true,
        description = "Lists the workers of a running head: name, state, leases, devices.",
        footerHeading = Operator.TOKEN_HINT)
final class WorkersCommand implements Callable<Integer> {
    @Option(names = "--json", description = "As JSON")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private Operator operator;

    @Override
    public Integer call() throws InterruptedException {
        JsonNode workers = operator.ask("GET", "/admin/workers", "workers").get("workers");
        PrintWriter out = spec.commandLine().getOut();
        if (json) out.println(workers.toPrettyString());
        else list(workers, out);
        out.flush();
        return ExitCode.OK;
    }

    private static void list(JsonNode workers, PrintWriter out) {
        for (JsonNode worker : workers) {
            List<String> devices = new ArrayList<>();
            worker.get("devices").forEach(device -> devices.add(device.get("id").asText() + " (" + device.get("name").asText() + ")"));
            out.printf("%s %s, %d leases: %s%n",
                    worker.get("name").asText(), worker.get("state").asText(), worker.get("leases").asInt(), String.join(", ", devices));
        }
    }
}
