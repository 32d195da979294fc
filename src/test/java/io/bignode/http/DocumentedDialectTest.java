package io.bignode.http;

import static io.bignode.http.TestNode.TOKEN;
import static io.bignode.http.TestNode.json;
import static io.bignode.http.TestNode.startBody;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.session.Session;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

public class DocumentedDialectTest {
    private final TestNode node = new TestNode();

    @AfterEach
    void stop() {
        node.close();
    }

    @Test
    void aPollHandsOutWhatWasFoundMergedAndExact() {
        Session session = node.start(startBody());
        long[] first = node.compute(session, 2);
        long[] second = node.compute(session, 3);
        HttpResponse<String> response = node.get("/batch/" + session.id(), TOKEN);

        assertThat(response.statusCode()).isEqualTo(200);
        JsonNode answer = json(response);
        assertThat(fields(answer))
                .containsExactly(
                        "session_id", "batches", "session_active", "status", "total_batches_generated", "cursor");
        assertThat(answer.get("batches")).hasSize(1);
        JsonNode batch = answer.get("batches").get(0);
        assertThat(fields(batch))
                .containsExactly("public_key", "block_hash", "block_height", "nonces", "dist", "node_id");
        assertThat(longs(batch.get("nonces"))).containsExactly(first[0], first[1], second[0], second[1], second[2]);
        assertThat(response.body()).contains("\"block_height\":9007199254740993", "\"dist\":[1.39807711,1.39807714,");
        assertThat(answer.get("status").textValue()).isEqualTo("generating");
        assertThat(answer.get("total_batches_generated").intValue()).isEqualTo(2);
        assertThat(answer.get("cursor").intValue()).isEqualTo(2);
    }

    @Test
    void noncesUpToTheLargestLongAreExact() {
        Session session =
                node.start(startBody().put("node_id", Long.MAX_VALUE - 1).put("node_count", 1));
        node.compute(session, 2);
        JsonNode batch =
                json(node.get("/batch/" + session.id(), TOKEN)).get("batches").get(0);

        assertThat(longs(batch.get("nonces"))).containsExactly(Long.MAX_VALUE - 1, Long.MAX_VALUE);
        assertThat(batch.get("node_id").longValue()).isEqualTo(Long.MAX_VALUE - 1);
    }

    @Test
    void withoutACursorABatchIsHandedOutOnce() {
        Session session = node.start(startBody());
        node.compute(session, 2);

        assertThat(json(node.get("/batch/" + session.id(), TOKEN)).get("batches"))
                .hasSize(1);
        assertThat(json(node.get("/batch/" + session.id(), TOKEN)).get("batches"))
                .isEmpty();
    }

