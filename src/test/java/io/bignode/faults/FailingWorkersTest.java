package io.bignode.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.fixtures.Waiting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Workers that fail, hang or compute nothing of worth stand beside honest ones. */
@Timeout(400)
class FailingWorkersTest {
    /** The head tells within a minute; processes of a test share few cores. */
    private static final Duration MINUTE = Duration.ofSeconds(90);

    @TempDir
    Path folder;

    private static JsonNode device(Farm farm, String id) {
        for (JsonNode device : farm.overview().get("devices")) if (device.get("device_id").asText().equals(id)) return device;
        throw new AssertionError("no device " + id);
    }

    private static double failed(Farm farm, String device) {
        String series = "bignode_device_leases_failed_total{device=\"" + device + "\"";
        return farm.metrics().lines()
                .filter(line -> line.startsWith(series))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    @Test
    void whoFailsIsToldWithinAMinuteAndCostsTheOthersNothing() throws Exception {
        toldWithinAMinute(false, Duration.ofSeconds(6));
    }

    @Test
    @Tag("full")
    void whoFailsOrHangsIsToldWithinAMinuteAndCostsTheOthersNothing() throws Exception {
        toldWithinAMinute(true, Duration.ofSeconds(15));
    }

    /**
     * Workers that fail beside two honest ones.
     *
     * @param hangs    whether one hangs too
     * @param measured for how long the honest ones are watched afterwards
     */
    private void toldWithinAMinute(boolean hangs, Duration measured) throws Exception {
        try (Farm farm = new Farm(folder, Map.of());
                Recorder recorder = farm.recorder("key", false)) {
            farm.workers(1, 200, "honest-a", "honest-b");
            Waiting.until(Duration.ofSeconds(30), () -> "no results", () -> recorder.count() > 20);
            assertThat(farm.metrics()).as("the first failure has to be a step")
                    .contains("bignode_device_leases_failed_total{device=\"honest-a/sim:0\",worker=\"honest-a\"} 0");
            farm.misbehaving("thrower", "throw", 0);
            if (hangs) farm.misbehaving("hanger", "hang", 3);
            List<String> wanted = hangs ? List.of("worker/thrower/sim:0", "worker/hanger/sim:0") : List.of("worker/thrower/sim:0");
            Waiting.until(MINUTE, () -> farm.alarms() + "\n" + farm.head.tail(), () -> farm.alarms().containsAll(wanted));
            assertThat(device(farm, "thrower/sim:0").get("state").asText()).isEqualTo("failing");
            assertThat(device(farm, "thrower/sim:0").get("alarm").asText()).contains("failed its last", "it is broken");

            double before = failed(farm, "thrower/sim:0");
            double raw = device(farm, "honest-a/sim:0").get("raw").asDouble() + device(farm, "honest-b/sim:0").get("raw").asDouble();
            long began = System.nanoTime();
            long highest = recorder.highest();
            Waiting.until(MINUTE, () -> "lost: " + recorder.missing(highest) + "\n" + farm.head.tail(), () -> recorder.missing(highest).isEmpty());
            Waiting.until(Duration.ofSeconds(30), () -> "time does not pass", () -> System.nanoTime() - began > measured.toNanos());
            double seconds = (System.nanoTime() - began) * 1e-9;
            double rate = (device(farm, "honest-a/sim:0").get("raw").asDouble() + device(farm, "honest-b/sim:0").get("raw").asDouble() - raw) / seconds;
            System.out.printf("honest devices of 400 nonces a second computed %.0f a second; the failing one failed %.0f leases in %.0f s%n",
                    rate, failed(farm, "thrower/sim:0") - before, seconds);
            assertThat(rate).as("the honest ones are never kept waiting; processes of a test share few cores").isGreaterThan(240);
            assertThat(failed(farm, "thrower/sim:0") - before).isLessThan(6);
            assertThat(recorder.wrongs()).isEmpty();
            assertThat(farm.admin("GET", "", Farm.JOIN_TOKEN, 200).get("workers"))
                    .allSatisfy(worker -> assertThat(worker.get("state").asText()).isEqualTo("working"));
        }
    }

    @Test
    @Tag("full")
    void whoComputesNothingOfWorthIsPutOutAndNobodyHonestIs() throws Exception {
        try (Farm farm = new Farm(folder, Map.of("DELEGATION_VERIFY_SHARE", "0.2"));
                Recorder recorder = farm.recorder("key", false)) {
            farm.workers(1, 200, "honest-a", "honest-b");
            farm.misbehaving("nan", "none", 0);
            Waiting.until(MINUTE, () -> "never caught\n" + farm.head.tail(), () -> ForgerTest.state(farm, "nan").equals("quarantined"));
            long highest = recorder.highest();
            Waiting.until(MINUTE, () -> "lost: " + recorder.missing(highest + 1000), () -> recorder.missing(highest + 1000).isEmpty());
            assertThat(List.of(ForgerTest.state(farm, "honest-a"), ForgerTest.state(farm, "honest-b"))).containsOnly("working");
            assertThat(farm.alarms()).contains("worker/nan").doesNotContain("worker/honest-a", "worker/honest-b");
        }
    }
}
