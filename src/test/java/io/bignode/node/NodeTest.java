package io.bignode.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.config.Settings;
import io.bignode.fixtures.Golden;
import io.bignode.fixtures.Program;
import io.bignode.http.HttpServer;
import io.bignode.monitor.Alarms;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole node with the real engine, over real sockets. */
@Timeout(120)
class NodeTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TOKEN = "a-token-of-the-test-alone";

    @TempDir
    Path folder;

    private final HttpClient client = HttpClient.newHttpClient();
    private int port;

    private Map<String, String> environment() {
        return Map.of(
                "DELEGATION_AUTH_TOKEN", TOKEN,
                "DELEGATION_HOST", "127.0.0.1",
                "DELEGATION_PORT", "0",
                "DELEGATION_DATA_DIR", folder.resolve("data").toString());
    }

    private Node node() throws Exception {
        Settings settings = Settings.load(environment());
        Alarms alarms = new Alarms(InstantSource.system());
        LiveSettings live = new LiveSettings(settings, alarms, InstantSource.system());
        HttpServer http = HttpServer.listen(live.rules());
        return new Node(settings, http, HeadStore.open(settings, alarms, http), live, alarms);
    }

    private HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1/delegation/" + path))
                .header("Authorization", "Bearer " + TOKEN);
    }

    private JsonNode answer(HttpRequest.Builder request) throws Exception {
        HttpResponse<String> response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    private String start(ObjectNode order) throws Exception {
        return answer(to("start").POST(HttpRequest.BodyPublishers.ofString(order.toString()))).get("session_id").asText();
    }

    /** Polls with a cursor until {@code nonces} were found or nothing will follow. */
    private TreeMap<Long, Double> poll(String session, int nonces) throws Exception {
        TreeMap<Long, Double> found = new TreeMap<>();
        long cursor = 0;
        boolean active = true;
        while (active && found.size() < nonces) {
            JsonNode answer = answer(to("batch/" + session + "?wait=5&after=" + cursor));
            for (JsonNode batch : answer.get("batches")) {
                for (int i = 0; i < batch.get("nonces").size(); i++) {
                    assertThat(found.put(batch.get("nonces").get(i).asLong(), batch.get("dist").get(i).asDouble())).isNull();
                }
            }
            cursor = answer.get("cursor").asLong();
            active = answer.get("session_active").asBoolean();
        }
        return found;
    }

    @Test
    void aSessionsDistancesAreTheGoldenOnesAndARestartGoesOnWithoutGapOrRepetition() throws Exception {
        JsonNode golden = Golden.read("small-models.json").get(0);
        try (Node node = node()) {
            node.serve();
            node.work();
            port = node.port();
            TreeMap<Long, Double> all = new TreeMap<>();
            for (int round = 0; round < 3; round++) {
                String session = start(Golden.order(golden).put("r_target", 10)); // every nonce counts, as in the network's own simulation
                TreeMap<Long, Double> found = poll(session, 20);
                answer(to("session/" + session).DELETE());
                // Everything leased before the stop is either found now or left to the next round.
                found.putAll(poll(session, Integer.MAX_VALUE));
                found.forEach((nonce, distance) -> assertThat(all.put(nonce, distance)).as("nonce %d once", nonce).isNull());
            }
            // A lease that was dropped at a stop is a gap until the order goes on: its nonces come first then.
            long highest = all.lastKey();
            poll(start(Golden.order(golden).put("r_target", 10)), (int) (highest + 1 - all.size()) + 50)
                    .forEach((nonce, distance) -> assertThat(all.put(nonce, distance)).as("nonce %d once", nonce).isNull());
            assertThat(all.headMap(highest, true)).as("every nonce up to %d", highest).hasSize((int) highest + 1);
            // The first nonces of the golden case are 0, 1, 2, 3 and 17; the others no session reaches.
            for (int i = 0; i < 5; i++) {
                assertThat(all.get(golden.get("nonces").get(i).asLong())).isCloseTo(golden.get("distances").get(i).asDouble(), within(2e-6));
            }
        }
    }

    @Test
    @Tag("full")
    void sessionsOfOneBlockTwoModelsAndAnotherBlockShareTheDevice() throws Exception {
        share(0, 1);
    }

    @Test
    @Tag("full")
    void sessionsOfOneBlockSeveralModelsAndAnotherBlockShareTheDevice() throws Exception {
        share(0, 1, 5);
    }

    /** Sessions of these golden models. */
    private void share(int... chosen) throws Exception {
        JsonNode models = Golden.read("small-models.json");
        try (Node node = node()) {
            node.serve();
            node.work();
            port = node.port();
            List<String> sessions = new ArrayList<>();
            for (int one : chosen) {
                JsonNode model = models.get(one);
                sessions.add(start(Golden.order(model)));
                sessions.add(start(Golden.order(model).put("node_id", 1).put("node_count", 3)));
                sessions.add(start(Golden.order(model).put("block_hash", "another")));
            }
            for (String session : sessions) {
                assertThat(poll(session, 10)).hasSizeGreaterThanOrEqualTo(10);
            }
            assertThat(poll(sessions.get(1), 10).keySet()).allMatch(nonce -> nonce % 3 == 1);
        }
    }

    @Test
    void aModelTooLargeIsRefusedWithItsSizes() throws Exception {
        try (Node node = node()) {
            node.serve();
            node.work();
            port = node.port();
            ObjectNode huge = Golden.order();
            huge.putObject("params").put("dim", 131072).put("n_heads", 1024).put("n_kv_heads", 1024).put("n_layers", 4096);
            HttpResponse<String> response = client.send(
                    to("start").POST(HttpRequest.BodyPublishers.ofString(huge.toString())).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).isEqualTo(422);
            assertThat(response.body()).contains("GiB");
        }
    }

    @Test
    void aProcessToldToStopEndsWellWithinTenSeconds() throws Exception {
        ProcessBuilder builder = Program.bignode("serve");
        builder.environment().putAll(environment());
        builder.redirectErrorStream(true);
        Process process = builder.start();
        List<String> lines = new ArrayList<>();
        try (BufferedReader out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                lines.add(line);
                if (line.contains("listening on")) {
                    port = Integer.parseInt(line.substring(line.lastIndexOf(':') + 1).strip());
                } else if (line.contains("device cpu:")) {
                    // A nonce of this model takes seconds: the device is in the middle of one when the signal comes.
                    String session = start(Golden.order(Golden.read("test-net.json")));
                    answer(to("batch/" + session + "?wait=3"));
                    process.toHandle().destroy();
                }
            }
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).as("ended in time: %s", lines).isTrue();
            assertThat(process.exitValue()).as("%s", lines).isZero();
            assertThat(lines).noneMatch(line -> line.contains(TOKEN));
        } finally {
            process.destroyForcibly();
        }
    }
}