    @Test
    void withACursorABatchIsServedAgainUntilItIsAcknowledged() {
        Session session = node.start(startBody());
        node.compute(session, 2);
        String poll = "/batch/" + session.id() + "?after=";

        JsonNode answer = json(node.get(poll + 0, TOKEN));
        assertThat(json(node.get(poll + 0, TOKEN))).isEqualTo(answer);
        assertThat(json(node.get(poll + answer.get("cursor"), TOKEN)).get("batches"))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "after=-1",
                "after=x",
                "after=",
                "after=1e3",
                "after=99999999999999999999",
                "after=9999999999999999999",
                "after=1&after=1",
                "wait=-1",
                "wait=31",
                "wait=30.5",
                "wait=NaN",
                "wait=1e1",
                "wait=",
                "after=5"
            })
    void aPollOfOddCursorOrWaitIsRefused(String query) {
        Session session = node.start(startBody());
        HttpResponse<String> response = node.get("/batch/" + session.id() + "?" + query, TOKEN);

        assertProblem(response, 422);
        assertThat(json(response).get("errors").get(0).get("field").textValue())
                .isEqualTo(query.substring(0, query.indexOf('=')));
    }

    @Test
    void anOddCursorAndAnOddWaitAreNamedAtOnce() {
        Session session = node.start(startBody());
        assertThat(json(node.get("/batch/" + session.id() + "?wait=99&after=x", TOKEN))
                        .get("errors"))
                .hasSize(2);
    }

    @Test
    void anEndedSessionIsActiveUntilItsLastBatchWasHandedOut() {
        Session session = node.start(startBody());
        node.compute(session, 2);
        node.delete("/session/" + session.id(), TOKEN);

        JsonNode last = json(node.get("/batch/" + session.id(), TOKEN));
        assertThat(last.get("session_active").booleanValue()).isTrue();
        assertThat(last.get("batches")).hasSize(1);
        JsonNode end = json(node.get("/batch/" + session.id(), TOKEN));
        assertThat(end.get("session_active").booleanValue()).isFalse();
        assertThat(end.get("status").textValue()).isEqualTo("stopped");
    }

    @Test
    void stoppingAgainAnswersTheSame() {
        Session session = node.start(startBody());
        HttpResponse<String> first = node.delete("/session/" + session.id(), TOKEN);

        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(fields(json(first))).containsExactly("session_id", "status", "message", "total_batches_generated");
        assertThat(json(first).get("status").textValue()).isEqualTo("stopped");
        assertThat(node.delete("/session/" + session.id(), TOKEN).body()).isEqualTo(first.body());
    }

    @Test
    void sessionsAreListedWithTheirTotals() {
        Session session = node.start(startBody());
        node.compute(session, 5);
        node.start(startBody().put("node_id", 2));
        node.delete("/session/" + session.id(), TOKEN);
        JsonNode list = json(node.get("/sessions", TOKEN));

        assertThat(list.get("total_sessions").intValue()).isEqualTo(2);
        assertThat(list.get("active_sessions").intValue()).isEqualTo(1);
        assertThat(list.get("max_sessions").intValue()).isEqualTo(4);
        JsonNode listed = list.get("sessions").get(session.id());
        assertThat(fields(listed))
                .contains("status", "node_id", "gpu_count", "total_generated", "created_at", "age_seconds");
        assertThat(listed.get("total_generated").intValue()).isEqualTo(5);
        assertThat(Instant.parse(listed.get("created_at").textValue()))
                .isBefore(Instant.now().plusSeconds(1));
        JsonNode detail = json(node.get("/session/" + session.id(), TOKEN));
        assertThat(detail.get("session_id").textValue()).isEqualTo(session.id());
        assertThat(detail.get("status").textValue()).isEqualTo("stopped");
    }

    @Test
    void aSessionThatFailedTellsWhy() {
        Session session = node.start(startBody());
        session.fail("the device gave up");
        assertThat(json(node.get("/session/" + session.id(), TOKEN))
                        .get("error")
                        .textValue())
                .isEqualTo("the device gave up");
        assertThat(json(node.get("/batch/" + session.id(), TOKEN)).get("status").textValue())
                .isEqualTo("error");
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/batch/nobody",
        "GET,/session/nobody",
        "DELETE,/session/nobody",
        "GET,/nowhere",
        "GET,/batch/",
        "GET,/batch/a/b",
        "GET,//nowhere",
        "PUT,//x"
    })
    void whatDoesNotExistIsNotFound(String method, String path) {
        assertProblem(node.send(node.request(path, TOKEN).method(method, BodyPublishers.noBody())), 404);
    }

    @ParameterizedTest
    @CsvSource({
        "PUT,/start,POST",
        "GET,/start,POST",
        "HEAD,/start,POST",
        "POST,/sessions,'GET, HEAD'",
        "PATCH,/session/x,'DELETE, GET, HEAD'",
        "BREW,/stop,POST"
    })
    void aMethodAPathDoesNotTakeIsRefusedWithThoseItTakes(String method, String path, String allowed) {
        HttpResponse<String> response = node.send(node.request(path, TOKEN).method(method, BodyPublishers.noBody()));

        assertThat(response.statusCode()).isEqualTo(405);
        assertThat(response.headers().firstValue("Allow")).hasValue(allowed);
    }

    @Test
    void healthNeedsNoTokenAndTellsWhetherASessionCouldStart() {
        for (String path : List.of("//health", "//health/live", "//health/ready")) {
            assertThat(node.get(path, "").statusCode()).as(path).isEqualTo(200);
        }
        node.devices.set(0);
        assertThat(node.get("//health/live", "").statusCode()).isEqualTo(200);
        assertProblem(node.get("//health/ready", ""), 503);
        assertProblem(node.get("//health", ""), 503);
    }

    @Test
    void aClosingServerRefusesStartsAndAnswersWaitingPolls() throws Exception {
        Session session = node.start(startBody());
        var waiting = node.client.sendAsync(
                node.request("/batch/" + session.id() + "?wait=30", TOKEN).build(),
                HttpResponse.BodyHandlers.ofString());
        node.sessions.close();
        node.server.drain();

        assertThat(waiting.get(5, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        assertProblem(node.post("/start", startBody().put("node_id", 7), TOKEN), 503);
        assertProblem(node.get("//health", ""), 503);
    }

    public static void assertProblem(HttpResponse<String> response, int status) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        JsonNode problem = json(response);
        assertThat(fields(problem)).startsWith("type", "title", "status", "detail");
        assertThat(problem.get("status").intValue()).isEqualTo(status);
        assertThat(problem.get("detail").textValue()).isNotBlank();
        assertThat(problem.has("errors")).isEqualTo(status == 422);
    }

    static List<String> fields(JsonNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static List<Long> longs(JsonNode array) {
        List<Long> values = new ArrayList<>();
        array.forEach(value -> values.add(value.longValue()));
        return values;
    }
}
