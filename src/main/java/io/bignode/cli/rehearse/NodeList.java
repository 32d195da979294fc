package io.bignode.cli.rehearse;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.cli.terminal.Documents;
import io.bignode.cli.terminal.Finding;
import io.bignode.cli.terminal.UrlToken;
import io.bignode.node.CommandException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The participant's list of ML nodes: an array of objects with an id, a host, ports and segments. */
final class NodeList {
    private static final String CHECK = "node-ids";

    private NodeList() {}

    /**
     * Looks for entries that collide.
     *
     * @throws CommandException when the file holds no such list
     */
    static List<Finding> findings(Path file) {
        JsonNode document = Documents.read(file);
        JsonNode list = document.isArray() ? document : document.path("nodes");
        if (!list.isArray()) throw CommandException.usage(file + " is no list of ML nodes: it must hold a JSON array of objects with id and host");
        List<Finding> findings = new ArrayList<>();
        Map<String, Integer> ids = new LinkedHashMap<>();
        Map<String, String> places = new HashMap<>();
        for (JsonNode node : list) {
            String id = node.path("id").asText();
            if (!id.isEmpty()) ids.merge(id, 1, Integer::sum);
            String place = place(node);
            String other = places.putIfAbsent(place, id);
            if (other == null) continue;
            findings.add(Finding.fail(CHECK, "nodes " + other + " and " + id + " of the list are both at " + UrlToken.hidden(place)
                    + ", so that the status and the stop of one are the other's: give each another segment behind the token"));
        }
        ids.forEach((id, count) -> {
            if (count > 1) findings.add(Finding.fail(CHECK, count + " nodes of the list have the id " + id + ", so that they get each other's nonces: give each its own"));
        });
        if (findings.isEmpty()) findings.add(Finding.ok(CHECK, "the " + list.size() + " nodes of the list have ids and addresses of their own"));
        return findings;
    }

    private static String place(JsonNode node) {
        JsonNode segment = node.has("poc_segment") ? node.get("poc_segment") : node.path("segment");
        return node.path("host").asText() + ":" + node.path("poc_port").asText() + segment.asText();
    }
}
