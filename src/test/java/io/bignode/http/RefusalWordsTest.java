package io.bignode.http;

import static io.bignode.http.TestNode.TOKEN;
import static io.bignode.http.TestNode.json;
import static io.bignode.http.TestNode.startBody;
import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.session.Obstacle;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a refusal says: what is not there and where to look, or what the node is doing and when to come again. */
class RefusalWordsTest {
    private static final String BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "//nowhere        | no such path on this node    | /docs                              | /openapi",
        "/session/unknown | no such session of yours     | GET /api/v1/delegation/sessions    | was purged",
        "/batch/unknown   | no such session of yours     | GET /api/v1/delegation/sessions    | was purged",
    })
    void whatIsNotThereComesWithWhereToLook(String path, String fault, String where, String more) {
        try (TestNode node = new TestNode()) {
            HttpResponse<String> response = node.get(path, TOKEN);
            assertThat(response.statusCode()).isEqualTo(404);
            assertThat(json(response).get("detail").textValue()).contains(fault, where, more);
        }
    }

    @Test
    void aWorkerThatIsNotThereComesWithTheListOfThem() {
        try (TestNode node = new TestNode()) {
            HttpResponse<String> response = node.post("//api/v1/admin/workers/nobody/drain", "", TestNode.OPERATOR_TOKEN);
            assertThat(response.statusCode()).isEqualTo(404);
            assertThat(json(response).get("detail").textValue())
                    .isEqualTo("no worker of this name is connected; GET /api/v1/admin/workers lists the workers and their states");
        }
    }

    @Test
    void whatIsNotNowComesWithWhenToAskAgain() {
        try (TestNode node = new TestNode()) {
            node.obstacle.set(Optional.of(new Obstacle.NoDevice()));
            HttpResponse<String> refused = node.post("/start", startBody(), TOKEN);
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(json(refused).get("detail").textValue())
                    .startsWith("no device works at the moment; its devices are still being found")
                    .endsWith("; ask again in " + refused.headers().firstValue("Retry-After").orElseThrow() + " s");
            node.devices.set(0);
            assertThat(json(node.get("//health", "")).get("detail").textValue()).contains("bignode doctor").endsWith("; ask again in 10 s");
        }
    }

    @Test
    void aBrowserGetsThemAsAPage() {
        try (TestNode node = new TestNode()) {
            HttpResponse<String> unknown = node.send(node.request("//nowhere", TOKEN).header("Accept", BROWSER).GET());
            assertThat(unknown.statusCode()).isEqualTo(404);
            assertThat(unknown.headers().firstValue("Content-Type")).hasValue("text/html; charset=utf-8");
            assertThat(unknown.headers().firstValue("Content-Security-Policy").orElseThrow()).startsWith("default-src 'none';");
            assertThat(unknown.body()).contains("<h1>Not Found</h1>", "<p>There is no such path on this node; ", "<a href=\"/docs\">",
                    "<a href=\"/\">dashboard</a>");

            HttpResponse<String> secret = node.send(node.request("/sessions", "").header("Accept", BROWSER).GET());
            assertThat(secret.statusCode()).isEqualTo(401);
            assertThat(secret.headers().firstValue("WWW-Authenticate")).hasValue("Bearer");
            assertThat(secret.body()).contains("A browser sends no token with an address", "Bearer &lt;token&gt;");

            HttpResponse<String> program = node.send(node.request("//nowhere", TOKEN).header("Accept", "application/json, */*").GET());
            assertThat(program.headers().firstValue("Content-Type")).hasValue(Problem.CONTENT_TYPE);
        }
    }

    @Test
    void aPageHasNoMarkupButItsOwn() {
        Answer page = ProblemPage.of(Problem.unavailable("a <b>bold</b> & odd reason", Duration.ofSeconds(7)));
        assertThat(new String(page.body(), StandardCharsets.UTF_8)).contains("A &lt;b&gt;bold&lt;/b&gt; &amp; odd reason; ask again in 7 s.")
                .doesNotContain("<b>");
        assertThat(page.headers()).containsEntry("Retry-After", "7");
    }
}
