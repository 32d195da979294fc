package io.bignode.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.JavaProcess;
import io.bignode.fixtures.Waiting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two heads, each with small nodes of its own, and workers that join both: every process is a real one. */
@Tag("full")
@Timeout(240)
class SharedWorkersTest {
    @TempDir
    Path folder;

    @Test
    void twoHeadsShareTheDevicesByDemandAndNothingIsLostWhenOneIsKilled() throws Exception {
        List<Recorder> recorders = new ArrayList<>();
        try (Farm first = new Farm(folder.resolve("first"), Map.of()); Farm second = new Farm(folder.resolve("second"), Map.of())) {
            List<JavaProcess> workers = new ArrayList<>();
            for (int i = 0; i < 4; i++) workers.add(first.workerOfSeveral("worker-" + i, 2, 100, true, List.of(second)));
            for (int i = 0; i < 3; i++) recorders.add(first.recorder("first" + i, false));
            await(recorders, 20);
            assertThat(computed(second)).as("it has no work").isZero();
            assertThat(second.alarms()).as("devices that compute for another head are not missed").isEmpty();
            // The other head has fewer sessions: what counts is whether it has work.
            recorders.add(second.recorder("second", false));
            await(recorders, 40);
            double[] before = {computed(first), computed(second)};
            // Results count once they are verified, which takes seconds: over a minute the shares are even, whenever it begins.
            Waiting.until(Duration.ofSeconds(90), () -> "the share of the first head is " + share(before, first, second), () ->
                    computed(second) - before[1] > 4000 && Math.abs(share(before, first, second) - 0.5) < 0.08);

            first.head.kill();
            double alone = computed(second);
            Waiting.until(Duration.ofSeconds(60), () -> "the other head does not go on", () -> computed(second) > alone + 2000);
            first.startHead();
            List<Integer> had = recorders.stream().map(Recorder::count).toList();
            for (int i = 0; i < recorders.size(); i++) {
                Recorder recorder = recorders.get(i);
                int more = had.get(i) + 5;
                Waiting.until(Duration.ofSeconds(60), () -> "no results after the kill\n" + first.head.tail(), () -> recorder.count() >= more);
                long highest = recorder.highest();
                Waiting.until(Duration.ofSeconds(60), () -> "lost: " + recorder.missing(highest), () -> recorder.missing(highest).isEmpty());
            }
            assertThat(recorders).allSatisfy(recorder -> {
                assertThat(recorder.wrongs()).isEmpty();
                assertThat(recorder.repeated()).isZero();
            });
            assertThat(second.head.lines()).extracting(JavaProcess.Line::text).noneMatch(line -> line.contains("did not finish in time"));
            assertThat(mostTimesThatANonceWasComputed(workers)).as("but for what the killed head had leased, each once").isLessThanOrEqualTo(2);
        } finally {
            recorders.forEach(Recorder::close);
        }
    }

    @Test
    void aWorkerWithTheTokenOfOneHeadOnlyNamesTheOtherAndComputes() throws Exception {
        try (Farm first = new Farm(folder.resolve("first"), Map.of()); Farm second = new Farm(folder.resolve("second"), Map.of())) {
            String refusing = "127.0.0.1:" + second.workerPort;
            JavaProcess worker = first.realWorker("farm", "127.0.0.1:" + first.workerPort + "," + refusing, Map.of(
                    "DELEGATION_JOIN_TOKEN", Farm.JOIN_TOKEN + ",a-token-that-nobody-gave",
                    "DELEGATION_JOIN_FINGERPRINT", first.fingerprint + "," + second.fingerprint));
            worker.await(line -> line.contains("worker farm joined 127.0.0.1:" + first.workerPort));
            worker.await(line -> line.contains("worker farm is not connected to " + refusing + ", trying again: the head refuses this join token"));
            assertThat(folder.resolve("first/farm/worker-state")).hasContent("joined");
            try (Recorder recorder = first.recorder("key", false)) {
                Waiting.until(Duration.ofSeconds(60), () -> "nothing is computed\n" + worker.tail(), () -> computed(first) > 0);
                assertThat(recorder.status()).isNotEqualTo("error");
            }
            assertThat(worker.lines()).noneMatch(line -> line.text().contains(Farm.JOIN_TOKEN) || line.text().contains("nobody-gave"));
            assertThat(worker.stop(Duration.ofSeconds(20))).contains(0);
        }
    }

    /** What part of all that was computed since then the first head got. */
    private static double share(double[] before, Farm first, Farm second) {
        double got = computed(first) - before[0];
        return got / (got + computed(second) - before[1]);
    }

    /** How many nonces the devices computed for a head. */
    private static double computed(Farm farm) {
        double sum = 0;
        for (var device : farm.overview().get("devices")) sum += device.get("raw").asDouble();
        return sum;
    }

    private static void await(List<Recorder> recorders, int nonces) throws InterruptedException {
        for (Recorder recorder : recorders) Waiting.until(Duration.ofSeconds(60), () -> "no results: " + recorder.wrongs(), () -> recorder.count() >= nonces);
    }

    /** Checks of others' results aside. */
    private static int mostTimesThatANonceWasComputed(List<JavaProcess> workers) {
        Map<String, Integer> times = new HashMap<>();
        workers.forEach(worker -> worker.lines().forEach(line -> {
            String[] words = line.text().split(" ");
            if (!words[0].equals("lease") || words[1].contains("/check-")) return;
            long first = Long.parseLong(words[3]);
            for (long index = first; index < first + Long.parseLong(words[4]); index++) times.merge(words[2] + "/" + index, 1, Integer::sum);
        }));
        return times.values().stream().mapToInt(Integer::intValue).max().orElse(0);
    }
}
