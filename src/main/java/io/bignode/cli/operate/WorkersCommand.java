package io.bignode.cli.operate;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.node.ExitCode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code bignode workers}. */
@Command(
        name = "workers",
        mixinStandardHelpOptions = true,
        description = "Lists the workers of a running head with their states, leases and devices.",
        footerHeading = Operator.TOKEN_HINT)
public final class WorkersCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init")
    private Operator.View operator;

    @Override
    public Integer call() throws InterruptedException {
        JsonNode workers = operator.ask("GET", "/admin/workers", "workers").get("workers");
        PrintWriter out = operator.out();
        if (operator.json()) out.println(workers.toPrettyString());
        else list(workers, out);
        out.flush();
        return ExitCode.OK;
    }

    private static void list(JsonNode workers, PrintWriter out) {
        for (JsonNode worker : workers) {
            List<String> devices = new ArrayList<>();
            worker.get("devices").forEach(device -> devices.add(device.get("id").asText() + " (" + device.get("name").asText() + ")"));
            out.printf(Locale.ROOT, "%s %s, %d leases: %s%n",
                    worker.get("name").asText(), worker.get("state").asText(), worker.get("leases").asInt(), String.join(", ", devices));
        }
    }
}
