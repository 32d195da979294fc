package io.bignode.http;

import static io.bignode.http.DocumentedDialectTest.assertProblem;
import static io.bignode.http.TestNode.OPERATOR_TOKEN;
import static io.bignode.http.TestNode.TOKEN;
import static io.bignode.http.TestNode.json;
import static io.bignode.http.TestNode.startBody;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.api.delegation.Ordinal;
import io.bignode.fixtures.ManualTime;
import io.bignode.session.MemoryStore;
import io.bignode.session.Obstacle;
import io.bignode.session.Session;
import io.bignode.session.SessionRules;
import io.bignode.session.SessionStatus;
import io.bignode.session.SessionStore;
import java.lang.reflect.Proxy;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What small nodes are told that ask for more than there is room for, or longer than a session lives. */
@Timeout(60)
class WaitingOverHttpTest {
    private static final SessionRules RULES = SessionRules.of(1, Duration.ofSeconds(330)).waiting(2, Duration.ofSeconds(240));

    private final ManualTime time = new ManualTime();
    private final MemoryStore kept = new MemoryStore();

    /** How often the store is still to say that it cannot be written. */
    private final AtomicInteger refusals = new AtomicInteger();

    private final TestNode node = new TestNode(RULES, time, (SessionStore) Proxy.newProxyInstance(
            SessionStore.class.getClassLoader(), new Class<?>[] {SessionStore.class}, (_, method, arguments) -> {
                boolean refuses = method.getName().equals("refusal") && refusals.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
                return refuses ? Optional.of("the disk is full") : method.invoke(kept, arguments);
            }));

    @AfterEach
    void stop() {
        node.close();
    }

    private static ObjectNode order(int participant) {
        return startBody().put("node_id", participant);
    }

    private static ObjectNode deployed(int participant) {
        return order(participant).put("auth_token", TOKEN);
    }

    private JsonNode startDeployed(int participant) {
        HttpResponse<String> response = node.post("/start", deployed(participant), "");
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return json(response);
    }

    private JsonNode pollDeployed(String id) {
        return json(node.get("/batches/" + id + "?auth_token=" + TOKEN, ""));
    }

    private Session session(JsonNode started) {
        return node.sessions.find("first", started.get("session_id").textValue()).orElseThrow();
    }

    @Test
    void aSoundOrderOfTheFieldIsNeverRefusedForWantOfRoomAndIsToldItsPlace() {
        JsonNode running = startDeployed(1);
        assertThat(running.get("message").textValue()).isEqualTo("session started");
        JsonNode second = startDeployed(2);
        assertThat(second.get("status").textValue()).isEqualTo("initializing");
        assertThat(second.get("message").textValue())
                .isEqualTo("session started; it waits for its turn, 1st in line: as many sessions run as may: 1 of all tenants");
        assertThat(startDeployed(3).get("message").textValue()).contains("2nd in line");
        assertThat(startDeployed(3).get("message").textValue()).contains("this order runs already", "2nd in line");
        JsonNode waiting = pollDeployed(second.get("session_id").textValue());
        assertThat(waiting.get("session_active").booleanValue()).isTrue();
        assertThat(waiting.get("status").textValue()).isEqualTo("initializing");
        assertThat(waiting.get("batches")).isEmpty();
        JsonNode shown = json(node.get("/session/" + second.get("session_id").textValue(), TOKEN));
        assertThat(shown.get("waiting_position").intValue()).isEqualTo(1);
        assertThat(shown.get("waiting_for").textValue()).startsWith("as many sessions run as may");
        JsonNode overview = json(node.get("//api/v1/overview", OPERATOR_TOKEN));
        assertThat(overview.get("totals").get("running_sessions").intValue()).isEqualTo(1);
        assertThat(overview.get("totals").get("waiting_sessions").intValue()).isEqualTo(2);
        assertThat(overview.get("sessions").get(1).get("waiting").booleanValue()).isTrue();
        assertThat(overview.get("sessions").get(1).get("waiting_position").intValue()).isEqualTo(1);

        HttpResponse<String> tooMany = node.post("/start", deployed(4), "");
        assertProblem(tooMany, 429);
        assertThat(tooMany.headers().firstValueAsLong("Retry-After").orElseThrow()).isBetween(5L, 20L);
        assertThat(json(tooMany).get("detail").textValue()).contains("2 of yours wait for their turn already");

        node.post("/stop", TestNode.JSON.createObjectNode().put("session_id", running.get("session_id").textValue()).put("auth_token", TOKEN), "");
        assertThat(session(second).leasable()).isTrue();
    }

