package io.bignode.agent;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.session.Relay;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which big node computes a session, and how far its results came here.
 *
 * @param node    its address; empty text where none has the order
 * @param session what the session is called there; empty text where it was asked and its answer did not come yet
 * @param cursor  what was fetched
 * @param left    those that had the order before and from which nothing was fetched: nothing ever will be, and they are to stop
 */
record RelayState(String node, String session, long cursor, List<Left> left) {
    private static final JsonMapper JSON = new JsonMapper();

    /** Nobody was asked yet. */
    static final RelayState NOBODY = new RelayState("", "", 0, List.of());

    /**
     * A big node that is to stop.
     *
     * @param session what the session is called there; empty text where that is not known
     */
    record Left(String node, String session) {}

    /** Copies the list. */
    RelayState {
        left = List.copyOf(left);
    }

    /** A big node is about to be asked; it is none of those that are to stop any more. */
    RelayState asking(String next) {
        return new RelayState(next, "", 0, left.stream().filter(one -> !one.node().equals(next)).toList());
    }

    /** It has the order. */
    RelayState taken(String as) {
        return new RelayState(node, as, 0, left);
    }

    /** Everything up to a cursor was fetched. */
    RelayState fetched(long upTo) {
        return new RelayState(node, session, upTo, left);
    }

    /** The big node that may have the order is to stop, and nobody has it. */
    RelayState leaving() {
        if (node.isEmpty()) return this;
        List<Left> all = new ArrayList<>(left);
        all.add(new Left(node, session));
        return new RelayState("", "", 0, all);
    }

    /** What is to stop of the big node that may have the order. */
    Left left(BigNode at) {
        return new Left(at.url().toString(), session);
    }

    /** Nobody has the order: who was asked did not take it. */
    RelayState refused() {
        return new RelayState("", "", 0, left);
    }

    /** As it is kept with its session. */
    Relay kept(boolean over) {
        ObjectNode document = JSON.createObjectNode().put("node", node).put("session", session).put("cursor", cursor);
        ArrayNode stopping = document.putArray("left");
        left.forEach(one -> stopping.addObject().put("node", one.node()).put("session", one.session()));
        return new Relay(document.toString(), over);
    }

    /** What was kept; {@link #NOBODY} where nothing was. */
    static RelayState of(Optional<Relay> kept) {
        if (kept.isEmpty()) return NOBODY;
        try {
            JsonNode document = JSON.readTree(kept.get().state());
            List<Left> left = new ArrayList<>();
            document.path("left").forEach(one -> left.add(new Left(one.path("node").asText(), one.path("session").asText())));
            return new RelayState(document.path("node").asText(), document.path("session").asText(), document.path("cursor").asLong(), left);
        } catch (JsonProcessingException broken) {
            throw new IllegalStateException("what is stored of a relay is not JSON", broken);
        }
    }
}
