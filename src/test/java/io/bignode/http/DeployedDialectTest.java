package io.bignode.http;

import static io.bignode.http.DocumentedDialectTest.assertProblem;
import static io.bignode.http.TestNode.TOKEN;
import static io.bignode.http.TestNode.json;
import static io.bignode.http.TestNode.startBody;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.session.Session;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Speaks as small nodes in the field do: no header, the token in bodies and queries. */
class DeployedDialectTest {
    private final TestNode node = new TestNode();

    @AfterEach
    void stop() {
        node.close();
    }

    @Test
    void aWholeSprintGoesAsSuchAClientExpects() {
        JsonNode start =
                json(node.post("/start", startBody().put("auth_token", TOKEN).putNull("callback_url"), ""));
        String id = start.get("session_id").textValue();
        Session session = node.sessions.find("first", id).orElseThrow();
        assertThat(start.get("gpu_count").intValue()).isEqualTo(1);

        JsonNode early = poll(id);
        assertThat(early.get("status").textValue()).isEqualTo("initializing");
        assertThat(early.get("session_active").booleanValue()).isTrue();
        assertThat(early.get("batches")).isEmpty();

        node.compute(session, 3);
        node.compute(session, 2);
        JsonNode full = poll(id);
        assertThat(full.get("status").textValue()).isEqualTo("generating");
        assertThat(full.get("batches")).hasSize(1);
        assertThat(full.get("batches").get(0).get("nonces")).hasSize(5);
        assertThat(full.get("batches").get(0).get("dist")).hasSize(5);
        assertThat(poll(id).get("batches")).isEmpty();

        node.compute(session, 1);
        JsonNode stopped = json(node.post("/stop", stopBody(id), ""));
        assertThat(stopped.get("status").textValue()).isEqualTo("stopped");
        assertThat(stopped.get("total_batches_generated").intValue()).isEqualTo(3);
        assertThat(json(node.post("/stop", stopBody(id), ""))).isEqualTo(stopped);

        JsonNode last = poll(id);
        assertThat(last.get("session_active").booleanValue()).isTrue();
        assertThat(last.get("batches").get(0).get("nonces")).hasSize(1);
        assertThat(poll(id).get("session_active").booleanValue()).isFalse();
    }

    @Test
    void itsErrorsHaveADetail() {
        assertProblem(node.get("/batches/nobody?auth_token=" + TOKEN, ""), 404);
        assertProblem(node.post("/stop", stopBody("nobody"), ""), 404);
        assertProblem(node.post("/stop", "{\"auth_token\":\"" + TOKEN + "\"}", ""), 422);
        assertProblem(node.get("/batches/nobody?auth_token=nonsense", ""), 401);
    }

    @Test
    void aTokenInTheQueryMayBePercentEncoded() {
        Session session = node.start(startBody());
        assertThat(node.get("/batches/" + session.id() + "?auth_token=" + TOKEN.replace("-", "%2D"), "")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void statusListsSessionsToABearerInTheUnitsOfTheField() {
        Session session = node.start(startBody());
        node.compute(session, 5);
        node.compute(session, 4);
        JsonNode line = json(node.get("/status", TOKEN)).get("sessions").get(session.id());
        assertThat(line.get("created_at").isNumber()).isTrue();
        assertThat(line.get("created_at").decimalValue().movePointRight(3).longValueExact()).isEqualTo(session.createdAt().toEpochMilli());
        assertThat(line.get("total_generated").intValue()).as("batches").isEqualTo(2);
        JsonNode documented = json(node.get("/sessions", TOKEN)).get("sessions").get(session.id());
        assertThat(documented.get("created_at").textValue()).isEqualTo(session.createdAt().toString());
        assertThat(documented.get("total_generated").intValue()).as("nonces").isEqualTo(9);
    }

    @Test
    void statusCountsForThoseWithoutATokenAndNamesNothing() {
        node.start(startBody());
        node.sessions.stop("first", node.start(startBody().put("node_id", 2)).id());
        JsonNode status = json(node.get("/status", ""));
        assertThat(status.get("total_sessions").intValue()).isEqualTo(2);
        assertThat(status.get("active_sessions").intValue()).isEqualTo(1);
        assertThat(status.get("max_sessions").intValue()).isEqualTo(4);
        assertThat(status.get("sessions")).isEmpty();
        assertThat(json(node.get("/status?auth_token=" + TOKEN, "")).get("sessions")).as("a query is no place for a token here").isEmpty();
    }

    @Test
    void statusRefusesAWrongToken() {
        assertProblem(node.get("/status", "wrong-token-wrong-token"), 401);
        assertProblem(node.send(node.request("/status", "").header("Authorization", "Basic " + TOKEN)), 401);
    }

    private JsonNode poll(String id) {
        return json(node.get("/batches/" + id + "?auth_token=" + TOKEN, ""));
    }

    private static String stopBody(String id) {
        return TestNode.JSON
                .createObjectNode()
                .put("session_id", id)
                .put("auth_token", TOKEN)
                .toString();
    }
}
