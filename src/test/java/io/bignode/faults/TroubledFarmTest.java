package io.bignode.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.JavaProcess;
import io.bignode.fixtures.Waiting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Everything that can be wrong with a worker at once, beside three that are sound, under two small nodes. */
@Timeout(300)
class TroubledFarmTest {
    /** The head tells within a minute; processes of a test share few cores. */
    private static final Duration MINUTE = Duration.ofSeconds(90);

    private static final List<String> SOUND = List.of("sound-a", "sound-b", "sound-c");

    @TempDir
    Path folder;

    @Test
    @Tag("full")
    void whatIsWrongWithWorkersIsToldWithinAMinuteAndCostsNobodyANonce() throws Exception {
        troubled(List.of("worker-name/sound-a", "worker/nan", "worker/failing/sim:0"));
    }

    @Test
    @Tag("full")
    void whateverIsWrongWithWorkersIsToldWithinAMinuteAndCostsNobodyANonce() throws Exception {
        troubled(List.of("worker-lost/frozen", "worker-flaps/flapping", "worker-name/sound-a", "worker/nan", "worker/failing/sim:0", "worker/hanging/sim:0"));
    }

    /** @param wanted the alarms that are waited for; every trouble is there in either case, but some are told after half a minute only */
    private void troubled(List<String> wanted) throws Exception {
        try (Farm farm = new Farm(folder, Map.of("DELEGATION_VERIFY_SHARE", "0.2"));
                CuttingProxy proxy = new CuttingProxy(farm.workerPort);
                Recorder documented = farm.recorder("documented", false);
                Recorder deployed = farm.recorder("deployed", true)) {
            for (String name : SOUND) farm.worker(name, 1, 150);
            JavaProcess frozen = farm.worker("frozen", 1, 150);
            farm.worker("flapping", 1, 150, -1, true, proxy.port());
            farm.newcomer("sound-a", 1, 150, -1, true, farm.workerPort);
            JavaProcess nan = farm.misbehaving("nan", "none", 0);
            farm.misbehaving("failing", "throw", 0);
            farm.misbehaving("hanging", "hang", 2);
            Waiting.until(MINUTE, () -> "no results\n" + farm.head.tail(), () -> documented.count() > 20 && deployed.count() > 20);
            frozen.signal("STOP");
            long told = System.nanoTime() + MINUTE.toNanos();
            TreeSet<String> seen = new TreeSet<>();
            while (!seen.containsAll(wanted)) {
                if (System.nanoTime() > told) throw new AssertionError("told of " + seen + " only\n" + farm.head.tail());
                proxy.cut();
                long next = System.nanoTime() + Duration.ofSeconds(4).toNanos();
                Waiting.until(MINUTE, () -> "time stands still", () -> seen.addAll(farm.alarms()) && seen.containsAll(wanted) || System.nanoTime() > next);
            }
            for (Recorder recorder : List.of(documented, deployed)) {
                long highest = recorder.highest() + 500;
                Waiting.until(MINUTE, () -> "lost: " + lost(recorder, nan, highest) + "\n" + farm.head.tail(), () -> recorder.highest() >= highest
                        && lost(recorder, nan, highest).isEmpty());
                assertThat(recorder.wrongs()).isEmpty();
                assertThat(recorder.repeated()).isZero();
            }
            assertThat(ForgerTest.state(farm, "nan")).isEqualTo("quarantined");
            for (String name : SOUND) assertThat(ForgerTest.state(farm, name)).as(name).isEqualTo("working");
            assertThat(seen).as("nobody sound is suspected").doesNotContain("worker/sound-a", "worker/sound-b", "worker/sound-c");
            System.out.printf("%d and %d nonces, none lost, none twice; alarms: %s%n", documented.count(), deployed.count(), seen);
        }
    }

    /**
     * The nonces that count and did not come. One fifth of the results is checked here: what a worker left out before it was found out may have passed, and
     * only that.
     */
    private static SortedSet<Long> lost(Recorder recorder, JavaProcess withholding, long upTo) {
        SortedSet<Long> lost = recorder.missing(upTo);
        for (JavaProcess.Line line : withholding.lines()) {
            String[] words = line.text().split(" ");
            if (words.length != 5 || !words[0].equals("lease") || words[1].startsWith("check-") || !words[2].equals(recorder.session())) continue;
            long first = 1 + 2 * Long.parseLong(words[3]);
            lost.removeIf(nonce -> nonce >= first && nonce < first + 2 * Long.parseLong(words[4]));
        }
        return lost;
    }
}
