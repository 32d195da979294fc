package io.bignode.api.mlnode;

import static io.bignode.http.DocumentedDialectTest.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.CapturedLog;
import io.bignode.fixtures.ManualTime;
import io.bignode.http.TestNode;
import java.net.InetAddress;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MlNodeCallsTest {
    private static final List<String> THEIRS = List.of(
            "/api/v1/state", "/api/v1/stop", "/api/v1/pow/status", "/api/v1/pow/init/generate", "/api/v1/pow", "/api/v1/inference/up",
                    "/api/v1/inference/pow/status");

    private final CapturedLog log = new CapturedLog(MlNodeCalls.class);

    @AfterEach
    void stopListening() {
        log.close();
    }

    @Test
    void whoeverTakesUsForAnMlNodeIsToldSoByAnyMethodAndWithoutAToken() {
        try (TestNode node = new TestNode()) {
            for (String path : THEIRS) {
                for (String method : List.of("GET", "POST", "PUT", "DELETE")) {
                    HttpResponse<String> response = node.send(node.request("/" + path, "").method(method, BodyPublishers.ofString("{}")));
                    assertProblem(response, 404);
                    assertThat(TestNode.json(response).get("detail").textValue()).contains("big node", "/api/v1/delegation", "ML node");
                }
            }
            assertProblem(node.get("//api/v1/state?auth_token=" + TestNode.TOKEN, "wrong-token-wrong-token"), 404);
        }
    }

    @Test
    void pathsThatAreNobodysStillAskForAToken() {
        try (TestNode node = new TestNode()) {
            for (String path : List.of("/api/v1/states", "/api/v1/powder", "/api/v1/stop.", "/api/v1", "/api/v1/delegation/pow", "/pow/status"))
                assertProblem(node.get("/" + path, ""), 401);
        }
    }

    @Test
    void theLogTellsOfThemOnceAMinute() throws Exception {
        ManualTime time = new ManualTime();
        MlNodeCalls calls = new MlNodeCalls(time, "/orders");
        InetAddress neighbour = InetAddress.getByName("192.0.2.7");
        for (int i = 0; i < 100; i++) assertThat(calls.problem("/api/v1/pow/status", neighbour)).isPresent();
        assertThat(log.lines()).hasSize(1);
        assertThat(log.lines().getFirst()).startsWith("WARNING 192.0.2.7 calls an ML node's API (/api/v1/pow)");
        time.pass(Duration.ofSeconds(59));
        calls.problem("/api/v1/state", neighbour);
        assertThat(log.lines()).hasSize(1);
        time.pass(Duration.ofSeconds(1));
        calls.problem("/api/v1/state", neighbour);
        assertThat(log.lines()).hasSize(2);
        assertThat(log.lines().getLast()).contains("(/api/v1/state)");
    }

    @Test
    void whatACallerPutsInThePathIsNotLogged() throws Exception {
        new MlNodeCalls(new ManualTime(), "/orders").problem("/api/v1/pow/a-secret\nof the caller", InetAddress.getByName("192.0.2.7"));
        assertThat(log.lines().toString()).doesNotContain("secret");
    }
}
