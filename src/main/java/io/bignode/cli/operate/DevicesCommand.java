package io.bignode.cli.operate;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.cli.terminal.TextTable;
import java.util.Locale;
import picocli.CommandLine.Command;

/** {@code bignode devices}. */
@Command(
        name = "devices",
        mixinStandardHelpOptions = true,
        description = "Lists the devices of a running node: what they do, how fast they are, and what they measure. A dash stands for a value that is not"
                + " known.",
        footerHeading = Operator.TOKEN_HINT)
public final class DevicesCommand extends ShowOverview {
    DevicesCommand() {
        super("devices", DevicesCommand::table);
    }

    static TextTable table(JsonNode devices) {
        TextTable table = new TextTable("DEVICE", "NAME", "STATE", "COMPUTED", "NONCES/S", "BUSY", "PEAK", "LOAD", "USED GIB", "TEMP", "POWER", "ALARM");
        for (JsonNode device : devices) {
            table.row(
                    device.path("device_id").asText(), device.path("name").asText(), device.path("state").asText(), device.path("raw").asText(),
                    known(device.path("nonces_per_second"), "%.2f", 1), known(device.path("busy_share"), "%.0f%%", 100),
                    known(device.path("share_of_peak"), "%.0f%%", 100), known(device.path("utilisation"), "%.0f%%", 100),
                    known(device.path("memory_used_bytes"), "%.1f", 1.0 / (1L << 30)),
                    known(device.path("temperature_celsius"), "%.0fC", 1), known(device.path("power_watts"), "%.0fW", 1), device.path("alarm").asText("-"));
        }
        return table;
    }

    private static String known(JsonNode number, String format, double factor) {
        return number.isNumber() ? String.format(Locale.ROOT, format, factor * number.asDouble()) : "-";
    }
}
