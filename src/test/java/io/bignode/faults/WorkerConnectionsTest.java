package io.bignode.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.fixtures.JavaProcess;
import io.bignode.fixtures.Waiting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Workers that stop, freeze, share a name, or come back by another way: what the head says of them, and that a small node loses nothing by it. */
@Timeout(180)
class WorkerConnectionsTest {
    private static final Map<String, String> TRUSTED = Map.of("DELEGATION_VERIFY_SHARE", "0");
    private static final String DISCONNECTIONS = "bignode_worker_disconnections_total";

    @TempDir
    Path folder;

    private static JsonNode worker(Farm farm, String name) {
        for (JsonNode worker : farm.overview().get("workers")) if (worker.get("name").asText().equals(name)) return worker;
        throw new AssertionError("no worker " + name);
    }

    private static void assertNothingLostNorTwice(Recorder recorder) throws InterruptedException {
        long highest = recorder.highest();
        Waiting.until(Duration.ofSeconds(30), () -> "lost: " + recorder.missing(highest), () -> recorder.missing(highest).isEmpty());
        assertThat(recorder.wrongs()).isEmpty();
        assertThat(recorder.repeated()).isZero();
        assertThat(recorder.count()).isPositive();
    }

    /** How long it takes until a process says it. */
    private static Duration until(JavaProcess process, long since, String text) throws InterruptedException {
        return Duration.ofNanos(process.await(since, Duration.ofSeconds(40), line -> line.contains(text)).nanos() - since);
    }

    private static long joins(JavaProcess worker) {
        return worker.lines().stream().filter(line -> line.text().equals("joined")).count();
    }

    @Test
    void aFrozenWorkerIsMissedWithinSixSecondsAndItsEndIsToldWithItsReason() throws Exception {
        freeze(false);
    }

    @Test
    @Tag("full")
    void aFrozenWorkerIsMissedWithinSixSecondsAndAlarmedAndItsEndIsToldWithItsReason() throws Exception {
        freeze(true);
    }

    /** @param alarmed whether it stays frozen until it is alarmed about, which is half a minute more */
    private void freeze(boolean alarmed) throws Exception {
        try (Farm farm = new Farm(folder, TRUSTED)) {
            JavaProcess worker = farm.worker("idle", 1, 100);
            assertThat(farm.metric(DISCONNECTIONS + "{reason=\"silent\"}")).isZero();
            long froze = System.nanoTime();
            worker.signal("STOP");
            assertThat(until(farm.head, froze, "WARNING worker idle is gone: nothing came from it for 5 s")).isLessThan(Duration.ofSeconds(6));
            JsonNode lost = worker(farm, "idle");
            assertThat(lost.get("connected").asBoolean()).isFalse();
            assertThat(lost.get("since").isNull()).isTrue();
            assertThat(lost.get("disconnected_because").asText()).contains("nothing came from it");
            assertThat(lost.get("disconnected_since").asText()).isNotEmpty();
            assertThat(farm.metric(DISCONNECTIONS + "{reason=\"silent\"}")).isEqualTo(1);
            if (alarmed) Waiting.until(Duration.ofSeconds(40), () -> "no alarm: " + farm.alarms(), () -> farm.alarms().contains("worker-lost/idle"));
            worker.signal("CONT");
            Waiting.until(Duration.ofSeconds(20), () -> "still apart: " + worker(farm, "idle"), () -> worker(farm, "idle").get("connected").asBoolean());
            Waiting.until(Duration.ofSeconds(20), () -> "still alarmed: " + farm.alarms(), () -> farm.alarms().isEmpty());
            assertThat(worker(farm, "idle").get("disconnected_since").isNull()).isTrue();
            assertThat(worker(farm, "idle").get("address").asText()).startsWith("127.0.0.1:");

            long killed = System.nanoTime();
            worker.kill();
            until(farm.head, killed, "WARNING worker idle is gone: its process ended, or it closed the connection");
            assertThat(farm.metric(DISCONNECTIONS + "{reason=\"closed\"}")).isEqualTo(1);
        }
    }

    @Test
    void aWorkerThatIsStoppedTakesLeaveAndIsNotAlarmedAbout() throws Exception {
        try (Farm farm = new Farm(folder, TRUSTED)) {
            JavaProcess worker = farm.realWorker("orderly");
            assertThat(worker.stop(Duration.ofSeconds(15))).contains(0);
            farm.head.await(line -> line.contains("INFO    worker orderly is gone: it was stopped"));
            assertThat(farm.metric(DISCONNECTIONS + "{reason=\"stopped\"}")).isEqualTo(1);
            assertThat(farm.head.lines()).extracting(JavaProcess.Line::text).noneMatch(line -> line.contains("WARNING"));
        }
    }