    @Test
    void itWaitsForADeviceAndForMemoryToo() {
        node.obstacle.set(Optional.of(new Obstacle.NoDevice()));
        JsonNode waiting = startDeployed(1);
        assertThat(waiting.get("message").textValue()).endsWith("1st in line: no device works at the moment");
        node.obstacle.set(Optional.of(new Obstacle.NoMemory("2 GiB needed, 1 GiB free")));
        assertThat(startDeployed(1).get("message").textValue()).contains("other sessions' models fill the memory: 2 GiB needed, 1 GiB free");
        node.obstacle.set(Optional.empty());
        node.sessions.tick();
        assertThat(session(waiting).leasable()).isTrue();
    }

    @Test
    void anOrderThatCanNeverRunIsRefusedInBothDialects() {
        time.pass(Duration.ofSeconds(30));
        node.obstacle.set(Optional.of(new Obstacle.FitsNoDevice("40 GiB needed, 8 GiB here")));
        assertProblem(node.post("/start", deployed(1), ""), 422);
        assertProblem(node.post("/start?queue=true", order(1), TOKEN), 422);
    }

    @Test
    void theDocumentedDialectIsToldWhenToAskAgainOrWaitsWhereItSaysSo() {
        node.start(order(1));
        Set<Long> told = new TreeSet<>();
        for (int i = 0; i < 200; i++) {
            HttpResponse<String> refused = node.post("/start", order(2), TOKEN);
            assertProblem(refused, 429);
            told.add(refused.headers().firstValueAsLong("Retry-After").orElseThrow());
        }
        assertThat(told).as("not the same for all").hasSizeGreaterThan(5).allMatch(seconds -> seconds >= 5 && seconds <= 20);
        assertProblem(node.post("/start?queue=false", order(2), TOKEN), 429);
        assertProblem(node.post("/start?queue=maybe", order(2), TOKEN), 422);
        HttpResponse<String> waits = node.post("/start?queue=true", order(2), TOKEN);
        assertThat(waits.statusCode()).isEqualTo(200);
        assertThat(json(waits).get("message").textValue()).contains("1st in line");
        assertThat(session(json(waits)).order().terms().lingers()).isFalse();
    }

    @Test
    void anOrderOfTheFieldWaitsForAStoreThatCannotBeWrittenForAWhile() {
        refusals.set(5);
        startDeployed(1);
        assertThat(refusals).hasValue(0);
        refusals.set(1);
        HttpResponse<String> refused = node.post("/start", order(7), TOKEN);
        assertThat(refused.statusCode()).as("full comes first").isEqualTo(429);
        node.sessions.list("first").forEach(session -> node.sessions.stop("first", session.id()));
        refused = node.post("/start", order(7), TOKEN);
        assertProblem(refused, 503);
        assertThat(refused.headers().firstValueAsLong("Retry-After").orElseThrow()).isBetween(5L, 20L);
    }

