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
        TextTable table = new TextTable("SESSION", "TENANT", "NODE", "HEIGHT", "STATUS", "LEFT", "COMPUTED", "FOUND", "DELIVERED", "COMPUTED/MIN", "FOUND/MIN",
                "SHARE");
        for (JsonNode session : sessions) {
            String status = session.path("waiting").asBoolean() ? waiting(session) : session.path("status").asText();
            if (session.path("idle").asBoolean()) status += ", nobody polls";
            if (session.path("lingering").asBoolean()) status += ", lingers";
            if (session.path("attention").isTextual() && !session.path("idle").asBoolean()) status += ": " + session.path("attention").asText();
            table.row(
                    session.path("session_id").asText(), session.path("tenant").asText(), session.path("node_id").asText(),
                            session.path("block_height").asText(), status,
                    Math.round(session.path("seconds_left").asDouble()) + "s", session.path("raw").asText(), session.path("valid").asText(),
                    session.path("delivered").asText(), rounded(session.path("raw_per_minute")), rounded(session.path("valid_per_minute")),
                    Math.round(100 * session.path("share").asDouble()) + "%");
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
