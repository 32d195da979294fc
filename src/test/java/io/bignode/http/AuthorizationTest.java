package io.bignode.http;

import static io.bignode.http.DocumentedDialectTest.assertProblem;
import static io.bignode.http.TestNode.OTHER_TOKEN;
import static io.bignode.http.TestNode.TOKEN;
import static io.bignode.http.TestNode.json;
import static io.bignode.http.TestNode.startBody;
import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.session.Session;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class AuthorizationTest {
    private static TestNode node;

    @BeforeAll
    static void start() {
        node = new TestNode(50, Duration.ofSeconds(75));
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    record Target(String method, String path) {}

    /** Every path that needs a token, and some that do not exist. */
    static Stream<Target> secured() {
        Stream<Target> known = TestNode.routes().stream()
                .filter(route -> route.credential() != Route.Credential.NONE)
                .map(route -> new Target(route.method(), route.template().replace("{session_id}", "abc").replace("{name}", "abc")));
        Stream<Target> odd = Stream.of(
                new Target("GET", "/nowhere"),
                new Target("PUT", "/openapi"),
                new Target("GET", "/healthy"),
                new Target("GET", "/metrics"));
        return Stream.concat(known, odd);
    }

    @ParameterizedTest
    @MethodSource("secured")
    void nothingIsAnsweredWithoutAToken(Target target) {
        assertUnauthorized(send(target, ""));
    }

    @ParameterizedTest
    @MethodSource("secured")
    void nothingIsAnsweredToAWrongToken(Target target) {
        assertUnauthorized(send(target, TOKEN + "x"));
        assertUnauthorized(send(target, TOKEN.substring(1)));
        assertUnauthorized(send(target, TOKEN.toUpperCase(Locale.ROOT)));
    }

    @ParameterizedTest
    @MethodSource("secured")
    void aRightTokenIsAnswered(Target target) {
        // The operator's paths know the operator's token alone.
        String right = target.path().startsWith("/api/v1/admin/") ? TestNode.OPERATOR_TOKEN : TOKEN;
        assertThat(send(target, right).statusCode()).isNotEqualTo(401);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Basic " + TOKEN,
                "Bearer",
                "Bearer ",
                TOKEN,
                "Bearer " + TOKEN + " " + TOKEN,
                "Bearer \"" + TOKEN + "\""
            })
    void anAuthorizationOfAnotherShapeIsNone(String header) {
        assertUnauthorized(node.send(node.request("/sessions", "").header("Authorization", header)));
    }

    @Test
    void theSchemeIsKnownInAnyCase() {
        assertThat(node.send(node.request("/sessions", "").header("Authorization", "bearer " + TOKEN))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void twoAuthorizationsAreNone() {
        assertUnauthorized(node.send(node.request("/sessions", TOKEN).header("Authorization", "Bearer " + TOKEN)));
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/sessions",
        "GET,/status",
        "GET,/batch/abc",
        "GET,/session/abc",
        "DELETE,/session/abc",
        "POST,/start",
        "POST,/stop"
    })
    void aTokenInTheQueryCountsForDeployedPollsOnly(String method, String path) {
        assertUnauthorized(send(new Target(method, TestNode.API + path + "?auth_token=" + TOKEN), ""));
    }

    @Test
    void aWrongBearerIsNotSavedByARightTokenElsewhere() {
        Session session = node.start(startBody());
        assertUnauthorized(node.get("/batches/" + session.id() + "?auth_token=" + TOKEN, "wrong-token-wrong-token"));
        assertUnauthorized(node.post("/start", startBody().put("auth_token", TOKEN), "wrong-token-wrong-token"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[1]",
                "{\"auth_token\":5}",
                "{\"auth_token\":null}",
                "{\"auth_token\":\"" + TOKEN + "\"",
                "{\"node_id\":-1}"
            })
    void whatIsWrongWithABodyIsNotToldWithoutAToken(String body) {
        assertUnauthorized(node.post("/start", body, ""));
        assertUnauthorized(node.post("/stop", body, ""));
    }

    @Test
    void anotherTenantsSessionIsNotFound() {
        Session session = node.start(startBody());
        String id = session.id();

        assertProblem(node.get("/batch/" + id, OTHER_TOKEN), 404);
        assertProblem(node.get("/batches/" + id + "?auth_token=" + OTHER_TOKEN, ""), 404);
        assertProblem(node.get("/session/" + id, OTHER_TOKEN), 404);
        assertProblem(node.delete("/session/" + id, OTHER_TOKEN), 404);
        assertProblem(node.post("/stop", "{\"session_id\":\"" + id + "\"}", OTHER_TOKEN), 404);
        assertThat(json(node.get("/sessions", OTHER_TOKEN)).get("sessions").has(id))
                .isFalse();
        assertThat(session.status().ended()).isFalse();
    }

    @Test
    void theSameOrderOfAnotherTenantIsAnotherSession() {
        Session session = node.start(startBody());
        assertThat(json(node.post("/start", startBody(), OTHER_TOKEN))
                        .get("session_id")
                        .textValue())
                .isNotEqualTo(session.id());
    }

    private static HttpResponse<String> send(Target target, String token) {
        return node.send(node.request("/" + target.path(), token).method(target.method(), BodyPublishers.noBody()));
    }

    private static void assertUnauthorized(HttpResponse<String> response) {
        assertProblem(response, 401);
        assertThat(response.headers().firstValue("WWW-Authenticate")).hasValue("Bearer");
        assertThat(response.body()).doesNotContain(TOKEN);
    }
}
