package io.bignode.proof.vllm;

import static io.bignode.proof.vllm.BackendNode.JOIN_TOKEN;
import static io.bignode.proof.vllm.BackendNode.MODEL;
import static io.bignode.proof.vllm.BackendNode.SEQUENCE;
import static io.bignode.proof.vllm.BackendNode.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.fixtures.Waiting;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A head whose devices are vLLM backends computes orders of vectors, from the start of a session to its polls. */
@Timeout(120)
class BackendsOfANodeTest {
    @TempDir
    Path folder;

    private static final List<StandInBackend.Fault> QUICK = List.of(
            StandInBackend.Fault.CONFLICT, StandInBackend.Fault.FULL, StandInBackend.Fault.CHAT_BUSY, StandInBackend.Fault.BROKEN, StandInBackend.Fault.HALF,
            StandInBackend.Fault.NAN, StandInBackend.Fault.WRONG_NONCE, StandInBackend.Fault.EMPTY_VECTOR, StandInBackend.Fault.HUGE_VECTOR,
            StandInBackend.Fault.SLOW);

    /** Polls a session; each nonce comes once, each vector as a sound backend makes it. */
    private static final class Poller {
        private final BackendNode node;
        private final String session;
        private final String block;
        private final String key;
        private final TreeMap<Long, String> found = new TreeMap<>();
        private long cursor;

        Poller(BackendNode node, String session, String block, String key) {
            this.node = node;
            this.session = session;
            this.block = block;
            this.key = key;
        }

        TreeMap<Long, String> poll(int enough) throws Exception {
            return pollUntil("there are " + enough, () -> found.size() >= enough);
        }

        TreeMap<Long, String> pollUntil(String wanted, BooleanSupplier done) {
            Waiting.until(wanted, () -> {
                JsonNode polled = node.answer("GET", "/api/v1/delegation/batch/" + session + "?wait=2&after=" + cursor, "", TOKEN);
                cursor = polled.get("cursor").asLong();
                for (JsonNode batch : polled.get("batches")) take(batch);
                assertThat(polled.get("session_active").asBoolean()).as(polled.toString()).isTrue();
                return done.getAsBoolean();
            });
            return found;
        }

        private void take(JsonNode batch) {
            assertThat(batch.get("encoding").toString()).isEqualTo("{\"dtype\":\"f16\",\"k_dim\":12,\"endian\":\"le\"}");
            for (JsonNode artifact : batch.get("artifacts")) {
                long nonce = artifact.get("nonce").asLong();
                String vector = artifact.get("vector_b64").asText();
                assertThat(found.put(nonce, vector)).as("nonce %d once", nonce).isNull();
                assertThat(vector).isEqualTo(Vectors.of(block, key, MODEL, SEQUENCE, nonce, 12, ""));
            }
        }
    }

    @Test
    void everyNonceOfAnOrderIsComputedOnceByTheBackendsThatServeItsModel() throws Exception {
        try (BackendNode node = new BackendNode(folder, Map.of())) {
            node.backend(MODEL, 2_000_000);
            node.backend(MODEL, 2_000_000);
            node.backend("another/model", 2_000_000);
            node.start();
            Waiting.until("three devices are there", () -> node.answer("GET", "/api/v1/overview", "", JOIN_TOKEN).toString().contains("vllm:2"));
            String first = node.answer("POST", "/api/v1/delegation/start", BackendNode.order("ab", "alice", MODEL, ""), TOKEN).get("session_id").asText();
            String second = node.answer("POST", "/api/v1/delegation/start", BackendNode.order("ab", "bob", MODEL, ""), TOKEN).get("session_id").asText();

            TreeMap<Long, String> found = new Poller(node, first, "ab", "alice").poll(500);
            assertThat(found.keySet()).allMatch(nonce -> nonce % 3 == 1);
            assertThat(new Poller(node, second, "ab", "bob").poll(500)).isNotEmpty();
            JsonNode history = node.answer("GET", "/api/v1/history", "", JOIN_TOKEN);
            assertThat(history.toString()).contains("local/vllm:0", "local/vllm:1").doesNotContain("local/vllm:2");
        }
    }