    @Test
    void aSessionOfTheFieldGoesOnAfterItsLifeUntilTheChainStopsIt() {
        JsonNode started = startDeployed(1);
        String id = started.get("session_id").textValue();
        Session session = session(started);
        node.compute(session, 3);
        for (int second = 0; second < 500; second++) {
            time.pass(Duration.ofSeconds(1));
            node.sessions.tick();
            JsonNode answer = pollDeployed(id);
            assertThat(answer.get("session_active").booleanValue()).as("at %s s", second + 1).isTrue();
            assertThat(answer.get("status").textValue()).isEqualTo("generating");
            assertThat(answer.get("batches")).hasSize(second == 0 ? 1 : 0);
        }
        assertThat(session.status()).isEqualTo(SessionStatus.EXPIRED);
        assertThat(json(node.get("/batch/" + id + "?after=1", TOKEN)).get("status").textValue()).isEqualTo("generating");
        assertThat(json(node.get("/status", TOKEN)).get("sessions").get(id).get("status").textValue()).isEqualTo("generating");
        assertThat(json(node.get("/sessions", TOKEN)).get("sessions").get(id).get("status").textValue()).as("the truth").isEqualTo("expired");
        JsonNode overview = json(node.get("//api/v1/overview", OPERATOR_TOKEN));
        assertThat(overview.get("sessions").get(0).get("status").textValue()).isEqualTo("expired");
        assertThat(overview.get("sessions").get(0).get("lingering").booleanValue()).isTrue();

        JsonNode stopped = json(node.post("/stop", TestNode.JSON.createObjectNode().put("session_id", id).put("auth_token", TOKEN), ""));
        assertThat(stopped.get("status").textValue()).isEqualTo("stopped");
        JsonNode last = pollDeployed(id);
        assertThat(last.get("session_active").booleanValue()).isFalse();
        assertThat(last.get("status").textValue()).isEqualTo("stopped");
    }

    @Test
    void aSessionOfTheDocumentedDialectEndsWithItsLife() {
        Session session = node.start(order(1));
        time.pass(Duration.ofSeconds(330));
        node.sessions.tick();
        JsonNode answer = json(node.get("/batch/" + session.id() + "?after=0", TOKEN));
        assertThat(answer.get("session_active").booleanValue()).isFalse();
        assertThat(answer.get("status").textValue()).isEqualTo("expired");
    }

    @ParameterizedTest
    @CsvSource({"r_target,1.3", "block_height,200"})
    void aStartWithOtherValuesGoesOnInANewSessionAndSaysSo(String field, double value) {
        Session first = node.start(order(1));
        node.compute(first, 5);
        ObjectNode changed = order(1);
        if (field.equals("r_target")) changed.put(field, value);
        else changed.put(field, (long) value);
        JsonNode answer = json(node.post("/start", changed, TOKEN));
        assertThat(answer.get("session_id").textValue()).isNotEqualTo(first.id());
        assertThat(answer.get("message").textValue()).startsWith(field + " changed").contains(first.id(), "batch_size and fraud_threshold change nothing");
        assertThat(first.status()).isEqualTo(SessionStatus.STOPPED);
        assertThat(json(node.get("/batch/" + first.id() + "?after=0", TOKEN)).get("batches").get(0).get("nonces")).hasSize(5);
        assertThat(node.compute(session(answer), 1)).containsExactly(1 + 5 * 3);
    }

    @Test
    void aStartWithAnotherCallbackSaysThatItIsTaken() {
        Session session = node.start(order(1).put("callback_url", "http://callback.example:8080/a"));
        JsonNode moved = json(node.post("/start", order(1).put("callback_url", "http://callback.example:8080/b"), TOKEN));
        assertThat(moved.get("session_id").textValue()).isEqualTo(session.id());
        assertThat(moved.get("message").textValue()).contains("pushed to the new callback_url from now on").doesNotContain("/b");
        assertThat(session.order().callback().orElseThrow().getPath()).isEqualTo("/b");
        assertThat(json(node.post("/start", order(1), TOKEN)).get("message").textValue()).contains("nothing is pushed any more");
        assertThat(json(node.post("/start", order(1).put("batch_size", 7), TOKEN)).get("message").textValue())
                .isEqualTo("this order runs already, in this session; batch_size and fraud_threshold change nothing on this node");
    }

    @Test
    void anotherBlockOfTheSameKeyAndNodeStartsAtOnceWhateverStillRuns() {
        node.start(order(1));
        HttpResponse<String> next = node.post("/start", order(1).put("block_hash", "the next one"), TOKEN);
        assertThat(next.statusCode()).isEqualTo(200);
        assertThat(session(json(next)).leasable()).isTrue();
        assertProblem(node.post("/start", order(2), TOKEN), 429);
    }

    @ParameterizedTest
    @CsvSource({"1,1st", "2,2nd", "3,3rd", "4,4th", "11,11th", "12,12th", "13,13th", "21,21st", "111,111th", "102,102nd"})
    void placesAreToldInEnglish(int number, String text) {
        assertThat(Ordinal.of(number)).isEqualTo(text);
    }
}
