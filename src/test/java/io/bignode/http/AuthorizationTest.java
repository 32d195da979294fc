package io.bignode.http;

import static io.bignode.http.DocumentedDialectTest.assertProblem;
import static io.bignode.http.TestNode.OTHER_TOKEN;
import static io.bignode.http.TestNode.TOKEN;
import static io.bignode.http.TestNode.json;
import static io.bignode.http.TestNode.startBody;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.bignode.session.Session;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
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
                .filter(route -> route.credential() != Route.Credential.NONE && route.credential() != Route.Credential.OPTIONAL_BEARER)
                .map(route -> new Target(route.method(), route.template().replace("{session_id}", "abc").replace("{name}", "abc").replaceAll("\\{\\w+\\*?}", "x")));
        Stream<Target> odd = Stream.of(
                new Target("GET", "/nowhere"),
                new Target("PUT", "/metrics"),
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
                "{\"auth_token\":[\"" + TOKEN + "\"],\"node_id\":NaN}",
                "{\"params\":{\"auth_token\":\"" + TOKEN + "\"},\"node_id\":NaN}",
                "{\"auth_token\":\"" + TOKEN + "\",\"auth_token\":\"" + TOKEN + "\"}",
                "{\"auth_token\":\"" + TOKEN + "\",\"auth\\u005ftoken\":\"another\"}",
                "{\"auth_token\":\"" + TOKEN,
                "[{\"auth_token\":\"" + TOKEN + "\"}]",
                "{\"node_id\":,\"auth_token\":\"" + TOKEN + "\"}",
                "{\"auth_token\":\"wrong-token-wrong-token\",\"node_id\":NaN}",
                "\uFEFF{\"auth_token\":\"wrong-token-wrong-token\"}",
                "{\"node_id\":-1}"
            })
    void whatIsWrongWithABodyIsNotToldWithoutAToken(String body) {
        assertUnauthorized(node.post("/start", body, ""));
        assertUnauthorized(node.post("/stop", body, ""));
    }

    static Stream<Arguments> faultyBodies() {
        String token = "\"auth_token\":\"" + TOKEN + "\"";
        return Stream.of(
                arguments("\uFEFF{" + token + "}", "begins with a byte order mark"),
                arguments("\uFEFF{" + token + ",\"node_id\":NaN}", "begins with a byte order mark"),
                arguments("{\"r_target\":NaN," + token + "}", "holds an infinite or undefined number"),
                arguments("{\"r_target\":-Infinity," + token + "}", "holds an infinite or undefined number"),
                arguments("{\"node_id\":1,\"node_id\":1," + token + "}", "gives a field twice at line 1"),
                arguments("{\"params\":{\"dim\":1,\"dim\":1}," + token + "}", "gives a field twice at line 1"),
                arguments("{" + token + ",}", "is no valid JSON at line 1"),
                arguments("{" + token, "is no valid JSON"),
                arguments("{" + token + "} {}", "is no valid JSON"),
                arguments("{" + token + ",\n'node_id':1}", "is no valid JSON at line 2"),
                arguments("{" + token + ",\"params\":" + "[".repeat(100) + "}", "is nested too deep"));
    }

    @ParameterizedTest
    @MethodSource("faultyBodies")
    void whatIsWrongWithABodyIsToldToWhoeverShowsATokenInItOrBeforeIt(String body, String fault) {
        for (String path : List.of("/start", "/stop")) {
            for (String bearer : List.of("", TOKEN)) {
                HttpResponse<String> response = node.post(path, body, bearer);
                assertProblem(response, 422);
                assertThat(response.body()).contains(fault).doesNotContain(TOKEN);
            }
        }
        assertUnauthorized(node.post("/start", body.replace(TOKEN, TOKEN + "x"), ""));
    }

    @Test
    void bytesThatAreNoUtf8AreToldToWhoeverShowsATokenAmongThem() {
        byte[] body = ("{\"block_hash\":\"\u00ff\",\"auth_token\":\"" + TOKEN + "\"}").getBytes(StandardCharsets.ISO_8859_1);
        HttpResponse<String> response = node.send(node.request("/start", "").POST(BodyPublishers.ofByteArray(body)));
        assertProblem(response, 422);
        assertThat(response.body()).contains("is not UTF-8 at byte 15");
    }

    @Test
    void aFaultyBodyWithAWrongTokenIsAGuessLikeAnyOther() {
        try (TestNode limited = new TestNode(rules -> rules.wrongTokens(1), TestNode::tenant)) {
            for (int i = 0; i < 3; i++) limited.post("/start", "{\"auth_token\":\"wrong-token-wrong-token\",\"node_id\":NaN}", "");
            assertProblem(limited.post("/start", "{\"auth_token\":\"" + TOKEN + "\",\"node_id\":NaN}", ""), 429);
        }
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
