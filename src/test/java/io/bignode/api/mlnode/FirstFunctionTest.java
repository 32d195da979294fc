package io.bignode.api.mlnode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.Main;
import io.bignode.field.FirstFunctionParticipant;
import io.bignode.fixtures.Golden;
import io.bignode.fixtures.JavaProcess;
import io.bignode.fixtures.Waiting;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A head with a CPU, in a process of its own, that participants of a chain of the first function registered as their ML node. */
@Timeout(120)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FirstFunctionTest {
    private static final String TOKEN = "the-token-of-an-ml-node";
    private static final ObjectMapper JSON = new ObjectMapper();

    /** The distances of the golden case that lie below it, and above. */
    private static final double TARGET = 1.42;

    private static final double TOLERANCE = 1e-5;
    private static final double ABOUT_HONEST = 1e-12;

    @TempDir
    private static Path folder;

    private static int port;
    private static JavaProcess head;
    private final List<FirstFunctionParticipant> participants = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        startHead();
    }

    @AfterAll
    static void end() {
        head.close();
    }

    @AfterEach
    void leave() {
        participants.forEach(FirstFunctionParticipant::close);
    }

    private static void startHead() throws IOException {
        head = new JavaProcess(Main.class.getName(), List.of("serve"), Map.of(
                "DELEGATION_AUTH_TOKEN", TOKEN, "DELEGATION_HOST", "127.0.0.1", "DELEGATION_PORT", Integer.toString(port), "DELEGATION_DEVICES", "cpu",
                "DELEGATION_CACHE_GIB", "0", "DELEGATION_DATA_DIR", folder.resolve("data").toString(), "DELEGATION_MLNODE", "on",
                "DELEGATION_CALLBACK_HOSTS", "127.0.0.1"), "512m");
    }

    /** A participant that drives an ML node of its own. */
    private FirstFunctionParticipant participant(String name, String key) throws IOException {
        ObjectNode order = Golden.order().put("r_target", TARGET).put("public_key", key);
        FirstFunctionParticipant participant = new FirstFunctionParticipant("http://127.0.0.1:" + port + "/mlnode/" + TOKEN + "/" + name, order);
        participants.add(participant);
        Waiting.value("the head serves", () -> {
            try {
                return Optional.of(participant.state());
            } catch (IOException _) {
                return Optional.empty();
            }
        });
        return participant;
    }

    private static String key() {
        return Golden.order().get("public_key").asText();
    }

    private static ObjectNode sound() {
        TreeMap<Long, Double> told = Golden.distances();
        told.values().removeIf(distance -> distance >= TARGET);
        return Golden.batch(told);
    }

    /** Says of nonces that do not count that they do. */
    private static ObjectNode forged() {
        TreeMap<Long, Double> told = Golden.distances();
        told.values().removeIf(distance -> distance < TARGET);
        told.replaceAll((_, _) -> 1.3);
        return Golden.batch(told);
    }

    @Test
    void aStageRunsInTheFieldsOrderOfCallsAndItsBatchesAreTheOracles() throws Exception {
        FirstFunctionParticipant participant = participant("stage", key());
        assertThat(participant.state()).isEqualTo("STOPPED");
        assertThat(participant.status()).isEqualTo(JSON.readTree("{\"status\": \"NOT_LOADED\", \"is_model_initialized\": false}"));
        JsonNode begun = participant.begin("generate", "GENERATING");
        assertThat(begun.get("status").asText()).isEqualTo("OK");
        assertThat(begun.get("pow_status").get("status").asText()).isEqualTo("GENERATING");
        Waiting.until("batches come", () -> participant.stored().containsKey(17L) && participant.stored().size() > 20);
        assertThat(participant.status()).isEqualTo(JSON.readTree("{\"status\": \"GENERATING\", \"is_model_initialized\": true}"));
        assertThat(participant.state()).isEqualTo("POW");
        assertThat(participant.begin("generate", "GENERATING")).as("it generates already").isEmpty();
        JsonNode again = participant.answer("POST", "/api/v1/pow/init/generate", participant.order().toString());
        assertThat(again.get("session_id")).as("the same again is the same session").isEqualTo(begun.get("session_id"));
        assertThat(participant.answer("GET", "/api/v1/inference/pow/status", "").get("status").asText()).as("of the other function").isEqualTo("IDLE");

        JsonNode other = participant.answer("POST", "/api/v1/pow/init/generate", participant.order().put("block_hash", "the next block").toString());
        assertThat(other.get("session_id")).isNotEqualTo(begun.get("session_id"));
        Waiting.until("the stage of the block before ends", () -> status(begun).equals("stopped"));
        participant.answer("POST", "/api/v1/pow/phase/validate", "");
        assertThat(participant.status().get("status").asText()).isEqualTo("VALIDATING");
        assertThat(status(other)).isEqualTo("stopped");
        participant.answer("POST", "/api/v1/pow/phase/generate", "");
        assertThat(participant.status().get("status").asText()).isEqualTo("GENERATING");
        assertThat(participant.answer("POST", "/api/v1/pow/stop", "").get("pow_status").get("status").asText()).isEqualTo("NOT_LOADED");
        assertThat(participant.state()).isEqualTo("STOPPED");
        assertThat(participant.call("POST", "/api/v1/pow/phase/generate", "").statusCode()).as("nothing runs").isEqualTo(400);

        TreeMap<Long, Double> stored = participant.stored();
        Golden.distances().headMap(20L).forEach((nonce, distance) -> {
            if (distance < TARGET) assertThat(stored.get(nonce)).as("nonce %d", nonce).isCloseTo(distance, within(TOLERANCE));
            else assertThat(stored).as("does not count").doesNotContainKey(nonce);
        });
        assertThat(participant.again()).isZero();
        assertThat(participant.refusals()).allMatch(refusal -> refusal.equals("another block_hash"));
    }

    private static String status(JsonNode begun) throws IOException, InterruptedException {
        try (FirstFunctionParticipant owner = new FirstFunctionParticipant("http://127.0.0.1:" + port, Golden.order())) {
            String path = "/api/v1/delegation/batches/" + begun.get("session_id").asText() + "?auth_token=" + TOKEN;
            return owner.answer("GET", path, "").get("status").asText();
        }
    }

    /** The last one: to a head that starts anew what was validated just before is everybody's, and goes on. */
    @Test
    @Order(Integer.MAX_VALUE)
    void eachBatchGetsOneVerdictAlthoughTheHeadIsKilledBeforeIt() throws Exception {
        FirstFunctionParticipant participant = participant("verdicts", "the key of a validator");
        participant.begin("generate", "GENERATING");
        Waiting.until("it generates", () -> participant.status().get("is_model_initialized").asBoolean());
        assertThat(participant.call("POST", "/api/v1/pow/validate", sound().toString()).statusCode()).as("it does not validate").isEqualTo(400);
        participant.begin("validate", "VALIDATING");
        assertThat(participant.status().get("status").asText()).isEqualTo("VALIDATING");
        assertThat(participant.begin("validate", "VALIDATING")).as("it validates already").isEmpty();
        participant.takes(false);
        participant.validate(sound());
        participant.validate(forged());
        head.kill();
        startHead();
        Waiting.value("the head serves", () -> {
            try {
                return Optional.of(participant.state());
            } catch (IOException _) {
                return Optional.empty();
            }
        });
        assertThat(participant.status().get("status").asText()).as("it goes on").isEqualTo("VALIDATING");
        JsonNode first = participant.validate(Golden.batch(Map.of(1L, 1.5)));
        int before = participant.posts();
        Waiting.until("verdicts are posted", () -> participant.posts() > before);
        participant.takes(true);
        assertThat(participant.validate(sound())).as("again").isNotNull();
        Waiting.until("all verdicts come", () -> participant.verdicts().size() == 3);
        assertThat(participant.validate(Golden.batch(Map.of(1L, 1.5)))).as("the same again is the same request").isEqualTo(first);

        TreeMap<Long, Double> golden = Golden.distances();
        for (JsonNode verdict : participant.verdicts()) {
            assertThat(verdict.get("public_key").asText()).isEqualTo(key());
            assertThat(verdict.get("r_target").doubleValue()).isEqualTo(TARGET);
            assertThat(verdict.get("fraud_threshold").doubleValue()).isEqualTo(1e-7);
            for (int i = 0; i < verdict.get("nonces").size(); i++) {
                double distance = golden.get(verdict.get("nonces").get(i).longValue());
                assertThat(verdict.get("dist").get(i).doubleValue()).isCloseTo(distance, within(TOLERANCE));
            }
        }
        JsonNode honest = verdict(participant, sound());
        assertThat(honest.get("n_invalid").asInt()).isZero();
        assertThat(honest.get("probability_honest").doubleValue()).isEqualTo(1);
        assertThat(honest.get("fraud_detected").asBoolean()).isFalse();
        JsonNode fraud = verdict(participant, forged());
        assertThat(fraud.get("n_invalid").asInt()).isEqualTo(5);
        assertThat(fraud.get("probability_honest").doubleValue()).isCloseTo(Math.pow(5e-4, 5), within(ABOUT_HONEST));
        assertThat(fraud.get("fraud_detected").asBoolean()).isTrue();
        JsonNode odd = verdict(participant, Golden.batch(Map.of(1L, 1.5)));
        assertThat(odd.get("n_invalid").asInt()).as("told to be above the target").isEqualTo(1);
        assertThat(odd.get("probability_honest").doubleValue()).isCloseTo(5e-4, within(ABOUT_HONEST));
        assertThat(odd.get("fraud_detected").asBoolean()).isFalse();

        participant.answer("POST", "/api/v1/stop", "");
        assertThat(participant.state()).isEqualTo("STOPPED");
        assertThat(participant.call("POST", "/api/v1/pow/validate", sound().toString()).statusCode()).isEqualTo(400);
        assertThat(participant.verdicts()).hasSize(3);
        assertThat(participant.refusals()).isEmpty();
    }

    /** The verdict on a batch. */
    private static JsonNode verdict(FirstFunctionParticipant participant, JsonNode batch) {
        return participant.verdicts().stream()
                .filter(verdict -> text(verdict, "nonces").equals(text(batch, "nonces")) && text(verdict, "received_dist").equals(text(batch, "dist")))
                .findFirst().orElseThrow();
    }

    private static String text(JsonNode document, String field) {
        return document.get(field).toString();
    }

    @Test
    void everyFaultOfACallIsNamed() throws Exception {
        FirstFunctionParticipant participant = participant("faults", key());
        assertThat(fields(participant.call("POST", "/api/v1/pow/init/generate", "{}"))).contains("block_hash", "public_key", "r_target", "params", "node_count");
        ObjectNode order = participant.order().put("poc_stronger_rng", true).put("fraud_threshold", 2);
        assertThat(fields(participant.call("POST", "/api/v1/pow/init/validate", order.toString()))).containsExactlyInAnyOrder("poc_stronger_rng", "fraud_threshold");
        order = participant.order();
        order.remove("url");
        assertThat(fields(participant.call("POST", "/api/v1/pow/init/validate", order.toString()))).containsExactly("url");

        participant.begin("validate", "VALIDATING");
        ObjectNode batch = sound().put("block_hash", "another").put("block_height", 8);
        batch.withArray("nonces").set(1, JSON.getNodeFactory().numberNode(-1));
        batch.withArray("dist").set(0, JSON.getNodeFactory().textNode("far"));
        assertThat(fields(participant.call("POST", "/api/v1/pow/validate", batch.toString())))
                .containsExactlyInAnyOrder("block_hash", "block_height", "nonces[1]", "dist[0]");
        ObjectNode longer = sound();
        longer.withArray("nonces").add(4);
        assertThat(fields(participant.call("POST", "/api/v1/pow/validate", longer.toString()))).containsExactly("dist");
        ObjectNode empty = sound();
        empty.withArray("nonces").removeAll();
        empty.remove("dist");
        assertThat(fields(participant.call("POST", "/api/v1/pow/validate", empty.toString()))).containsExactlyInAnyOrder("nonces", "dist");
        participant.answer("POST", "/api/v1/pow/stop", "");
    }

    private static List<String> fields(HttpResponse<String> response) throws IOException {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(422);
        return JSON.readTree(response.body()).get("errors").findValuesAsText("field");
    }
}
