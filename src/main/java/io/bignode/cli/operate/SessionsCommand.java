package io.bignode.cli.operate;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.cli.terminal.TextTable;
import java.util.Locale;
import picocli.CommandLine.Command;

/** {@code bignode sessions}. */
@Command(
        name = "sessions",
        mixinStandardHelpOptions = true,
        description = "Lists the sessions of a running node, the newest first, with what they computed, found and delivered, in all and in the last minute.",
        footerHeading = Operator.TOKEN_HINT)
public final class SessionsCommand extends ShowOverview {
    SessionsCommand() {
        super("sessions", SessionsCommand::table);
    }

    static TextTable table(JsonNode sessions) {
        TextTable table = new TextTable("SESSION", "TENANT", "NODE", "HEIGHT", "STATUS", "LEFT", "COMPUTED", "FOUND", "DELIVERED", "COMPUTED/MIN", "FOUND/MIN", "SHARE");
        for (JsonNode one : sessions) {
            String status = one.path("waiting").asBoolean() ? waiting(one) : one.path("status").asText();
            if (one.path("idle").asBoolean()) status += ", nobody polls";
            if (one.path("lingering").asBoolean()) status += ", lingers";
            if (one.path("attention").isTextual() && !one.path("idle").asBoolean()) status += ": " + one.path("attention").asText();
            table.row(
                    one.path("session_id").asText(), one.path("tenant").asText(), one.path("node_id").asText(), one.path("block_height").asText(), status,
                    Math.round(one.path("seconds_left").asDouble()) + "s", one.path("raw").asText(), one.path("valid").asText(),
                    one.path("delivered").asText(), rounded(one.path("raw_per_minute")), rounded(one.path("valid_per_minute")),
                    Math.round(100 * one.path("share").asDouble()) + "%");
        }
        return table;
    }

    private static String waiting(JsonNode session) {
        JsonNode position = session.path("waiting_position");
        return position.isNumber() ? "waits, " + position.asText() + " in line" : "waits";
    }

    private static String rounded(JsonNode rate) {
        return String.format(Locale.ROOT, "%.1f", rate.asDouble());
    }
}
