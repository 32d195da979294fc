package io.bignode.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.field.FirstFunctionParticipant;
import io.bignode.fixtures.Golden;
import io.bignode.fixtures.JavaProcess;
import io.bignode.fixtures.Waiting;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.assertj.core.api.Assertions;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code bignode worker} as it is, with the real engine, for a head that has a device of its own to check it with. */
@Timeout(150)
class RealWorkerTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private final HttpClient client = HttpClient.newHttpClient();

    private JsonNode ask(Farm farm, HttpRequest.Builder request, String path) throws Exception {
        request.uri(URI.create("http://127.0.0.1:" + farm.port + "/api/v1/delegation/" + path)).header("Authorization", "Bearer " + Farm.TOKEN);
        HttpResponse<String> response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    @Test
    void itsDistancesAreTheGoldenOnesAndItLeavesWithinTenSeconds() throws Exception {
        golden(Duration.ZERO, 200);
    }

    @Test
    @Tag("full")
    void nobodySuspectsItWhileItWorks() throws Exception {
        golden(Duration.ofSeconds(10), 1000);
    }

    /**
     * A worker that works until the golden nonces were found.
     *
     * @param min    how long it works at least
     * @param nonces how many are found at least
     */
    private void golden(Duration min, int nonces) throws Exception {
        JsonNode golden = Golden.read("small-models.json").get(0);
        try (Farm farm = new Farm(folder, Map.of("DELEGATION_DEVICES", "cpu"))) {
            JavaProcess worker = farm.realWorker("remote");
            Waiting.until(Duration.ofSeconds(20), farm.head::tail, () -> ForgerTest.state(farm, "remote").equals("working"));
            JsonNode started = ask(farm, HttpRequest.newBuilder().POST(HttpRequest.BodyPublishers.ofString(Golden.order(golden).toString())), "start");
            assertThat(started.get("gpu_count").asInt()).as("devices of both hosts").isEqualTo(2);
            String session = started.get("session_id").asText();
            List<Long> first = IntStream.range(0, 5).mapToObj(i -> golden.get("nonces").get(i).asLong()).toList();
            TreeMap<Long, Double> found = new TreeMap<>();
            long cursor = 0;
            long until = System.nanoTime() + min.toNanos();
            while (System.nanoTime() < until || found.size() < nonces || !found.keySet().containsAll(first)) {
                JsonNode answer = ask(farm, HttpRequest.newBuilder(), "batch/" + session + "?wait=2&after=" + cursor);
                cursor = answer.get("cursor").asLong();
                for (JsonNode batch : answer.get("batches")) {
                    for (int i = 0; i < batch.get("nonces").size(); i++) found.put(batch.get("nonces").get(i).asLong(), batch.get("dist").get(i).asDouble());
                }
            }
            for (int i = 0; i < 5; i++) {
                Assertions.assertThat(found.get(first.get(i))).isCloseTo(golden.get("distances").get(i).asDouble(), Offset.offset(2e-6));
            }
            assertThat(ForgerTest.state(farm, "remote")).as("an honest worker").isEqualTo("working");
            assertThat(worker.stop(Duration.ofSeconds(10))).contains(0);
            Waiting.until(Duration.ofSeconds(10), farm.head::tail, () -> ForgerTest.state(farm, "remote").equals("unknown"));
            for (JavaProcess process : List.of(farm.head, worker)) {
                assertThat(process.lines()).noneMatch(line -> line.text().contains(Farm.JOIN_TOKEN) || line.text().contains(Farm.TOKEN));
            }
        }
    }

    /** There is no device but the two workers': each verdict is computed by one of them, and waits until the other has computed the batch too. */
    @Test
    @Tag("full")
    void whatWorkersComputeOfOthersBatchesIsCheckedBeforeItIsAVerdict() throws Exception {
        JsonNode golden = Golden.read("small-models.json").get(0);
        Map<String, String> settings = Map.of(
                "DELEGATION_DEVICES", "none", "DELEGATION_MLNODE", "on", "DELEGATION_CALLBACK_HOSTS", "127.0.0.1", "DELEGATION_VERIFY_SHARE", "1");
        try (Farm farm = new Farm(folder, settings)) {
            for (String name : List.of("one", "other")) {
                farm.realWorker(name);
                Waiting.until(Duration.ofSeconds(20), farm.head::tail, () -> ForgerTest.state(farm, name).equals("working"));
            }
            ObjectNode order = Golden.order(golden).put("r_target", 1.42).put("public_key", "the key of a validator");
            try (FirstFunctionParticipant participant = new FirstFunctionParticipant("http://127.0.0.1:" + farm.port + "/mlnode/" + Farm.TOKEN, order)) {
                participant.begin("validate", "VALIDATING");
                for (double told : List.of(1.3, 1.31)) {
                    ObjectNode batch = Golden.order(golden);
                    batch.set("nonces", golden.get("nonces"));
                    ArrayNode distances = batch.putArray("dist");
                    golden.get("nonces").forEach(_ -> distances.add(told));
                    participant.validate(batch);
                }
                Waiting.until(Duration.ofSeconds(60), farm.head::tail, () -> participant.verdicts().size() == 2);
                for (JsonNode verdict : participant.verdicts()) {
                    for (int i = 0; i < golden.get("nonces").size(); i++) {
                        Assertions.assertThat(verdict.get("dist").get(i).asDouble()).isCloseTo(golden.get("distances").get(i).asDouble(), Offset.offset(2e-6));
                    }
                    assertThat(verdict.get("n_invalid").asInt()).isEqualTo(5);
                    assertThat(verdict.get("fraud_detected").asBoolean()).isTrue();
                }
                assertThat(participant.refusals()).isEmpty();
            }
            for (String name : List.of("one", "other")) assertThat(ForgerTest.state(farm, name)).as("an honest worker").isEqualTo("working");
        }
    }
}
