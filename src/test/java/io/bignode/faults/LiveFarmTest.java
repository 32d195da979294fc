package io.bignode.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.fixtures.JavaProcess;
import io.bignode.fixtures.Waiting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a running farm shows of itself: over HTTP, and by the commands. */
@Timeout(180)
class LiveFarmTest {
    @TempDir
    Path folder;

    private static JsonNode device(Farm farm) {
        return farm.overview(Farm.TOKEN).get("devices").path(0);
    }

    private static String printed(Farm farm, String command) throws Exception {
        Map<String, String> environment = Map.of("DELEGATION_JOIN_TOKEN", Farm.JOIN_TOKEN);
        try (JavaProcess process = new JavaProcess("io.bignode.Main", List.of(command, "--url", "http://127.0.0.1:" + farm.port), environment, "128m")) {
            String expected = command.equals("devices") ? "only/sim:0" : "generating";
            process.await(line -> line.contains(expected));
            return String.join("\n", process.lines().stream().map(JavaProcess.Line::text).toList());
        }
    }

    @Test
    void aDeviceIsSeenToComputeToDrainAndToBeMissed() throws Exception {
        try (Farm farm = new Farm(folder, Map.of("DELEGATION_VERIFY_SHARE", "0"));
                Recorder recorder = farm.recorder("key", false)) {
            JavaProcess worker = farm.worker("only", 1, 200);
            Waiting.until(Duration.ofSeconds(30), () -> "no work: " + device(farm), () -> device(farm).path("raw").asLong() > 0);
            Waiting.until(Duration.ofSeconds(30), () -> "not computing: " + device(farm), () -> device(farm).path("state").asText().equals("computing"));
            assertThat(device(farm).get("device_id").asText()).isEqualTo("only/sim:0");
            assertThat(device(farm).get("nonces_per_second").asDouble()).isPositive();
            assertThat(device(farm).get("busy_share").asDouble()).isBetween(0.0, 1.0);
            assertThat(printed(farm, "devices")).contains("DEVICE", "only/sim:0");
            assertThat(printed(farm, "sessions")).contains("SESSION", "generating");

            farm.admin("POST", "/only/drain", Farm.JOIN_TOKEN, 200);
            Waiting.until(Duration.ofSeconds(20), () -> "not draining: " + device(farm), () -> device(farm).path("state").asText().equals("draining"));
            farm.admin("POST", "/only/admit", Farm.JOIN_TOKEN, 200);
            worker.close();
            Waiting.until(Duration.ofSeconds(20), () -> "not missed: " + device(farm), () -> device(farm).path("state").asText().equals("apart"));
            assertThat(recorder.count()).isPositive();
        }
    }
}
