package io.bignode.http;

import static io.bignode.http.DocumentedDialectTest.assertProblem;
import static io.bignode.http.TestNode.startBody;
import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.config.TenantList;
import io.bignode.config.TenantToken;
import io.bignode.config.Token;
import io.bignode.config.TokensFile;
import io.bignode.http.Route.Credential;
import io.bignode.session.Session;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every path × every token there may be, wherever the token may stand. The tenants come from a real tokens file. A path that is added to the
 * server without a row here fails the test, and so does a row without a path.
 */
class AuthorizationMatrixTest {
    /** Who asks. */
    private enum Who {
        NOBODY,
        WRONG,
        OTHER_TENANT,
        WORKER,
        OWNER
    }

    /** Where the token stands. */
    private enum Place {
        HEADER,
        QUERY,
        BODY,
        PATH
    }

    /** What a path answers to the owner of the session in it, to another tenant and to the join token; all others get 401, or what everybody gets. */
    private record Row(int owner, int otherTenant, int worker) {
        Row(int owner, int otherTenant) {
            this(owner, otherTenant, 401);
        }

        int to(Who who) {
            return switch (who) {
                case NOBODY, WRONG -> 401;
                case OTHER_TENANT -> otherTenant;
                case WORKER -> worker;
                case OWNER -> owner;
            };
        }
    }

    private static final String API = TestNode.API;
    private static final int PUBLIC = -1;

    /** Paths with a session's id answer another tenant as if there were no such session. */
    private static final Map<String, Row> MATRIX = new TreeMap<>(Map.ofEntries(
            Map.entry("POST " + API + "/start", new Row(200, 200)),
            Map.entry("GET " + API + "/batch/{session_id}", new Row(200, 404)),
            Map.entry("GET " + API + "/batches/{session_id}", new Row(200, 404)),
            Map.entry("GET " + API + "/sessions", new Row(200, 200)),
            Map.entry("GET " + API + "/status", new Row(200, 200)), // to those who show no bearer token at all too, but see below
            Map.entry("GET " + API + "/session/{session_id}", new Row(200, 404)),
            Map.entry("DELETE " + API + "/session/{session_id}", new Row(200, 404)),
            Map.entry("POST " + API + "/stop", new Row(200, 404)),
            Map.entry("POST " + API + "/request", new Row(422, 422)), // it names no order_id
            Map.entry("GET " + API + "/found/{session_id}", new Row(200, 404)),
            Map.entry("GET " + API + "/node", new Row(200, 200)),
            Map.entry("GET /health", new Row(PUBLIC, PUBLIC)),
            Map.entry("GET /health/live", new Row(PUBLIC, PUBLIC)),
            Map.entry("GET /health/ready", new Row(PUBLIC, PUBLIC)),
            Map.entry("GET /openapi", new Row(PUBLIC, PUBLIC)),
            Map.entry("GET /metrics", new Row(200, 200, 200)),
            Map.entry("GET /api/v1/overview", new Row(200, 200, 200)),
            Map.entry("GET /api/v1/history", new Row(200, 200, 200)),
            Map.entry("GET /docs", new Row(PUBLIC, PUBLIC)),
            // The operator's: no worker of this name is there, which only the join token is told.
            Map.entry("GET /api/v1/admin/workers", new Row(401, 401, 200)),
            Map.entry("POST /api/v1/admin/workers/{name}/drain", new Row(401, 401, 404)),
            Map.entry("POST /api/v1/admin/workers/{name}/admit", new Row(401, 401, 404))));

    private static final String ML_NODE = "/mlnode/{token}";

    static {
        for (String path : List.of("/api/v1/state", "/api/v1/inference/pow/status", "/api/v1/gpu/devices", "/api/v1/versions", "/health", "/livez", "/readyz")) {
            MATRIX.put("GET " + ML_NODE + path, new Row(200, 200));
        }
        for (String path : List.of("/api/v1/gpu/driver", "/api/v1/models/status", "/api/v1/models/list", "/v1/models",
                "/api/v1/inference/pow/generate/{request_id}")) {
            MATRIX.put("GET " + ML_NODE + path, new Row(404, 404));
        }
        for (String path : List.of("/api/v1/stop", "/api/v1/inference/pow/stop")) MATRIX.put("POST " + ML_NODE + path, new Row(200, 200));
        // It names no model, and there is no server of inference.
        MATRIX.put("POST " + ML_NODE + "/api/v1/inference/up", new Row(422, 422));
        for (String method : List.of("GET ", "POST ")) MATRIX.put(method + ML_NODE + "/v1/{call}", new Row(503, 503));
        MATRIX.put("GET " + ML_NODE + "/api/v1/pow/status", new Row(200, 200));
        MATRIX.put("POST " + ML_NODE + "/api/v1/pow/stop", new Row(200, 200));
        for (String path : List.of("/api/v1/pow/phase/generate", "/api/v1/pow/phase/validate", "/api/v1/pow/validate")) {
            MATRIX.put("POST " + ML_NODE + path, new Row(400, 400));
        }
        // A start of a small node has no url.
        for (String path : List.of("/api/v1/pow/init/generate", "/api/v1/pow/init/validate")) MATRIX.put("POST " + ML_NODE + path, new Row(422, 422));
        // An order of the first function is none of these.
        for (String path : List.of("/api/v1/inference/pow/init/generate", "/api/v1/inference/pow/generate")) MATRIX.put("POST " + ML_NODE + path, new Row(422, 422));
    }

