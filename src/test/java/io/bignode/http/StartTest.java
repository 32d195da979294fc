package io.bignode.http;

import static io.bignode.http.DocumentedDialectTest.assertProblem;
import static io.bignode.http.DocumentedDialectTest.fields;
import static io.bignode.http.TestNode.TOKEN;
import static io.bignode.http.TestNode.json;
import static io.bignode.http.TestNode.startBody;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.session.Obstacle;
import io.bignode.session.Session;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StartTest {
    private final TestNode node = new TestNode();

    @AfterEach
    void stop() {
        node.close();
    }

    @Test
    void startAnswersWithTheSessionAndTheNumberOfDevices() {
        node.devices.set(3);
        HttpResponse<String> response = node.post("/start", startBody(), TOKEN);

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(response.headers().firstValue("Content-Length")).isPresent();
        JsonNode answer = json(response);
        assertThat(fields(answer)).containsExactly("session_id", "status", "message", "gpu_count");
        assertThat(answer.get("status").textValue()).isEqualTo("initializing");
        assertThat(answer.get("gpu_count").intValue()).isEqualTo(3);
        assertThat(answer.get("session_id").textValue()).matches("[A-Za-z0-9_-]{22,}");
    }

    @Test
    void anOrderWhoseNoncesOverlapWithAnothersOfTheSameKeyAndHashIsWarnedAbout() {
        JsonNode half = json(node.post("/start", startBody().put("node_id", 0).put("node_count", 2), TOKEN));
        JsonNode otherHalf = json(node.post("/start", startBody().put("node_id", 1).put("node_count", 2), TOKEN));
        assertThat(otherHalf.has("warnings")).isFalse();

        HttpResponse<String> response = node.post("/start", startBody().put("node_id", 0).put("node_count", 1), TOKEN);

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(json(response).get("warnings")).hasSize(2);
        assertThat(json(response).get("warnings").get(0).textValue())
                .contains(half.get("session_id").textValue(), "node 0 of 2", "node 0 of 1", "the chain counts a nonce once");
        ObjectNode anotherBlock = startBody().put("node_id", 0).put("node_count", 1).put("block_hash", "another");
        assertThat(json(node.post("/start", anotherBlock, TOKEN)).has("warnings")).isFalse();
        assertThat(json(node.post("/start", startBody().put("node_id", 0).put("node_count", 2), TOKEN)).get("warnings")).as("a retry").hasSize(1);
    }

    @Test
    void whatKeepsResultsFromAnOwnerStandsInHisSession() {
        Session session = node.start(startBody());
        assertThat(json(node.get("/session/" + session.id(), TOKEN)).has("attention")).isFalse();
        session.attention().silence(Optional.of("no device works at the moment"));
        assertThat(json(node.get("/session/" + session.id(), TOKEN)).get("attention").textValue()).isEqualTo("no device works at the moment");
    }

    @Test
    void startingAgainAnswersWithTheRunningSession() {
        String first =
                json(node.post("/start", startBody(), TOKEN)).get("session_id").textValue();
        ObjectNode retry =
                startBody().put("batch_size", 5).put("unknown", true);
        node.obstacle.set(Optional.of(new Obstacle.NoDevice()));

        assertThat(json(node.post("/start", retry, TOKEN)).get("session_id").textValue())
                .isEqualTo(first);
        assertThat(node.sessions.runningCount()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"block_hash,\"other\"", "public_key,\"other\"", "node_id,2", "node_count,4", "params,{}"})
    void anotherOrderIsAnotherSession(String field, String value) throws Exception {
        String first =
                json(node.post("/start", startBody(), TOKEN)).get("session_id").textValue();
        ObjectNode other = startBody();
        other.set(field, TestNode.JSON.readTree(value.replace("\"\"", "\"")));

        assertThat(json(node.post("/start", other, TOKEN)).get("session_id").textValue())
                .isNotEqualTo(first);
    }

    @Test
    void anOrderThatWasStoppedGoesOnWhereItEnded() {
        Session first = node.start(startBody());
        node.compute(first, 5);
        node.delete("/session/" + first.id(), TOKEN);
        Session second = node.start(startBody());

        assertThat(second.id()).isNotEqualTo(first.id());
        assertThat(node.compute(second, 2)).containsExactly(1 + 5 * 3, 1 + 6 * 3);
    }

    @Test
    void aRefusedStartNamesEveryFaultyFieldAtOnce() {
        ObjectNode body = startBody()
                .put("node_id", -1)
                .put("r_target", -2.5)
                .put("fraud_threshold", "no")
                .put("callback_url", "http://10.0.0.1/");
        body.remove("public_key");
        body.putObject("params").put("dim", 513).put("n_heads", 2.5);
        HttpResponse<String> response = node.post("/start", body, TOKEN);

        assertProblem(response, 422);
        List<String> faulty = new ArrayList<>();
        json(response)
                .get("errors")
                .forEach(error -> faulty.add(error.get("field").textValue()));
        assertThat(faulty)
                .containsExactlyInAnyOrder(
                        "node_id", "r_target", "fraud_threshold", "callback_url", "public_key", "params.n_heads");
        assertThat(node.sessions.runningCount()).isZero();
    }

    @Test
    void aCallbackIsKeptWithTheOrder() {
        Session session = node.start(startBody().put("callback_url", "http://callback.example:8080/a?key=b"));
        assertThat(session.order().callback()).hasValue(URI.create("http://callback.example:8080/a?key=b"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://callback.example/secret",
                "http://callback.example:81/secret",
                "http://other.example:8080/secret",
                "http://169.254.169.254/secret",
                "http://user:secret@callback.example:8080/",
                "ftp://callback.example:8080/secret",
                "secret"
            })
    void aCallbackThatMayNotBeCalledIsRefusedWithoutRepeatingIt(String url) {
        HttpResponse<String> response = node.post("/start", startBody().put("callback_url", url), TOKEN);
        assertProblem(response, 422);
        assertThat(json(response).get("errors").get(0).get("field").textValue()).isEqualTo("callback_url");
        assertThat(response.body()).doesNotContain("secret").doesNotContain("169.254");
    }

    @Test
    void aTenantHasItsOwnLimitAndWeight() {
        for (int i = 0; i < 3; i++) {
            JsonNode answer = json(node.post("/start", startBody().put("node_id", i), TestNode.OTHER_TOKEN));
            Session session = node.sessions.find("other", answer.get("session_id").textValue()).orElseThrow();
            assertThat(session.order().weight()).isEqualTo(2);
        }
        HttpResponse<String> response = node.post("/start", startBody().put("node_id", 9), TestNode.OTHER_TOKEN);
        assertProblem(response, 429);
        assertThat(json(response).get("detail").textValue()).contains("3 of yours");
        assertThat(node.post("/start", startBody().put("node_id", 9), TOKEN).statusCode()).isEqualTo(200);
        assertThat(json(node.get("/sessions", TestNode.OTHER_TOKEN)).get("max_sessions").intValue()).isEqualTo(3);
    }

    @Test
    void aNullCallbackIsNoCallback() {
        assertThat(node.post("/start", startBody().putNull("callback_url"), TOKEN)
                        .statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "3",
                "null",
                "{\"a\":NaN}",
                "{\"node_id\":1,\"node_id\":2}",
                "{} {}",
                "{\"a\":\"\\ud800\"",
                "{'a':1}"
            })
    void aBodyThatIsNoJsonObjectIsRefusedWithoutRepeatingIt(String body) {
        HttpResponse<String> response = node.post("/start", body, TOKEN);

        assertProblem(response, 422);
        JsonNode error = json(response).get("errors").get(0);
        assertThat(error.get("field").textValue()).isEmpty();
        assertThat(error.get("message").textValue()).doesNotContain("node_id", "'a'", "NaN");
    }

    @Test
    void malformedJsonIsToldItsPosition() {
        assertThat(json(node.post("/start", "{\n  \"node_id\": oops}", TOKEN))
                        .get("detail")
                        .textValue())
                .contains("line 2, column 1")
                .doesNotContain("oops");
    }

    @Test
    void tooManySessionsAreRefusedWithATimeToTryAgain() {
        for (int i = 0; i < 4; i++) node.start(startBody().put("node_id", i));
        HttpResponse<String> response = node.post("/start", startBody().put("node_id", 9), TOKEN);

        assertProblem(response, 429);
        assertThat(response.headers().firstValueAsLong("Retry-After").orElseThrow())
                .isBetween(5L, 20L);
    }

    @Test
    void anOrderNoDeviceCanTakeIsRefusedWithTheSizes() {
        node.obstacle.set(Optional.of(new Obstacle.FitsNoDevice("40 GiB needed, 8 GiB here")));
        HttpResponse<String> response = node.post("/start", startBody(), TOKEN);

        assertProblem(response, 422);
        assertThat(json(response).get("detail").textValue()).contains("40 GiB needed, 8 GiB here");
        assertThat(json(response).get("errors").get(0).get("field").textValue()).isEqualTo("params");
    }

    @Test
    void withoutADeviceOrRoomAStartIsToldToComeBack() {
        node.obstacle.set(Optional.of(new Obstacle.NoDevice()));
        HttpResponse<String> young = node.post("/start", startBody(), TOKEN);
        assertProblem(young, 503);
        assertThat(young.headers().firstValueAsLong("Retry-After").orElseThrow()).as("devices of a head that just started come soon").isBetween(1L, 3L);
        node.obstacle.set(Optional.of(new Obstacle.NoMemory("2 GiB needed, 1 GiB free")));
        HttpResponse<String> response = node.post("/start", startBody(), TOKEN);

        assertProblem(response, 503);
        assertThat(response.headers().firstValueAsLong("Retry-After").orElseThrow()).isBetween(5L, 20L);
    }
}
