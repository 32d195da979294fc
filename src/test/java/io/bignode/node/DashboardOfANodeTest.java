package io.bignode.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.config.Settings;
import io.bignode.fixtures.Golden;
import io.bignode.http.Browser;
import io.bignode.http.HttpServer;
import io.bignode.monitor.Alarms;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The dashboard as a running node serves it: what is computed on this host's own device, in a real browser. */
@Timeout(180)
class DashboardOfANodeTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TOKEN = "a-token-of-the-test-alone";
    private static final String JOIN = "a-join-token-of-the-test-alone";

    @TempDir
    Path folder;

    private Node node() throws Exception {
        Settings settings = Settings.load(Map.of(
                "DELEGATION_AUTH_TOKEN", TOKEN,
                "DELEGATION_JOIN_TOKEN", JOIN,
                "DELEGATION_HOST", "127.0.0.1",
                "DELEGATION_PORT", "0",
                "DELEGATION_DATA_DIR", folder.resolve("data").toString()));
        Alarms alarms = new Alarms(InstantSource.system());
        LiveSettings live = new LiveSettings(settings, alarms, InstantSource.system());
        HttpServer http = HttpServer.listen(live.rules());
        return new Node(settings, http, HeadStore.open(settings, alarms, http), live, alarms);
    }

    private static JsonNode ask(HttpClient client, String url, HttpRequest.BodyPublisher body, String method) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url)).header("Authorization", "Bearer " + TOKEN).method(method, body).build();
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    @Test
    void theOperatorWatchesASessionFromItsStartToItsEndAndDrainsTheHost() throws Exception {
        try (Node node = node();
                Browser browser = new Browser();
                HttpClient client = HttpClient.newHttpClient()) {
            node.serve();
            node.work();
            String url = "http://127.0.0.1:" + node.port() + "/";
            browser.signIn(url, JOIN);
            browser.untilBoard();
            assertThat(browser.text("#viewer")).isEqualTo("Operator");
            assertThat(browser.text("#sessions")).contains("bignode client examples/dev-net.json");
            assertThat(browser.text("#workers")).contains("local", "this host");

            String api = url + "api/v1/delegation/";
            String session = ask(client, api + "start", HttpRequest.BodyPublishers.ofString(Golden.order().toString()), "POST").get("session_id").asText();
            browser.until("the session is seen", () -> browser.text("#sessions-rows").contains(session.substring(0, 8)));
            browser.until("its nonces are counted", () -> browser.text("#sessions-rows").contains("generating") && !number(browser, "raw").startsWith("0 "));
            browser.until("its rate is drawn", () -> !browser.text("#legend").contains(" 0 raw"));
            ask(client, api + "batch/" + session + "?wait=5", HttpRequest.BodyPublishers.noBody(), "GET");
            browser.until("something was delivered", () -> browser.text("#numbers").contains("of the found"));
            ask(client, api + "session/" + session, HttpRequest.BodyPublishers.noBody(), "DELETE");
            browser.until("its end is seen", () -> browser.text("#sessions-rows").contains("stopped"));

            browser.find("[aria-label='Drain worker local']").click();
            browser.find("#ask-yes").click();
            browser.until("the host drains", () -> browser.text("#workers").contains("draining"));
            browser.find("[aria-label='Admit worker local']").click();
            browser.find("#ask-yes").click();
            browser.until("the host works again", () -> browser.text("#workers").contains("this host"));
            browser.assertNoComplaint();
        }
    }

    @Test
    @Tag("full")
    void theOnlyTenantSeesTheWholeNodeButDoesNotDrainIt() throws Exception {
        try (Node node = node();
                Browser browser = new Browser()) {
            node.serve();
            node.work();
            String url = "http://127.0.0.1:" + node.port() + "/";
            browser.signIn(url, "no-token-of-this-node");
            browser.until("the token is refused", () -> browser.text("#token-fault").contains("does not know this token"));
            browser.signIn(url, TOKEN);
            browser.untilBoard();
            browser.find("[aria-label='Drain worker local']").click();
            browser.find("#ask-yes").click();
            browser.until("the refusal is explained", () -> browser.text("#ask-fault").contains("Only the operator"));
            browser.assertNoComplaint("401 (Unauthorized)");
        }
    }

    private static String number(Browser browser, String tile) {
        return browser.text("#numbers [data-key=" + tile + "] .under");
    }
}
