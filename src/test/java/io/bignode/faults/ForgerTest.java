package io.bignode.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.fixtures.JavaProcess;
import io.bignode.fixtures.Waiting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A worker that tells distances it never computed. */
@Timeout(150)
class ForgerTest {
    private static final Pattern RESULTS = Pattern.compile("busy .* (\\d+) results");

    @TempDir
    Path folder;

    @Test
    void aForgerIsCaughtAndNothingItMadeUpReachesASmallNode() throws Exception {
        try (Farm farm = new Farm(folder, Map.of());
                Recorder recorder = farm.recorder("key", false)) {
            farm.workers(1, 200, "honest-a", "honest-b");
            JavaProcess forger = farm.worker("forger", 1, 200, 6, true, farm.workerPort);
            Waiting.until(Duration.ofSeconds(90), () -> "never caught\n" + farm.head.tail(), () -> state(farm, "forger").equals("quarantined"));
            // Every nonce it had is computed again by others, and all that reached the small node is true.
            long highest = recorder.highest();
            Waiting.until(Duration.ofSeconds(60), () -> "lost: " + recorder.missing(highest + 2000), () -> recorder.missing(highest + 2000).isEmpty());
            assertThat(recorder.wrongs()).isEmpty();
            assertThat(List.of(state(farm, "honest-a"), state(farm, "honest-b"))).containsOnly("working");
            assertThat(results(forger)).as("results until it was caught").isLessThan(106);
            assertThat(farm.head.lines()).anyMatch(line -> line.text().contains("forger is in quarantine"));
            farm.admin("POST", "/forger/admit", Farm.JOIN_TOKEN, 200);
            assertThat(state(farm, "forger")).isNotEqualTo("quarantined");
        }
    }

    private static int results(JavaProcess worker) {
        return worker.lines().stream()
                .map(line -> RESULTS.matcher(line.text()))
                .filter(Matcher::find)
                .mapToInt(found -> Integer.parseInt(found.group(1)))
                .max()
                .orElse(0);
    }

    static String state(Farm farm, String name) {
        try {
            for (JsonNode worker : farm.admin("GET", "", Farm.JOIN_TOKEN, 200).get("workers")) {
                if (worker.get("name").asText().equals(name)) return worker.get("state").asText();
            }
            return "unknown";
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
