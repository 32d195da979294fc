package io.bignode.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.Waiting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The head is killed at random moments while small nodes of both dialects poll and worker processes work. */
class HeadKilledTest {
    @TempDir
    Path folder;

    @Test
    @Timeout(150)
    void nothingIsLostAndNothingComesTwiceWhenTheHeadIsKilled() throws Exception {
        kill(1, 2, 2);
    }

    @Test
    @Tag("full")
    @Timeout(150)
    void nothingIsLostAndNothingComesTwiceWhenTheHeadIsKilledAFewTimes() throws Exception {
        kill(2, 8, 3);
    }

    @Test
    @Tag("faults-long")
    @Timeout(1800)
    void nothingIsLostAndNothingComesTwiceWhenTheHeadIsKilledAHundredTimes() throws Exception {
        kill(100, 8, 3);
    }

    @Test
    @Tag("full")
    @Timeout(60)
    void aHeadWithoutDevicesOfItsOwnEndsWellWhenItIsTold() throws Exception {
        try (Farm farm = new Farm(folder, Map.of())) {
            assertThat(farm.head.stop(Duration.ofSeconds(20))).contains(0);
            assertThat(farm.head.tail()).doesNotContain("Exception");
        }
    }

    private void kill(int times, int sessions, int workers) throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        List<Recorder> recorders = new ArrayList<>();
        try (Farm farm = new Farm(folder, Map.of("DELEGATION_VERIFY_SHARE", "0.02"))) {
            for (int i = 0; i < workers; i++) farm.worker("worker-" + i, 2, 300);
            for (int i = 0; i < sessions; i++) recorders.add(farm.recorder("key" + i, i % 2 == 1));
            await(recorders, 3);
            for (int i = 0; i < times; i++) {
                Thread.sleep(random.nextInt(1500));
                farm.head.kill();
                farm.startHead();
            }
            // Enough that every range that was with a worker at the last kill came back.
            List<Integer> before = recorders.stream().map(Recorder::count).toList();
            for (int i = 0; i < sessions; i++) {
                Recorder recorder = recorders.get(i);
                int more = before.get(i) + 5;
                Waiting.until(Duration.ofSeconds(60), () -> "no results after the last kill\n" + farm.head.tail(), () -> recorder.count() >= more);
                long highest = recorder.highest();
                Waiting.until(Duration.ofSeconds(60), () -> "lost: " + recorder.missing(highest) + "\n" + farm.head.tail(), () ->
                        recorder.missing(highest).isEmpty());
            }
            assertThat(recorders).allSatisfy(recorder -> assertThat(recorder.wrongs()).isEmpty());
            System.out.printf("%d kills, %d nonces, %d polls refused, %d nonces repeated without cursors%n", times,
                    recorders.stream().mapToInt(Recorder::count).sum(), recorders.stream().mapToInt(Recorder::refusedPolls).sum(),
                    recorders.stream().mapToInt(Recorder::repeated).sum());
        } finally {
            recorders.forEach(Recorder::close);
        }
    }

    private static void await(List<Recorder> recorders, int nonces) throws InterruptedException {
        for (Recorder recorder : recorders) Waiting.until(Duration.ofSeconds(60), () -> "no results: " + recorder.wrongs(), () -> recorder.count() >= nonces);
    }
}
