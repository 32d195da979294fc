package io.bignode.agent;

import com.fasterxml.jackson.core.JsonGenerator;
import io.bignode.agent.BigNodes.Seen;
import io.bignode.http.Answer;
import io.bignode.http.Reply;
import io.bignode.http.Request;
import io.bignode.http.Route;
import io.bignode.http.Route.Credential;
import io.bignode.monitor.Alarms;
import io.bignode.proof.ProofFunction;
import io.bignode.session.Session;
import io.bignode.session.SessionView;
import io.bignode.session.Sessions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The agent's page, and the same as a document: whether it is connected, what was ordered, what was taken, and what is refused and why. */
final class AgentPage {
    private static final int MAX_SESSIONS = 50;
    private static final String STYLE = "body{font:15px/1.5 system-ui,sans-serif;max-width:70em;margin:2em auto;padding:0 1em;color-scheme:light dark}"
            + "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3em .8em .3em 0;border-bottom:1px solid #8884;vertical-align:top}"
            + "td.n,th.n{text-align:right}.bad{color:#c33}";

    private final Sessions sessions;
    private final BigNodes bigNodes;
    private final Relays relays;
    private final Alarms alarms;
    private final ProofFunction function;

    AgentPage(Sessions sessions, BigNodes bigNodes, Relays relays, Alarms alarms, ProofFunction function) {
        this.sessions = sessions;
        this.bigNodes = bigNodes;
        this.relays = relays;
        this.alarms = alarms;
        this.function = function;
    }

    List<Route> routes() {
        return List.of(new Route("GET", "/", Credential.LOCAL, this::page), new Route("GET", "/status.json", Credential.LOCAL, this::document));
    }

    /**
     * What is shown of a session.
     *
     * @param view    of which
     * @param bigNode who computes it; empty text where nobody does yet
     * @param trouble why its owner gets less than may be expected; empty where all is well
     */
    private record Line(SessionView view, String bigNode, Optional<String> trouble) {}

    private List<Line> lines() {
        return sessions.views(_ -> true, MAX_SESSIONS).views().stream().map(view -> {
            Optional<Session> session = sessions.find(view.tenant(), view.id());
            String bigNode = session.map(one -> RelayState.of(one.relay()).node()).orElse("");
            return new Line(view, bigNode, session.flatMap(relays::trouble).or(view::error).or(view::attention));
        }).toList();
    }

    private void document(Request request, Reply reply) throws IOException {
        List<Line> lines = lines();
        reply.send(Answer.ok(json -> {
            json.writeStringField("version", bigNodes.version());
            json.writeBooleanField("connected", bigNodes.first().isPresent());
            json.writeArrayFieldStart("big_nodes");
            for (BigNode node : bigNodes.all()) write(json, node, bigNodes.seen(node));
            json.writeEndArray();
            json.writeArrayFieldStart("orders");
            for (Line line : lines) write(json, line);
            json.writeEndArray();
            json.writeArrayFieldStart("alarms");
            for (Alarms.Alarm alarm : alarms.list()) {
                json.writeStartObject();
                json.writeStringField("key", alarm.key());
                json.writeStringField("text", alarm.text());
                json.writeStringField("fix", alarm.fix());
                json.writeStringField("since", alarm.since().truncatedTo(ChronoUnit.SECONDS).toString());
                json.writeEndObject();
            }
            json.writeEndArray();
        }));
    }

    private static void write(JsonGenerator json, BigNode node, Seen seen) throws IOException {
        json.writeStartObject();
        json.writeStringField("url", node.url().toString());
        json.writeBooleanField("connected", seen.connected());
        json.writeStringField("since", seen.since().truncatedTo(ChronoUnit.SECONDS).toString());
        json.writeStringField("reason", seen.reason().orElse(null));
        json.writeStringField("version", seen.version());
        json.writeNumberField("devices", seen.count());
        json.writeNumberField("clock_ahead_seconds", seen.clock().toMillis() / 1000.0);
        json.writeEndObject();
    }

    private void write(JsonGenerator json, Line line) throws IOException {
        SessionView view = line.view();
        json.writeStartObject();
        json.writeStringField("session_id", view.id());
        json.writeStringField("function", view.work().function());
        json.writeStringField("model", function.model(view.work()).orElse(null));
        json.writeNumberField("node_id", view.nodeId());
        json.writeStringField("block_hash", view.epoch().blockHash());
        json.writeNumberField("block_height", view.epoch().blockHeight());
        json.writeStringField("status", view.status().wire());
        json.writeStringField("big_node", line.bigNode().isEmpty() ? null : line.bigNode());
        json.writeNumberField("fetched", view.found());
        json.writeNumberField("taken", view.delivered());
        json.writeNumberField("seconds_left", view.timeLeft().toMillis() / 1000.0);
        json.writeStringField("trouble", line.trouble().orElse(null));
        json.writeEndObject();
    }

    private void page(Request request, Reply reply) throws IOException {
        StringBuilder html = new StringBuilder("<!doctype html><html lang=en><meta charset=utf-8><meta http-equiv=refresh content=3>")
                .append("<meta name=viewport content='width=device-width'><title>Big Node agent</title><style>").append(STYLE).append("</style><h1>Agent</h1>");
        html.append("<table><tr><th>big node<th>state<th>since<th class=n>devices<th>version");
        for (BigNode node : bigNodes.all()) {
            Seen seen = bigNodes.seen(node);
            row(html, node.url().toString(), seen.connected() ? "connected" : "not connected: " + seen.reason().orElse(""), seen.since().truncatedTo(ChronoUnit.SECONDS).toString(),
                    Integer.toString(seen.count()), seen.version());
        }
        html.append("</table>");
        for (Alarms.Alarm alarm : alarms.list()) html.append("<p class=bad>").append(escaped(alarm.text() + ". " + alarm.fix())).append("</p>");
        html.append("<h2>Orders</h2><table><tr><th>node<th>block<th>what<th>status<th class=n>fetched<th class=n>taken by the api<th class=n>seconds left<th>trouble");
        for (Line line : lines()) {
            SessionView view = line.view();
            row(html, Long.toString(view.nodeId()), Long.toString(view.epoch().blockHeight()), function.model(view.work()).orElse(view.work().function()),
                    view.status().wire(), Long.toString(view.found()), Long.toString(view.delivered()),
                    String.format(Locale.ROOT, "%d", view.timeLeft().toSeconds()), line.trouble().orElse(""));
        }
        html.append("</table></html>");
        reply.send(new Answer(200, "text/html; charset=utf-8", Map.of("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
                html.toString().getBytes(StandardCharsets.UTF_8)));
    }

    private static void row(StringBuilder html, String... cells) {
        html.append("<tr>");
        for (String cell : cells) html.append(cell.matches("[0-9]+") ? "<td class=n>" : "<td>").append(escaped(cell));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
