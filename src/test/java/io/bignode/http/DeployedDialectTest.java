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
        assertProblem(node.get("/status?auth_token=" + TOKEN, ""), 401);
    }

    @Test
    void aTokenInTheQueryMayBePercentEncoded() {
        Session session = node.start(startBody());
        assertThat(node.get("/batches/" + session.id() + "?auth_token=" + TOKEN.replace("-", "%2D"), "")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void statusListsSessionsToABearer() {
        Session session = node.start(startBody());
        assertThat(json(node.get("/status", TOKEN)).get("sessions").has(session.id()))
                .isTrue();
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