    @Test
    void whateverOneBackendDoesEveryNonceIsHandedOutOnceAndAsItShouldBe() throws Exception {
        whateverOneBackendDoes(QUICK);
    }

    @Test
    @Tag("full")
    @Timeout(300)
    void aBackendThatHangsOrDiesLosesNothing() throws Exception {
        whateverOneBackendDoes(List.of(StandInBackend.Fault.HANG, StandInBackend.Fault.CRASH));
    }

    private void whateverOneBackendDoes(List<StandInBackend.Fault> faults) throws Exception {
        try (BackendNode node = new BackendNode(folder, Map.of())) {
            node.backend(MODEL, 2_000_000);
            node.backend(MODEL, 2_000_000);
            node.start();
            Waiting.until("devices are there", () -> node.send("GET", "/health", "", "").statusCode() == 200);
            String session = node.answer("POST", "/api/v1/delegation/start", BackendNode.order("ab", "alice", MODEL, ""), TOKEN).get("session_id").asText();
            Poller poller = new Poller(node, session, "ab", "alice");
            poller.poll(100);
            for (StandInBackend.Fault fault : faults) {
                node.fail(0, fault, 2);
                poller.poll(poller.found.size() + 100);
            }
            if (!faults.contains(StandInBackend.Fault.CRASH)) node.fail(0, StandInBackend.Fault.NONE, 1);
            // What came to nothing on one backend, or failed there, was computed by the other.
            long until = poller.found.lastKey();
            poller.pollUntil("no nonce below is missing", () -> poller.found.headMap(until, true).size() == (until - 1) / 3 + 1);
        }
    }

    @Test
    @Tag("full")
    void anOrderThatEveryBackendRefusesEndsWithTheReason() throws Exception {
        try (BackendNode node = new BackendNode(folder, Map.of())) {
            node.backend(MODEL, 2_000_000);
            node.backend(MODEL, 2_000_000);
            node.start();
            Waiting.until("devices are there", () -> node.send("GET", "/health", "", "").statusCode() == 200);
            String order = BackendNode.order("ab", "alice", MODEL, "").replace("\"seq_len\": 1024", "\"seq_len\": 1024, \"scheme\": \"a newer one\"");
            String session = node.answer("POST", "/api/v1/delegation/start", order, TOKEN).get("session_id").asText();
            Waiting.until("it ends", () -> node.answer("GET", "/api/v1/delegation/session/" + session, "", TOKEN).get("status").asText().equals("error"));
            assertThat(node.answer("GET", "/api/v1/delegation/session/" + session, "", TOKEN).toString()).contains("it answers 422", "scheme");
        }
    }

    @Test
    void anOrderWhoseModelNobodyServesWaitsForABackendThatDoes() throws Exception {
        try (BackendNode node = new BackendNode(folder, Map.of())) {
            node.backend("another/model", 2_000_000);
            node.start();
            Waiting.until("devices are there", () -> node.send("GET", "/health", "", "").statusCode() == 200);
            String session = node.answer("POST", "/api/v1/delegation/start", BackendNode.order("ab", "alice", MODEL, ""), TOKEN).get("session_id").asText();
            Waiting.until("it says why it gets nothing", () -> node.answer("GET", "/api/v1/delegation/session/" + session, "", TOKEN).toString()
                    .contains("none of the 1 devices that work serves its model yet"));
            assertThat(node.answer("GET", "/api/v1/delegation/session/" + session, "", TOKEN).get("status").asText()).isEqualTo("initializing");
            node.swap(0, MODEL, 2_000_000);
            new Poller(node, session, "ab", "alice").poll(100);
        }
    }

