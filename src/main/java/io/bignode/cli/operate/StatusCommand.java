package io.bignode.cli.operate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.cli.terminal.CommandEnvironment;
import io.bignode.cli.terminal.Finding;
import io.bignode.log.StandardStream;
import io.bignode.node.ExitCode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code bignode status}: whether a running node needs somebody. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "Shows whether a running node serves, what it does, and which alarms are raised, each with what to do. As JSON it prints status,"
                + " totals and "
                + "alarms of the overview.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:it serves, and no alarm is raised",
            "1:an alarm is raised, or it has no device to compute with",
            "2:the command line or a setting cannot be used",
            "3:no node answers, or it does not know the token"
        },
        footerHeading = Operator.TOKEN_HINT)
public final class StatusCommand implements Callable<Integer> {
    /** States in which a device does not do its work though it should, and their words. */
    private static final Map<String, String> AMISS = Map.of("failing", "failing", "occupied", "used by others", "apart", "not connected", "quarantined", "in quarantine");

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private Operator.View operator;

    @Override
    public Integer call() throws InterruptedException {
        JsonNode overview = operator.ask("GET", "/overview", "alarms");
        PrintWriter out = operator.out();
        if (operator.json()) {
            ObjectNode shown = JsonNodeFactory.instance.objectNode();
            for (String field : List.of("status", "totals", "alarms")) shown.set(field, overview.path(field));
            out.println(shown.toPrettyString());
        } else {
            boolean colour = StandardStream.OUTPUT.takesColour(CommandEnvironment.of(spec));
            lines(overview).forEach(line -> out.println(line.shown(colour)));
        }
        out.flush();
        return isWell(overview) ? ExitCode.OK : ExitCode.CHECK_FAILED;
    }

    /** Whether the node serves and no alarm is raised. */
    static boolean isWell(JsonNode overview) {
        return overview.path("alarms").isEmpty() && overview.path("status").asText().equals("ready");
    }

    /** The lines for people: the state, what the node does, and each alarm. */
    static List<Finding> lines(JsonNode overview) {
        List<Finding> lines = new ArrayList<>();
        String status = overview.path("status").asText();
        lines.add(switch (status) {
            case "ready" -> Finding.ok(
                    "node", "the node serves, version " + overview.path("version").asText() + ", since " + overview.path("started_at").asText());
            case "no_devices" -> Finding.fail("node", "the node has no device to compute with: bignode workers and bignode devices list what there is");
            default -> Finding.warn("node", "the node is " + status);
        });
        JsonNode totals = overview.path("totals");
        lines.add(devices(overview));
        lines.add(Finding.ok("sessions", String.format(
               Locale.ROOT, "%d sessions run, %d wait; %.1f nonces found a minute, %d found, %d of them delivered", totals.path("running_sessions").asInt(),
                totals.path("waiting_sessions").asInt(), totals.path("valid_per_minute").asDouble(), totals.path("valid").asLong(),
                totals.path("delivered").asLong())));
        for (JsonNode alarm : overview.path("alarms")) {
            lines.add(Finding.fail("alarm", alarm.path("text").asText() + " (since " + alarm.path("since").asText() + "): " + alarm.path("fix").asText()));
        }
        if (overview.path("alarms").isEmpty()) lines.add(Finding.ok("alarms", "no alarm is raised"));
        return lines;
    }

    private static Finding devices(JsonNode overview) {
        Map<String, Integer> amiss = new TreeMap<>();
        for (JsonNode device : overview.path("devices")) {
            String state = device.path("state").asText();
            if (AMISS.containsKey(state)) amiss.merge(AMISS.get(state), 1, Integer::sum);
        }
        JsonNode totals = overview.path("totals");
        String text = totals.path("devices").asInt() + " devices are known, " + totals.path("working_devices").asInt() + " compute now";
        if (amiss.isEmpty()) return Finding.ok("devices", text);
        List<String> parts = amiss.entrySet().stream().map(entry -> entry.getValue() + " " + entry.getKey()).toList();
        return Finding.warn("devices", text + "; " + String.join(", ", parts) + ": bignode devices lists them");
    }
}