    @Test
    @Tag("full")
    void ofTwoWorkersOfOneNameTheSecondIsRefusedAndTakesOverWhenTheFirstDies() throws Exception {
        try (Farm farm = new Farm(folder, TRUSTED);
                Recorder recorder = farm.recorder("key", false)) {
            JavaProcess first = farm.worker("g", 1, 200);
            JavaProcess second = farm.newcomer("g", 1, 200, -1, true, farm.workerPort);
            String refusal = second.await(line -> line.startsWith("apart: the head refuses it"));
            assertThat(refusal).contains("a worker named g is connected from 127.0.0.1:", "DELEGATION_WORKER_NAME");
            Waiting.until(Duration.ofSeconds(10), () -> "no alarm: " + farm.alarms(), () -> farm.alarms().contains("worker-name/g"));
            // Long enough for the second to leave the line and to come back: as the two once threw each other out every second.
            second.await(System.nanoTime(), Duration.ofSeconds(30), line -> line.startsWith("apart: the head refuses it"));
            Waiting.until(Duration.ofSeconds(30), () -> "no results", () -> recorder.count() > 50);
            assertThat(joins(first)).isEqualTo(1);
            assertThat(joins(second)).isZero();
            assertThat(farm.head.lines()).extracting(JavaProcess.Line::text).filteredOn(line -> line.contains("worker g") && line.contains("is refused"))
                    .as("a warning a minute, and the alarm").hasSizeLessThanOrEqualTo(2);
            long killed = System.nanoTime();
            first.kill();
            until(second, killed, "joined");
            long before = recorder.count();
            Waiting.until(Duration.ofSeconds(30), () -> "no results", () -> recorder.count() > before + 50);
            assertNothingLostNorTwice(recorder);
        }
    }

    @Test
    @Tag("full")
    void aWorkerThatIsStartedAnewGetsInAtOnceAndWithinSixSecondsWhereItsOldLineIsHalfOpen() throws Exception {
        try (Farm farm = new Farm(folder, TRUSTED);
                CuttingProxy proxy = new CuttingProxy(farm.workerPort);
                Recorder recorder = farm.recorder("key", false)) {
            JavaProcess first = farm.worker("g", 1, 200, -1, true, farm.workerPort);
            first.await(line -> line.startsWith("lease "));
            first.kill();
            JavaProcess second = farm.worker("g", 1, 200, -1, true, proxy.port());
            assertThat(second.lines()).extracting(JavaProcess.Line::text).as("nobody was in its way").noneMatch(line -> line.startsWith("apart"));
            second.await(line -> line.startsWith("lease "));

            long cut = System.nanoTime();
            proxy.hang();
            second.kill();
            JavaProcess third = farm.newcomer("g", 1, 200, -1, true, farm.workerPort);
            long joined = third.await(cut, Duration.ofSeconds(40), line -> line.contains("joined")).nanos();
            // From its first word, a refusal, on: how long a process takes to start beside others is not the head's.
            assertThat(Duration.ofNanos(joined - third.lines().getFirst().nanos())).isLessThan(Duration.ofSeconds(6).plusMillis(500));
            long before = recorder.count();
            Waiting.until(Duration.ofSeconds(30), () -> "no results", () -> recorder.count() > before + 50);
            assertNothingLostNorTwice(recorder);
            assertThat(List.of(joins(third))).containsExactly(1L);
        }
    }

    @Test
    @Tag("full")
    void aWorkerWhoseLineHangsComesBackByAnotherAndHandsOverWhatItComputed() throws Exception {
        try (Farm farm = new Farm(folder, TRUSTED);
                CuttingProxy proxy = new CuttingProxy(farm.workerPort);
                Recorder recorder = farm.recorder("key", false)) {
            JavaProcess worker = farm.worker("g", 1, 200, -1, true, proxy.port());
            Waiting.until(Duration.ofSeconds(30), () -> "no results", () -> recorder.count() > 20);
            long hung = System.nanoTime();
            proxy.hang();
            Duration back = until(worker, hung, "joined");
            System.out.println("back after " + back.toMillis() + " ms");
            // The worker may believe in the line for twice 5 s; a result that waits for the head's word must not keep it longer.
            assertThat(back).isLessThan(Duration.ofSeconds(15));
            long before = recorder.count();
            Waiting.until(Duration.ofSeconds(30), () -> "no results", () -> recorder.count() > before + 50);
            assertNothingLostNorTwice(recorder);
            assertThat(farm.alarms()).isEmpty();
        }
    }
}
