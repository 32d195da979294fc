package io.bignode.proof;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.config.Settings;
import io.bignode.fixtures.Program;
import io.bignode.fixtures.Waiting;
import io.bignode.http.HttpServer;
import io.bignode.monitor.Alarms;
import io.bignode.node.HeadStore;
import io.bignode.node.LiveSettings;
import io.bignode.node.Node;
import io.bignode.node.tls.HeadCertificate;
import io.bignode.protocol.WorkOrder;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Another proof function is another package under proof: nothing else knows that the head serves hashes here, and no transformer. */
@Timeout(180)
class AnotherFunctionTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TOKEN = "the-token-of-the-small-nodes";
    private static final String JOIN_TOKEN = "the-token-of-the-workers";
    private static final String ORDER = """
            {"block_hash": "ab", "block_height": 7, "public_key": "key", "node_id": 1, "node_count": 3, "batch_size": 10, "fraud_threshold": 0.01}""";

    @TempDir
    Path folder;

    private final HttpClient client = HttpClient.newHttpClient();
    private final List<Process> workers = new ArrayList<>();
    private int port;

    @AfterEach
    void end() throws InterruptedException {
        for (Process worker : workers) worker.destroyForcibly().waitFor();
    }

    private JsonNode answer(String method, String path, String body, String token) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).header("Authorization", "Bearer " + token)
                .method(method, HttpRequest.BodyPublishers.ofString(body)).build();
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    private JsonNode workers() throws Exception {
        return answer("GET", "/api/v1/admin/workers", "", JOIN_TOKEN).get("workers");
    }

    private void work(int workerPort, String fingerprint, String name, boolean forges) throws Exception {
        ProcessBuilder worker = new ProcessBuilder(Program.command(
                List.of("-Xmx128m"), HashWorker.class.getName(), List.of(Integer.toString(workerPort), fingerprint, name, Boolean.toString(forges))));
        worker.environment().put(HashWorker.TOKEN, JOIN_TOKEN);
        workers.add(worker.redirectErrorStream(true).redirectOutput(folder.resolve(name + ".log").toFile()).start());
    }

    @Test
    void aSessionOfItRunsFromItsOrderToItsHistoryAndAForgerIsQuarantined() throws Exception {
        Settings settings = Settings.load(Map.of(
                "DELEGATION_AUTH_TOKEN", TOKEN, "DELEGATION_JOIN_TOKEN", JOIN_TOKEN, "DELEGATION_HOST", "127.0.0.1", "DELEGATION_PORT", "0",
                "DELEGATION_WORKER_HOST", "127.0.0.1", "DELEGATION_WORKER_PORT", "0", "DELEGATION_DEVICES", "none", "DELEGATION_VERIFY_SHARE", "1",
                "DELEGATION_DATA_DIR", folder.resolve("data").toString()));
        Alarms alarms = new Alarms(InstantSource.system());
        LiveSettings live = new LiveSettings(settings, alarms, InstantSource.system());
        HttpServer http = HttpServer.listen(live.rules());
        try (Node node = new Node(new HashFunction(), settings, http, HeadStore.open(settings, alarms, http), live, alarms)) {
            node.serve();
            node.work();
            port = node.port();
            String fingerprint = HeadCertificate.of(settings.broker().tls(), settings.dataDir(), alarms).fingerprint();
            work(node.workerPort(), fingerprint, "first", false);
            work(node.workerPort(), fingerprint, "second", false);
            work(node.workerPort(), fingerprint, "forger", true);
            Waiting.until("three workers have joined", () -> workers().findValuesAsText("name").containsAll(List.of("first", "second", "forger")));

            String session = answer("POST", "/api/v1/delegation/start", ORDER, TOKEN).get("session_id").asText();
            TreeMap<Long, String> found = new TreeMap<>();
            long cursor = 0;
            boolean caught = false;
            while (found.size() < 100 || !caught) {
                JsonNode polled = answer("GET", "/api/v1/delegation/batch/" + session + "?wait=5&after=" + cursor, "", TOKEN);
                cursor = polled.get("cursor").asLong();
                for (JsonNode batch : polled.get("batches")) {
                    for (Map.Entry<String, JsonNode> one : batch.get("hashes").properties()) {
                        assertThat(found.put(Long.valueOf(one.getKey()), one.getValue().asText())).as("nonce %s once", one.getKey()).isNull();
                    }
                }
                for (JsonNode worker : workers()) caught |= worker.get("name").asText().equals("forger") && worker.get("state").asText().equals("quarantined");
            }
            WorkOrder work = new WorkOrder(HashFunction.NAME, "any", "{\"block_hash\":\"ab\",\"public_key\":\"key\"}");
            found.forEach((nonce, hash) -> {
                assertThat(nonce % 3).as("nonces of node 1 of 3").isEqualTo(1);
                assertThat('"' + hash + '"').as("nonce %d", nonce).isEqualTo(HashFunction.proof(work, nonce));
            });

            answer("DELETE", "/api/v1/delegation/session/" + session, "", TOKEN);
            JsonNode epochs = answer("GET", "/api/v1/history", "", JOIN_TOKEN).get("epochs");
            assertThat(epochs).hasSize(1);
            assertThat(epochs.get(0).toString()).contains("\"block_height\":7", "first/hash:0", "second/hash:0");
        }
    }
}
