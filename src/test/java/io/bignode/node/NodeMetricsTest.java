package io.bignode.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.config.Settings;
import io.bignode.config.TenantToken;
import io.bignode.config.Token;
import io.bignode.deploy.MonitoringFiles;
import io.bignode.deploy.Promtool;
import io.bignode.fixtures.Golden;
import io.bignode.http.HttpServer;
import io.bignode.metrics.Family;
import io.bignode.monitor.Alarms;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a whole node with the real engine shows to a scrape. */
@Timeout(240)
class NodeMetricsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TOKEN = "a-token-of-the-test-alone";
    private static final String OPERATOR = "the-operators-token-of-the-test";
    private static final Pattern SERIES = Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{[^}]*})? (\\S+)");

    @TempDir
    Path folder;

    private final HttpClient client = HttpClient.newHttpClient();
    private int port;

    private Node node(Map<String, String> more) throws Exception {
        Map<String, String> environment = new HashMap<>(Map.of(
                "DELEGATION_AUTH_TOKEN", TOKEN,
                "DELEGATION_JOIN_TOKEN", OPERATOR,
                "DELEGATION_HOST", "127.0.0.1",
                "DELEGATION_PORT", "0",
                "DELEGATION_DEVICES", "cpu",
                "DELEGATION_DATA_DIR", folder.resolve("data").toString()));
        environment.putAll(more);
        Settings settings = Settings.load(environment);
        Alarms alarms = new Alarms(InstantSource.system());
        LiveSettings live = new LiveSettings(settings, alarms, InstantSource.system());
        HttpServer http = HttpServer.listen(live.rules());
        Node node = new Node(settings, http, HeadStore.open(settings, alarms, http), live, alarms);
        node.serve();
        node.work();
        port = node.port();
        return node;
    }

    private HttpRequest.Builder to(String path, String token) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).header("Authorization", "Bearer " + token);
    }

    private String answer(HttpRequest.Builder request) throws Exception {
        HttpResponse<String> response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response.body();
    }

    private String scrape(String token) throws Exception {
        return answer(to("/metrics", token));
    }

    /** Runs a session to its first delivery and stops it. Returns its id. */
    private String session(String token) throws Exception {
        String api = "/api/v1/delegation/";
        String id = JSON.readTree(answer(to(api + "start", token).POST(HttpRequest.BodyPublishers.ofString(Golden.order().toString()))))
                .get("session_id").asText();
        JsonNode batches;
        do {
            batches = JSON.readTree(answer(to(api + "batch/" + id + "?wait=5", token))).get("batches");
        } while (batches.isEmpty());
        answer(to(api + "session/" + id, token).DELETE());
        return id;
    }

    private static double value(String text, String series) {
        return text.lines().filter(line -> line.startsWith(series + " ")).findFirst()
                .map(line -> Double.parseDouble(line.substring(series.length() + 1)))
                .orElseThrow(() -> new AssertionError(series + " is missing in\n" + text));
    }

    private static Set<String> names(String text) {
        return text.lines().filter(line -> line.startsWith("# TYPE ")).map(line -> line.split(" ")[2]).collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void aScrapeTellsWhatHappenedAndNamesNoSessionTokenOrHash() throws Exception {
        try (Node node = node(Map.of())) {
            String tenant = tenantOf(scrape(TOKEN), session(TOKEN));
            String text = scrape(OPERATOR);

            assertThat(value(text, "bignode_sessions_started_total{tenant=\"" + tenant + "\"}")).isEqualTo(1);
            assertThat(value(text, "bignode_sessions_ended_total{status=\"stopped\",tenant=\"" + tenant + "\"}")).isEqualTo(1);
            double delivered = value(text, "bignode_nonces_delivered_total{tenant=\"" + tenant + "\"}");
            double valid = value(text, "bignode_nonces_valid_total{tenant=\"" + tenant + "\"}");
            double raw = value(text, "bignode_nonces_raw_total{tenant=\"" + tenant + "\"}");
            assertThat(delivered).isGreaterThan(0).isLessThanOrEqualTo(valid);
            assertThat(valid).isLessThanOrEqualTo(raw);
            assertThat(value(text, "bignode_device_nonces_raw_total{device=\"local/cpu\",worker=\"local\"}")).isGreaterThanOrEqualTo(raw);
            assertThat(value(text, "bignode_store_commit_seconds_count")).isGreaterThan(0);
            assertThat(text).contains("bignode_http_request_seconds_count{method=\"GET\",route=\"/api/v1/delegation/batch/{session_id}\",status=\"200\"}");
            JsonNode golden = Golden.read("small-models.json").get(0);
            assertThat(text).doesNotContain(TOKEN, OPERATOR, golden.get("block_hash").asText(), golden.get("public_key").asText());
            assertThat(scrape(TOKEN)).as("the only tenant sees everything").contains("device=\"local/cpu\"");
            assertLinesAreWellFormed(text);
            assertThat(Promtool.checkMetrics(text)).isEmpty();
        }
    }

    /** The only tenant's name, once its session ran; its id is in no series. */
    private String tenantOf(String before, String session) throws Exception {
        assertThat(before).doesNotContain("bignode_sessions_started_total{");
        String text = scrape(TOKEN);
        assertThat(text).doesNotContain(session);
        Matcher matcher = Pattern.compile("bignode_sessions_started_total\\{tenant=\"([^\"]+)\"}").matcher(text);
        assertThat(matcher.find()).isTrue();
        return matcher.group(1);
    }

    private static void assertLinesAreWellFormed(String text) {
        Set<String> known = names(text);
        for (String line : text.lines().filter(one -> !one.startsWith("#")).toList()) {
            Matcher matcher = SERIES.matcher(line.replaceAll("\"[^\"]*\"", "\"\""));
            assertThat(matcher.matches()).as(line).isTrue();
            String base = matcher.group(1).replaceFirst("_(bucket|sum|count)$", "");
            assertThat(known.contains(matcher.group(1)) || known.contains(base)).as("has a TYPE: " + line).isTrue();
        }
    }

    @Test
    void aTenantAmongSeveralSeesNeitherOthersNorDevices() throws Exception {
        Token first = Token.random();
        Token second = Token.random();
        Path tokens = folder.resolve("tokens");
        Files.write(tokens, List.of(line("alice", first), line("bob", second)));
        Files.setPosixFilePermissions(tokens, PosixFilePermissions.fromString("rw-------"));
        try (Node node = node(Map.of("DELEGATION_TOKENS_FILE", tokens.toString()))) {
            session(first.secret());
            session(second.secret());

            assertThat(scrape(OPERATOR)).contains("\"alice\"", "\"bob\"", "local/cpu");
            assertThat(scrape(first.secret())).contains("tenant=\"alice\"").doesNotContain("bob", "local");
            assertThat(client.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics")).build(),
                    HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(401);
        }
    }

    private static String line(String name, Token token) {
        return new TenantToken(name, TenantToken.HexDigest.of(token), 10, 1).line();
    }

    @Test
    void whatDashboardsRulesAndDocumentsNameIsWhatANodeExports() throws Exception {
        String text;
        try (Node node = node(Map.of())) {
            session(TOKEN);
            text = scrape(OPERATOR);
        }
        Set<String> exported = names(text);
        // These have series only once something went wrong, or where there is what they are about: the CPU measures nothing of itself.
        Set<String> rare = Set.of(
                Family.ALARM.exposed(), Family.CERTIFICATE_EXPIRY.exposed(), Family.EARLY_SHARE.exposed(),
                Family.DEVICE_PEAK_RATIO.exposed(), Family.DEVICE_UTILISATION_RATIO.exposed(), Family.DEVICE_MEMORY_USED_BYTES.exposed(),
                Family.DEVICE_TEMPERATURE_CELSIUS.exposed(), Family.DEVICE_POWER_WATTS.exposed(), Family.DEVICE_POWER_LIMIT_WATTS.exposed());
        Set<String> all = new TreeSet<>();
        for (Family family : Family.values()) {
            all.add(family.exposed());
            if (!rare.contains(family.exposed())) assertThat(exported).contains(family.exposed());
        }
        Set<String> known = new TreeSet<>(exported);
        known.addAll(all);

        assertThat(MonitoringFiles.metricsOfDashboards()).isNotEmpty().isSubsetOf(known);
        assertThat(MonitoringFiles.metricsOfRules()).isNotEmpty().isSubsetOf(known);
        assertThat(MonitoringFiles.metricsOfDocument()).isEqualTo(known);
    }
}
