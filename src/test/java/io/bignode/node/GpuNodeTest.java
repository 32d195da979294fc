package io.bignode.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.config.Settings;
import io.bignode.engine.Detection;
import io.bignode.engine.cuda.SimulatedGpu;
import io.bignode.fixtures.CapturedLog;
import io.bignode.fixtures.Golden;
import io.bignode.fixtures.Waiting;
import io.bignode.http.HttpServer;
import io.bignode.monitor.Alarms;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.logging.Level;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole node with several simulated GPUs. */
@Timeout(400)
class GpuNodeTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TOKEN = "a-token-of-the-test-alone";
    private static final int GPUS = 4;

    /** How long a compiler may take over all kernels, beside busy cores. */
    private static final Duration COMPILED = Duration.ofMinutes(3);

    @TempDir
    Path folder;

    private final HttpClient client = HttpClient.newHttpClient();
    private final SimulatedGpu machine = SimulatedGpu.with(GPUS, 1L << 30);

    private Settings settings(String devices) throws Exception {
        Map<String, String> environment = new HashMap<>(Map.of(
                "DELEGATION_AUTH_TOKEN", TOKEN,
                "DELEGATION_HOST", "127.0.0.1",
                "DELEGATION_PORT", "0",
                "DELEGATION_DEVICES", devices,
                "DELEGATION_CUDA_LIBRARIES", machine.folder().toString(),
                "DELEGATION_MARGIN", "0",
                "DELEGATION_DATA_DIR", folder.resolve("data").toString()));
        environment.put("HF_HOME", cache().toString());
        return Settings.load(environment);
    }

    /** A folder for caches where a node finds the kernels that the engine's own tests compiled, and they find what it compiles. */
    private static Path cache() throws IOException {
        Path kernels = Files.createDirectories(SimulatedGpu.kernels());
        Path cache = kernels.resolveSibling("cache");
        Path link = Files.createDirectories(cache.resolve("bignode")).resolve("kernels");
        if (!Files.isSymbolicLink(link)) Files.createSymbolicLink(link, kernels);
        return cache;
    }

    private Node node(String devices) throws Exception {
        Settings settings = settings(devices);
        Alarms alarms = new Alarms(InstantSource.system());
        LiveSettings live = new LiveSettings(settings, alarms, InstantSource.system());
        HttpServer http = HttpServer.listen(live.rules());
        return new Node(settings, http, HeadStore.open(settings, alarms, http), live, alarms);
    }

    private JsonNode answer(int port, String path, HttpRequest.Builder request) throws Exception {
        request.uri(URI.create("http://127.0.0.1:" + port + "/api/v1/delegation/" + path)).header("Authorization", "Bearer " + TOKEN);
        HttpResponse<String> response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    /** Runs a session until so many nonces were found, stops it and takes what was still in flight. */
    private TreeMap<Long, Double> run(Node node, JsonNode golden, int nonces) throws Exception {
        HttpRequest.Builder start = HttpRequest.newBuilder().POST(HttpRequest.BodyPublishers.ofString(Golden.order(golden).toString()));
        JsonNode started = answer(node.port(), "start", start);
        String session = started.get("session_id").asText();
        TreeMap<Long, Double> found = new TreeMap<>();
        long cursor = 0;
        boolean stopped = false;
        while (true) {
            JsonNode poll = answer(node.port(), "batch/" + session + "?wait=5&after=" + cursor, HttpRequest.newBuilder().GET());
            for (JsonNode batch : poll.get("batches")) {
                for (int i = 0; i < batch.get("nonces").size(); i++) {
                    assertThat(found.put(batch.get("nonces").get(i).asLong(), batch.get("dist").get(i).asDouble())).as("found twice").isNull();
                }
            }
            cursor = poll.get("cursor").asLong();
            if (!poll.get("session_active").asBoolean()) return found;
            if (found.size() >= nonces && !stopped) {
                answer(node.port(), "session/" + session, HttpRequest.newBuilder().DELETE());
                stopped = true;
            }
        }
    }

    /** What doctor shows: a GPU that fails its test is not used, and says why; the others are. */
    @Test
    @Tag("full")
    void aGpuThatFailsItsTestIsReportedAsNotUsed() throws Exception {
        machine.fail(2, "cuLaunchKernel", 9, SimulatedGpu.ILLEGAL_ADDRESS, true);
        Detection detection = Devices.prove(settings("all").devices());
        assertThat(detection.gpus()).hasSize(GPUS).allSatisfy(gpu -> {
            if (!gpu.id().equals("cuda:2")) {
                assertThat(gpu.notUsedBecause()).isEmpty();
                return;
            }
            assertThat(gpu.notUsedBecause()).hasValueSatisfying(reason -> assertThat(reason).contains("failed its test", "ILLEGAL_ADDRESS"));
        });
    }

    @Test
    @Tag("full")
    void everyGpuTakesItsShareAndTheyLeaveNoGap() throws Exception {
        shares(300, 100);
    }

    @Test
    @Tag("full")
    void everyGpuTakesItsShareForALongerTimeAndTheyLeaveNoGap() throws Exception {
        shares(900, 400);
    }

    /**
     * Runs a session on all of them.
     *
     * @param nonces how many are waited for
     * @param whole  up to which there may be no gap
     */
    private void shares(int nonces, long whole) throws Exception {
        JsonNode golden = Golden.read("small-models.json").get(0);
        try (Node node = node("all")) {
            node.serve();
            node.work();
            TreeMap<Long, Double> found = run(node, golden, nonces);
            // What was in flight when the session was stopped may be a gap: at most two leases for each GPU, all near the end.
            assertThat(found.headMap(whole)).hasSize((int) whole);
            for (int i = 0; i < 5; i++) {
                assertThat(found.get(golden.get("nonces").get(i).asLong())).isCloseTo(golden.get("distances").get(i).asDouble(), within(2e-6));
            }
        }
        long all = 0;
        for (int gpu = 0; gpu < GPUS; gpu++) all += machine.launched(gpu);
        for (int gpu = 0; gpu < GPUS; gpu++) {
            // They share two cores, so that fair means roughly: nobody has less than a third of an equal share.
            assertThat(machine.launched(gpu)).as("launches on GPU %d of %d", gpu, all).isGreaterThan(all / GPUS / 3);
            assertThat(machine.allocated(gpu)).as("memory left on GPU %d", gpu).isZero();
        }
    }

    @Test
    void aSickGpuNeverStopsTheOthersAndComesBack() throws Exception {
        sick(120, 40);
    }

    @Test
    @Tag("full")
    void aSickGpuNeverStopsTheOthersForALongerTimeAndComesBack() throws Exception {
        sick(900, 400);
    }

    private void sick(int nonces, long whole) throws Exception {
        JsonNode golden = Golden.read("small-models.json").get(0);
        try (CapturedLog log = new CapturedLog("io.bignode.engine.cuda.CudaEngine", Level.INFO);
                Node node = node("0,cuda:2")) {
            node.serve();
            node.work();
            // From here on it computes leases, so that it is lost in one of them and not in its self test. In a fresh checkout its kernels are compiled first.
            Waiting.until(COMPILED, () -> "GPU 2 does not prove itself", () -> proofs(log) == 1);
            long before = machine.launched(2);
            machine.fail(2, "cuLaunchKernel", 60, SimulatedGpu.ILLEGAL_ADDRESS, true);
            TreeMap<Long, Double> found = run(node, golden, nonces);
            assertThat(found.headMap(whole)).as("nonces of the lease that failed are computed elsewhere").hasSize((int) whole);
            Waiting.until(COMPILED, () -> "GPU 2 does not prove itself again", () -> proofs(log) == 2);
            assertThat(machine.launched(2) - before).as("launches on the GPU that was lost").isGreaterThan(100);
            assertThat(machine.launched(1)).as("launches on a GPU that was not chosen").isZero();
        }
    }

    private static long proofs(CapturedLog log) {
        return log.messages().stream().filter(message -> message.startsWith("device cuda:2 computes as it should")).count();
    }

    @Test
    void aGpuThatIsNamedAndNotThereEndsTheNodeAsSoonAsDevicesAreFound() throws Exception {
        try (Node node = node("0,7")) {
            assertThatThrownBy(node::work).isInstanceOf(CommandException.class).hasMessageContaining("cuda:7").hasMessageContaining("cuda:3");
        }
    }
}