    private static final Token OWNERS = Token.random();
    private static final Token OTHERS = Token.random();
    private static final Token DEFAULT = Token.random();

    /** What workers join with, and the operator drains them with. */
    private static final Token WORKERS = Token.of(TestNode.OPERATOR_TOKEN);

    @TempDir
    static Path folder;

    private static TestNode node;

    @BeforeAll
    static void start() throws Exception {
        Path file = folder.resolve("tokens");
        Files.write(file, List.of(line("owner", OWNERS), line("other", OTHERS)));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        TenantList tenants = TenantList.of(DEFAULT, 50, TokensFile.read(file));
        node = new TestNode(
                rules -> rules.wrongTokens(0),
                token -> tenants.of(token).map(own -> new Tenants.Tenant(own.name(), own.maxSessions(), own.weight())));
    }

    private static String line(String name, Token token) {
        return new TenantToken(name, TenantToken.HexDigest.of(token), 50, 1).line();
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    @Test
    void everyPathHasItsRowAndEveryRowItsPath() {
        assertThat(MATRIX.keySet())
                .isEqualTo(TestNode.routes().stream().map(TestNode::documented).collect(Collectors.toCollection(TreeSet::new)));
    }

    @TestFactory
    Stream<DynamicTest> everyPathAnswersEverybodyAsItsRowSays() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Route route : TestNode.routes()) {
            for (Who who : Who.values()) {
                for (Place place : Place.values()) {
                    String title = name(route) + ", " + who + ", token in the " + place;
                    tests.add(DynamicTest.dynamicTest(title, () -> check(route, who, place)));
                }
            }
        }
        return tests.stream();
    }

    private static void check(Route route, Who who, Place place) {
        Session session = session();
        Row row = MATRIX.get(TestNode.documented(route));
        assertThat(row).as("row of " + name(route)).isNotNull();
        HttpResponse<String> response = send(route, session, token(who), place);
        if (row.owner() == PUBLIC) {
            assertThat(response.statusCode()).isEqualTo(200);
        } else if (route.credential() == Credential.OPTIONAL_BEARER && (who == Who.NOBODY || place != Place.HEADER)) {
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.body()).contains("\"sessions\":{}").doesNotContain(session.id());
        } else if (!counts(route.credential(), place) || row.to(who) == 401) {
            assertProblem(response, 401);
            assertThat(response.headers().firstValue("WWW-Authenticate")).hasValue("Bearer");
            assertThat(session.status().ended()).isFalse();
        } else {
            assertThat(response.statusCode()).isEqualTo(row.to(who));
            if (who == Who.OTHER_TENANT) {
                assertThat(response.body()).doesNotContain(session.id());
                assertThat(session.status().ended()).isFalse();
            }
        }
        String secret = token(who);
        if (!secret.isEmpty()) assertThat(response.body()).doesNotContain(secret);
    }

    /** The deployed dialect's places for a token count on its own paths alone. */
    private static boolean counts(Credential credential, Place place) {
        return switch (place) {
            case HEADER -> true;
            case QUERY -> credential == Credential.BEARER_OR_QUERY;
            case BODY -> credential == Credential.BEARER_OR_BODY;
            case PATH -> credential == Credential.BEARER_OR_PATH;
        };
    }

    private static String token(Who who) {
        return switch (who) {
            case NOBODY -> "";
            case WRONG -> OWNERS.secret().replaceFirst(".$", "x");
            case OTHER_TENANT -> OTHERS.secret();
            case WORKER -> WORKERS.secret();
            case OWNER -> OWNERS.secret();
        };
    }

    /** A session of the owner that runs. */
    private static Session session() {
        String answer = node.post("/start", startBody(), OWNERS.secret()).body();
        return node.sessions.find("owner", answer.replaceFirst("(?s).*\"session_id\":\"([0-9a-f]+)\".*", "$1")).orElseThrow();
    }

    private static HttpResponse<String> send(Route route, Session session, String token, Place place) {
        String path = route.template().replace("{session_id}", session.id()).replace("{name}", "some-worker")
                .replace("{version}", "v3").replace("{call*}", "chat/completions").replace("{request_id}", "none").replace("{token}", place == Place.PATH && !token.isEmpty() ? token : "no-token");
        if (place == Place.QUERY && !token.isEmpty()) path += "?auth_token=" + URLEncoder.encode(token, StandardCharsets.UTF_8);
        String body = "";
        if (route.method().equals("POST")) {
            var document = route.template().endsWith("/stop") ? TestNode.JSON.createObjectNode().put("session_id", session.id()) : startBody();
            if (place == Place.BODY && !token.isEmpty()) document.put("auth_token", token);
            body = document.toString();
        }
        return node.send(node.request("/" + path, place == Place.HEADER ? token : "")
                .method(route.method(), body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body)));
    }

    private static String name(Route route) {
        return route.method() + " " + route.template();
    }
}
