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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A head whose devices are vLLM backends computes orders of vectors, from the start of a session to its polls. */
@Timeout(120)
class BackendsOfANodeTest {
    /** Slow enough for the time that a test waits not to cost many vectors. */
    private static final long RATE = 6_000_000;

    private static final String SHARED = "a/model-of-somebody-else";
    private static final String SWAPPED = "a/model-that-comes-later";

    @TempDir
    private static Path shared;

    private static BackendNode node;

    @TempDir
    Path folder;

    /** Two backends of one model and one of another. */
    @BeforeAll
    static void start() throws Exception {
        node = new BackendNode(shared, Map.of());
        node.backend(MODEL, RATE);
        node.backend(MODEL, RATE);
        node.backend("another/model", RATE);
        node.start();
        Waiting.until("three devices are there", () -> node.answer("GET", "/api/v1/overview", "", JOIN_TOKEN).toString().contains("vllm:2"));
    }

    @AfterAll
    static void end() throws Exception {
        node.close();
    }

    private static String begin(BackendNode node, String block, String key, String model) throws Exception {
        return node.answer("POST", "/api/v1/delegation/start", BackendNode.order(block, key, model, ""), TOKEN).get("session_id").asText();
    }

    private static void stop(BackendNode node, String session) throws Exception {
        node.answer("DELETE", "/api/v1/delegation/session/" + session, "", TOKEN);
    }

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
        private final String model;
        private final TreeMap<Long, String> found = new TreeMap<>();
        private long cursor;