    @Test
    void aBackendThatSomebodyElseHasGenerateGetsNoLeasesUntilThatEnds() throws Exception {
        try (BackendNode node = new BackendNode(folder, Map.of())) {
            node.backend(MODEL, 2_000_000);
            node.start();
            Waiting.until("devices are there", () -> node.send("GET", "/health", "", "").statusCode() == 200);
            String order = BackendNode.order("cd", "eve", MODEL, "");
            assertThat(node.sendToBackend(0, "/api/v1/pow/init/generate", order)).isEqualTo(200);
            Waiting.until("it is told as used by others", () -> device(node).get("state").asText().equals("occupied") && device(node).get("alarm").asText()
                    .contains("generates for somebody else"));
            assertThat(node.alarms.list()).anySatisfy(alarm -> assertThat(alarm.key()).isEqualTo("worker/local/vllm:0"));
            String session = node.answer("POST", "/api/v1/delegation/start", BackendNode.order("ab", "alice", MODEL, "").replace("{\"block", "{\"auth_token\": \"" + TOKEN
                    + "\", \"block"), "").get("session_id").asText();
            Waiting.until("the order waits", () -> node.answer("GET", "/api/v1/delegation/session/" + session, "", TOKEN).path("waiting_for").asText()
                    .contains("no device works"));

            assertThat(node.sendToBackend(0, "/api/v1/pow/stop", "{}")).isEqualTo(200);
            new Poller(node, session, "ab", "alice").poll(100);
            Waiting.until("nothing is wrong with it", () -> !device(node).get("state").asText().equals("occupied")
                    && node.alarms.list().stream().noneMatch(alarm -> alarm.key().startsWith("worker/")));
            JsonNode line = node.answer("GET", "/api/v1/overview", "", JOIN_TOKEN).get("sessions").get(0);
            assertThat(line.get("function").asText()).isEqualTo("vllm-vectors");
            assertThat(line.get("model").asText()).isEqualTo(MODEL);
            assertThat(node.answer("GET", "/api/v1/delegation/session/" + session, "", TOKEN).get("model").asText()).isEqualTo(MODEL);
        }
    }

    private static JsonNode device(BackendNode node) throws Exception {
        return node.answer("GET", "/api/v1/overview", "", JOIN_TOKEN).get("devices").get(0);
    }

    @Test
    @Tag("full")
    void aWorkerWhoseVectorsAreMadeUpIsQuarantinedBeforeAnyOfThemIsSeen() throws Exception {
        Map<String, String> more = Map.of("DELEGATION_WORKER_HOST", "127.0.0.1", "DELEGATION_WORKER_PORT", "0");
        try (BackendNode node = new BackendNode(folder, more)) {
            node.start();
            node.worker("first", 2_000_000, "");
            node.worker("second", 2_000_000, "");
            node.worker("forger", 2_000_000, "made up");
            Waiting.until("three workers have joined", () -> node.answer("GET", "/api/v1/admin/workers", "", JOIN_TOKEN).findValuesAsText("name")
                    .containsAll(List.of("first", "second", "forger")));
            String session = node.answer("POST", "/api/v1/delegation/start", BackendNode.order("ab", "alice", MODEL, ""), TOKEN).get("session_id").asText();
            Poller poller = new Poller(node, session, "ab", "alice");
            poller.pollUntil("the forger is found", () -> poller.found.size() > 300 && state(node, "forger").equals("quarantined"));
            assertThat(state(node, "first")).isNotEqualTo("quarantined");
            assertThat(state(node, "second")).isNotEqualTo("quarantined");
        }
    }

    private static String state(BackendNode node, String worker) {
        try {
            for (JsonNode line : node.answer("GET", "/api/v1/admin/workers", "", JOIN_TOKEN).get("workers")) {
                if (line.get("name").asText().equals(worker)) return line.get("state").asText();
            }
            return "";
        } catch (Exception broken) {
            throw new AssertionError(broken);
        }
    }
}
