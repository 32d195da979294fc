package io.bignode.agent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.agent.BigNode.Answer;
import io.bignode.protocol.Found;
import io.bignode.protocol.Provenance;
import io.bignode.session.Relay;
import io.bignode.session.Session;
import io.bignode.session.SessionStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Has a big node compute one session: orders it, fetches what was found, stops it there once it ended here, and fetches the rest. What it knows is kept with
 * the session, so that the next agent goes on where this one ended. Run by one thread; {@link #changed} and {@link #trouble} are for any.
 */
final class SessionRelay {
    private static final System.Logger LOG = System.getLogger(SessionRelay.class.getName());

    /** What a poll waits for results: a line that was cut without a word is noticed some seconds later. */
    private static final Duration WAIT = Duration.ofSeconds(5);

    /** So long a big node from which nothing came yet may be away before another one is asked. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** So long after its end here a session is asked for that no big node may know. */
    private static final Duration LOST = Duration.ofMinutes(15);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
    private static final Duration MAX_PAUSE = Duration.ofSeconds(4);
    private static final int NOT_FOUND = 404;
    private static final int UNAUTHORIZED = 401;
    private static final int UNPROCESSABLE = 422;

    private final Session session;
    private final Relays relays;
    private final boolean isRequest;
    private RelayState state;
    private int failures;
    private long awaySince;
    private boolean isAway;
    private volatile boolean stopped;
    private volatile Optional<String> trouble = Optional.empty();

    /** Goes on with what is kept with the session. */
    SessionRelay(Session session, Relays relays) {
        this.session = session;
        this.relays = relays;
        this.isRequest = session.order().nonces().size() == 1;
        this.state = RelayState.of(session.relay());
    }

    /** What keeps the session from its big node; empty where nothing does. */
    Optional<String> trouble() {
        return trouble;
    }

    /** The session may have ended here: its big node is told at once, so that the poll that waits there is answered. */
    void changed() {
        RelayState now = RelayState.of(session.relay());
        if (!session.status().ended() || stopped || now.session().isEmpty()) return;
        Thread.ofVirtual().start(() -> {
            try {
                stopThere(now);
            } catch (InterruptedException stop) {
                // nobody interrupts this thread
            }
        });
    }

    void run() throws InterruptedException {
        if (isRequest) relays.requests.acquire();
        try {
            for (RelayState.Left left : state.left()) leave(left);
            while (goesOn()) {
                if (!state.session().isEmpty()) fetch();
                else if (session.status().ended()) askAfter();
                else ask();
            }
            boolean isAsked = session.relay().filter(kept -> !kept.over()).isPresent();
            if (isAsked && session.status().ended() && state.node().isEmpty() && !relays.closed()) over();
        } finally {
            if (isRequest) relays.requests.release();
        }
    }

    private boolean goesOn() {
        if (relays.closed() || !relays.sessions.keeps(session)) return false;
        if (session.relay().filter(Relay::over).isPresent()) return false;
        return !session.status().ended() || !state.node().isEmpty();
    }

    // ---- ordering ----

    /** Asks one big node after the other until one takes the order. Where the only one may have it, although its answer was lost, it is asked again. */
    private void ask() throws InterruptedException {
        List<BigNode> candidates = candidates();
        List<String> reasons = new ArrayList<>();
        boolean hopeless = !candidates.isEmpty();
        if (candidates.isEmpty()) reasons.add("no big node of the settings can be used for it");
        for (BigNode node : candidates) {
            if (session.status().ended() || relays.closed()) return;
            // The one before may have the order: it is left only for one that is there.
            if (!state.node().isEmpty() && !state.node().equals(node.url().toString())) break;
            boolean wasAsked = state.node().equals(node.url().toString());
            Answer answer = order(node);
            switch (answer) {
                case Answer.Ok(JsonNode started) -> {
                    taken(node, started);
                    return;
                }
                case Answer.Refused(int status, String reason) -> {
                    // Whoever does not know the token says nothing of what was ordered by it before.
                    if (!wasAsked || status != UNAUTHORIZED) keep(state.refused());
                    hopeless &= status == UNPROCESSABLE;
                    reasons.add(node.url() + " refuses: " + (status == UNAUTHORIZED ? "it does not know the token" : reason));
                }
                case Answer.Later(String reason) -> {
                    keep(state.refused());
                    hopeless = false;
                    reasons.add(node.url() + ": " + reason);
                }
                case Answer.Away(String reason, boolean arrived) -> {
                    relays.bigNodes.note(node, Optional.of(reason));
                    // Where the order may have arrived it may be computed: once another one is asked, nothing is fetched from there.
                    if (!arrived && !wasAsked) keep(state.refused());
                    else if (isOtherThere(node)) leaveFor(node);
                    hopeless = false;
                    reasons.add(node.url() + ": " + reason);
                }
            }
        }
        if (hopeless) {
            session.fail("no big node takes this order: " + String.join("; ", reasons));
            return;
        }
        pause(String.join("; ", reasons));
    }

    /** Those that may be asked: the one that computed this order before, otherwise all, those that are connected first. */
    private List<BigNode> candidates() {
        // One that may have the order already is asked for it first.
        Optional<BigNode> asked = relays.bigNodes.at(state.node());
        if (asked.isPresent()) return List.of(asked.get());
        for (Session other : relays.ofSameOrder(session)) {
            RelayState before = RelayState.of(other.relay());
            boolean counts = other.totalGenerated() > 0 || other.relay().filter(kept -> !kept.over()).isPresent();
            if (counts && !before.node().isEmpty()) return relays.bigNodes.at(before.node()).map(List::of).orElse(List.of());
        }
        return relays.bigNodes.all().stream().filter(node -> relays.bigNodes.seen(node).usable()).sorted(Comparator.comparing(node -> !relays.bigNodes.seen(node).connected())).toList();
    }

    /** Orders; that it is asked is durable before, so that an order whose answer is lost is found again. */
    private Answer order(BigNode node) throws InterruptedException {
        keep(state.asking(node.url().toString()));
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        Answer answer = isRequest ? node.request(session.id(), document()) : node.start(document());
        while (answer instanceof Answer.Away away && away.arrived() && System.nanoTime() - deadline < 0 && !relays.closed()) {
            waitFor(FIRST_PAUSE);
            answer = isRequest ? node.request(session.id(), document()) : node.start(document());
        }
        return answer;
    }

    private ObjectNode document() {
        ObjectNode document = relays.function.request(session.order().work());
        if (!isRequest || !document.has("node_count")) document.put("node_count", session.order().nonces().stride());
        return document;
    }

    private void taken(BigNode node, JsonNode started) throws InterruptedException {
        String id = started.path("session_id").asText();
        keep(state.taken(id));
        failures = 0;
        isAway = false;
        trouble = Optional.empty();
        LOG.log(System.Logger.Level.INFO, "session {0} is computed by {1} as session {2}", session.id(), node.url(), id);
    }

    /** The session ended here while nobody knew whether its big node has it: that one is asked, and computes nothing more. */
    private void askAfter() throws InterruptedException {
        Optional<BigNode> node = relays.bigNodes.at(state.node());
        if (node.isEmpty()) {
            lost("the settings name " + state.node() + " no more");
            return;
        }
        // A request's id finds it whatever became of it, and one that never arrived is computed in vain.
        Answer answer = isRequest ? node.get().request(session.id(), document()) : node.get().existing(document());
        switch (answer) {
            case Answer.Ok(JsonNode started) -> taken(node.get(), started);
            case Answer.Refused(int _, String _) -> over();
            case Answer.Later(String reason) -> pauseWhileOfUse(reason);
            case Answer.Away(String reason, boolean _) -> pauseWhileOfUse(reason);
        }
    }

    private void pauseWhileOfUse(String reason) throws InterruptedException {
        if (session.age().compareTo(LOST) > 0) lost(reason);
        else pause(state.node() + ": " + reason);
    }

    // ---- fetching ----

    private void fetch() throws InterruptedException {
        Optional<BigNode> there = relays.bigNodes.at(state.node());
        if (there.isEmpty()) {
            lost("the settings name " + state.node() + " no more");
            return;
        }
        BigNode node = there.get();
        if (session.status().ended()) stopThere(state);
        switch (node.found(state.session(), state.cursor(), failures == 0 ? WAIT : Duration.ZERO)) {
            case Answer.Ok(JsonNode answer) -> take(node, answer);
            case Answer.Refused(int status, String reason) when status == NOT_FOUND || status == UNPROCESSABLE -> lost(reason);
            case Answer.Refused(int status, String reason) -> pause(node.url() + " refuses: " + (status == UNAUTHORIZED ? "it does not know the token" : reason));
            case Answer.Later(String reason) -> pause(node.url() + ": " + reason);
            case Answer.Away(String reason, boolean _) -> away(node, reason);
        }
    }

    private void take(BigNode node, JsonNode answer) throws InterruptedException {
        List<Found> found = new ArrayList<>();
        for (JsonNode one : answer.path("found")) found.add(new Found(one.path(0).asLong(-1), one.path(1).asText()));
        Optional<String> fault = fault(answer, found);
        if (fault.isPresent()) {
            relays.alarms.raise("big-node/answer", node.url() + " sent what cannot be taken: " + fault.get(), "tell its operator; nothing of it was handed on");
            pause(node.url() + " sent what cannot be taken: " + fault.get());
            return;
        }
        failures = 0;
        isAway = false;
        trouble = Optional.ofNullable(answer.path("attention").textValue());
        boolean over = !answer.path("session_active").asBoolean(true);
        long cursor = answer.path("cursor").asLong();
        follow(answer, over);
        if (cursor == state.cursor() && !over) return;
        state = state.fetched(cursor);
        if (!relays.sessions.receive(session, found, state.kept(over), from(node))) throw new InterruptedException();
        untilDurable();
    }

    /** Why an answer is none of a sound big node; empty where it may be. */
    private Optional<String> fault(JsonNode answer, List<Found> found) {
        if (!answer.path("cursor").canConvertToLong() || answer.path("cursor").asLong() < state.cursor()) return Optional.of("an answer without a cursor");
        for (Found one : found) {
            if (session.order().nonces().index(one.nonce()).isEmpty()) return Optional.of("nonce " + one.nonce() + ", which was not ordered");
        }
        return found.isEmpty() ? Optional.empty() : relays.function.fault(session.order().work(), found);
    }

    /** The session goes through its life here as it does there. */
    private void follow(JsonNode answer, boolean over) {
        String there = answer.path("status").asText();
        if (there.equals(SessionStatus.GENERATING.wire()) || !answer.path("found").isEmpty()) session.generating();
        if (session.status().ended()) return;
        boolean ended = over || !there.equals(SessionStatus.INITIALIZING.wire()) && !there.equals(SessionStatus.GENERATING.wire());
        if (!ended) return;
        stopped = true;
        if (there.equals(SessionStatus.ERROR.wire())) session.fail("the big node: " + answer.path("error").asText("it failed"));
        else session.endAs(there.equals(SessionStatus.EXPIRED.wire()) ? SessionStatus.EXPIRED : SessionStatus.STOPPED);
    }

    /** Another one is asked, where one is there and nothing came from this one. */
    private void away(BigNode node, String reason) throws InterruptedException {
        relays.bigNodes.note(node, Optional.of(reason));
        long now = System.nanoTime();
        if (!isAway) awaySince = now;
        isAway = true;
        boolean late = now - awaySince > PATIENCE.toNanos();
        if (late && session.totalGenerated() == 0 && !session.status().ended() && isOtherThere(node)) {
            LOG.log(System.Logger.Level.WARNING, "session {0}: {1} is away and nothing came from it: another big node is asked", session.id(), node.url());
            leaveFor(node);
            return;
        }
        pause(node.url() + ": " + reason);
    }

    /** Another big node is asked: nothing will be fetched from this one, whatever it computed. */
    private void leaveFor(BigNode node) throws InterruptedException {
        RelayState.Left left = state.left(node);
        keep(state.leaving());
        leave(left);
    }

    private boolean isOtherThere(BigNode node) throws InterruptedException {
        for (BigNode other : relays.bigNodes.all()) {
            if (other == node) continue;
            relays.bigNodes.look(other);
            if (relays.bigNodes.seen(other).connected()) return true;
        }
        return false;
    }

    // ---- ending ----

    private void stopThere(RelayState where) throws InterruptedException {
        Optional<BigNode> node = relays.bigNodes.at(where.node());
        if (stopped || node.isEmpty()) return;
        if (node.get().stop(where.session()) instanceof Answer.Ok) stopped = true;
    }

    /** Stops a session from which nothing will be fetched, once its big node is there; nobody waits for it. */
    private void leave(RelayState.Left left) {
        Optional<BigNode> node = relays.bigNodes.at(left.node());
        if (node.isEmpty()) return;
        Thread.ofVirtual().name("leave-" + session.id()).start(() -> {
            try {
                for (int tries = 0; session.age().compareTo(LOST) < 0 && !isBack(left) && !isLeft(node.get(), left); tries++) {
                    if (relays.closing.await(delay(tries).toNanos(), TimeUnit.NANOSECONDS)) return;
                }
            } catch (InterruptedException stop) {
                // nobody interrupts this thread
            }
        });
    }

    /** Whether the big node has the order after all, as it was asked again. */
    private boolean isBack(RelayState.Left left) {
        return RelayState.of(session.relay()).node().equals(left.node());
    }

    private boolean isLeft(BigNode node, RelayState.Left left) throws InterruptedException {
        String id = left.session();
        if (id.isEmpty()) {
            // A request that never arrived is not asked for here, as that would have it computed.
            if (isRequest) return true;
            Answer known = node.existing(document());
            if (known instanceof Answer.Refused) return true;
            if (!(known instanceof Answer.Ok(JsonNode started))) return false;
            id = started.path("session_id").asText();
        }
        Answer stop = node.stop(id);
        return stop instanceof Answer.Ok || stop instanceof Answer.Refused;
    }

    /** Nothing more of it can be had. */
    private void lost(String why) throws InterruptedException {
        relays.alarms.raise("big-node/lost", "session " + session.id() + " of node " + session.order().nodeId() + " is lost at " + state.node() + ": " + why,
                "ask its operator; what came here is handed on");
        LOG.log(System.Logger.Level.WARNING, "session {0}: nothing more can be fetched from {1}: {2}", session.id(), state.node(), why);
        session.fail("the big node has it no more: " + why);
        over();
    }

    private void over() throws InterruptedException {
        if (!relays.sessions.receive(session, List.of(), state.kept(true), new Provenance("", state.node(), state.node()))) throw new InterruptedException();
    }

    // ---- keeping ----

    private static Provenance from(BigNode node) {
        return new Provenance("", node.url().getAuthority(), node.url().getAuthority());
    }

    /** Keeps a state, durably. */
    private void keep(RelayState next) throws InterruptedException {
        state = next;
        if (!relays.sessions.receive(session, List.of(), next.kept(false), new Provenance("", "", ""))) throw new InterruptedException();
        untilDurable();
    }

    /** What was fetched is acknowledged only once it cannot be lost here: while the store cannot be written, nothing is fetched. */
    private void untilDurable() throws InterruptedException {
        for (int tries = 0; !relays.sessions.durable(); tries++) {
            if (relays.closing.await(delay(tries).toNanos(), TimeUnit.NANOSECONDS)) throw new InterruptedException();
        }
    }

    private void pause(String reason) throws InterruptedException {
        if (trouble.isEmpty()) LOG.log(System.Logger.Level.WARNING, "session {0}: {1}", session.id(), reason);
        trouble = Optional.of(reason);
        waitFor(delay(failures++));
    }

    private static Duration delay(int failures) {
        Duration delay = FIRST_PAUSE.multipliedBy(1L << Math.min(failures, 4));
        return delay.compareTo(MAX_PAUSE) < 0 ? delay : MAX_PAUSE;
    }

    private void waitFor(Duration pause) throws InterruptedException {
        if (relays.closing.await(pause.toNanos(), TimeUnit.NANOSECONDS)) throw new InterruptedException();
    }
}