        Poller(BackendNode node, String session, String block, String key, String model) {
            this.node = node;
            this.session = session;
            this.block = block;
            this.key = key;
            this.model = model;
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
                assertThat(vector).isEqualTo(Vectors.of(block, key, model, SEQUENCE, nonce, 12, ""));
            }
        }
    }

    @Test
    void everyNonceOfAnOrderIsComputedOnceByTheBackendsThatServeItsModel() throws Exception {
        String first = begin(node, "aa", "alice", MODEL);
        String second = begin(node, "aa", "bob", MODEL);
        TreeMap<Long, String> found = new Poller(node, first, "aa", "alice", MODEL).poll(150);
        assertThat(found.keySet()).allMatch(nonce -> nonce % 3 == 1);
        assertThat(new Poller(node, second, "aa", "bob", MODEL).poll(150)).isNotEmpty();
        stop(node, first);
        stop(node, second);
        for (JsonNode epoch : node.answer("GET", "/api/v1/history", "", JOIN_TOKEN).get("epochs")) {
            if (!epoch.get("block_hash").asText().equals("aa")) continue;
            assertThat(epoch.toString()).contains("local/vllm:0", "local/vllm:1").doesNotContain("local/vllm:2");
            return;
        }
        throw new AssertionError("the history does not have the block");
    }

    @Test
    void whateverOneBackendDoesEveryNonceIsHandedOutOnceAndAsItShouldBe() throws Exception {
        whateverOneBackendDoes(node, QUICK, 30);
    }

    @Test
    @Tag("full")
    @Timeout(300)
    void aBackendThatHangsOrDiesLosesNothing() throws Exception {
        try (BackendNode own = new BackendNode(folder, Map.of())) {
            own.process(MODEL, 2_000_000);
            own.process(MODEL, 2_000_000);
            own.start();
            Waiting.until("devices are there", () -> own.send("GET", "/health", "", "").statusCode() == 200);
            whateverOneBackendDoes(own, List.of(StandInBackend.Fault.HANG, StandInBackend.Fault.CRASH), 100);
        }
    }

    /** What comes to nothing on one backend, or fails there, is computed by the other. */
    private static void whateverOneBackendDoes(BackendNode node, List<StandInBackend.Fault> faults, int nonces) throws Exception {
        String session = begin(node, "ab", "alice", MODEL);
        Poller poller = new Poller(node, session, "ab", "alice", MODEL);
        poller.poll(50);
        for (StandInBackend.Fault fault : faults) {
            node.fail(0, fault, 2);
            poller.poll(poller.found.size() + nonces);
        }
        if (!faults.contains(StandInBackend.Fault.CRASH)) node.fail(0, StandInBackend.Fault.NONE, 1);
        long until = poller.found.lastKey();
        poller.pollUntil("no nonce below is missing", () -> poller.found.headMap(until, true).size() == (until - 1) / 3 + 1);
        stop(node, session);
    }

    @Test
    @Tag("full")
    void anOrderThatEveryBackendRefusesEndsWithTheReason() throws Exception {
        try (BackendNode own = new BackendNode(folder, Map.of())) {
            own.backend(MODEL, 2_000_000);
            own.backend(MODEL, 2_000_000);
            own.start();
            Waiting.until("devices are there", () -> own.send("GET", "/health", "", "").statusCode() == 200);
            String order = BackendNode.order("ab", "alice", MODEL, "").replace("\"seq_len\": 1024", "\"seq_len\": 1024, \"scheme\": \"a newer one\"");
            String session = own.answer("POST", "/api/v1/delegation/start", order, TOKEN).get("session_id").asText();
            Waiting.until("it ends", () -> own.answer("GET", "/api/v1/delegation/session/" + session, "", TOKEN).get("status").asText().equals("error"));
            assertThat(own.answer("GET", "/api/v1/delegation/session/" + session, "", TOKEN).toString()).contains("it answers 422", "scheme");
        }
    }

    @Test
    void anOrderWhoseModelNobodyServesWaitsForABackendThatDoes() throws Exception {
        String session = begin(node, "ac", "alice", SWAPPED);
        Waiting.until("it says why it gets nothing", () -> node.answer("GET", "/api/v1/delegation/session/" + session, "", TOKEN).toString()
                .contains("none of the 3 devices that work serves its model yet"));
        assertThat(node.answer("GET", "/api/v1/delegation/session/" + session, "", TOKEN).get("status").asText()).isEqualTo("initializing");
        node.swap(2, SWAPPED, RATE);
        new Poller(node, session, "ac", "alice", SWAPPED).poll(30);
        stop(node, session);
    }

    @Test
    void aBackendThatSomebodyElseHasGenerateGetsNoLeasesUntilThatEnds() throws Exception {
        node.swap(2, SHARED, RATE);
        String order = BackendNode.order("cd", "eve", SHARED, "");
        assertThat(node.sendToBackend(2, "/api/v1/pow/init/generate", order)).isEqualTo(200);
        Waiting.until("it is told as used by others", () -> device(2).get("state").asText().equals("occupied") && device(2).get("alarm").asText()
                .contains("generates for somebody else"));
        assertThat(node.alarms.list()).anySatisfy(alarm -> assertThat(alarm.key()).isEqualTo("worker/local/vllm:2"));
        String session = begin(node, "ad", "alice", SHARED);
        Waiting.until("the order waits", () -> node.answer("GET", "/api/v1/delegation/session/" + session, "", TOKEN).toString()
                .contains("serves its model yet"));

        assertThat(node.sendToBackend(2, "/api/v1/pow/stop", "{}")).isEqualTo(200);
        new Poller(node, session, "ad", "alice", SHARED).poll(30);
        Waiting.until("nothing is wrong with it", () -> !device(2).get("state").asText().equals("occupied")
                && node.alarms.list().stream().noneMatch(alarm -> alarm.key().equals("worker/local/vllm:2")));
        JsonNode line = node.answer("GET", "/api/v1/overview", "", JOIN_TOKEN).get("sessions").get(0);
        assertThat(line.get("function").asText()).isEqualTo("vllm-vectors");
        assertThat(line.get("model").asText()).isEqualTo(SHARED);
        assertThat(node.answer("GET", "/api/v1/delegation/session/" + session, "", TOKEN).get("model").asText()).isEqualTo(SHARED);
        stop(node, session);
    }

    private static JsonNode device(int number) throws Exception {
        for (JsonNode device : node.answer("GET", "/api/v1/overview", "", JOIN_TOKEN).get("devices")) {
            if (device.get("device_id").asText().equals("local/vllm:" + number)) return device;
        }
        throw new AssertionError("no device vllm:" + number);
    }

    @Test
    @Tag("full")
    void aWorkerWhoseVectorsAreMadeUpIsQuarantinedBeforeAnyOfThemIsSeen() throws Exception {
        Map<String, String> more = Map.of("DELEGATION_WORKER_HOST", "127.0.0.1", "DELEGATION_WORKER_PORT", "0");
        try (BackendNode own = new BackendNode(folder, more)) {
            own.start();
            own.worker("first", 2_000_000, "");
            own.worker("second", 2_000_000, "");
            own.worker("forger", 2_000_000, "made up");
            Waiting.until("three workers have joined", () -> own.answer("GET", "/api/v1/admin/workers", "", JOIN_TOKEN).findValuesAsText("name")
                    .containsAll(List.of("first", "second", "forger")));
            String session = begin(own, "ab", "alice", MODEL);
            Poller poller = new Poller(own, session, "ab", "alice", MODEL);
            poller.pollUntil("the forger is found", () -> poller.found.size() > 300 && state(own, "forger").equals("quarantined"));
            assertThat(state(own, "first")).isNotEqualTo("quarantined");
            assertThat(state(own, "second")).isNotEqualTo("quarantined");
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
