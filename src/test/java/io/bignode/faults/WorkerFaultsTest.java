package io.bignode.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.fixtures.JavaProcess;
import io.bignode.fixtures.Waiting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Workers are killed, frozen and cut off. */
class WorkerFaultsTest {
    @TempDir
    Path folder;

    /** The range a worker's last lease began at: where another has to begin when that one is dead. */
    private static String lastLease(JavaProcess worker) {
        List<String> leases = worker.lines().stream().map(JavaProcess.Line::text).filter(line -> line.startsWith("lease ")).toList();
        return leases.getLast();
    }

    private static Predicate<String> computes(String lease) {
        String[] words = lease.split(" ");
        return line -> line.startsWith("lease ") && line.contains(" " + words[2] + " " + words[3] + " ");
    }

    /** Not by time-outs, that is: a silent line is noticed after five seconds, and a lease's own time is longer. */
    @Test
    @Timeout(120)
    void aDeadWorkersLeaseIsComputedElsewhereAtOnceAndAFrozenOnesAsSoonAsItIsMissed() throws Exception {
        elsewhere(Duration.ofSeconds(4), Duration.ofSeconds(12));
    }

    @Test
    @Tag("measured")
    @Timeout(120)
    void aDeadWorkersLeaseIsComputedElsewhereWithinASecondAndAFrozenOnesWithinSeven() throws Exception {
        elsewhere(Duration.ofSeconds(1), Duration.ofSeconds(7));
    }

    private void elsewhere(Duration afterDeath, Duration afterFreezing) throws Exception {
        try (Farm farm = new Farm(folder, Map.of("DELEGATION_VERIFY_SHARE", "0"));
                Recorder recorder = farm.recorder("key", false)) {
            JavaProcess killed = farm.worker("killed", 1, 100);
            JavaProcess other = farm.worker("other", 6, 100);
            for (JavaProcess worker : List.of(killed, other)) worker.await(line -> line.startsWith("lease "));
            Waiting.until(Duration.ofSeconds(30), () -> "no results", () -> recorder.count() > 100);
            Duration kill = untilElsewhere(killed, other, () -> killed.kill(), Duration.ofSeconds(20));

            JavaProcess frozen = farm.worker("frozen", 1, 100);
            frozen.await(System.nanoTime() + 3_000_000_000L, Duration.ofSeconds(30), line -> line.startsWith("lease "));
            Duration freeze = untilElsewhere(frozen, other, () -> frozen.signal("STOP"), Duration.ofSeconds(30));
            System.out.println("computing elsewhere after a kill: " + kill.toMillis() + " ms, after a freeze: " + freeze.toMillis() + " ms");
            assertThat(kill).isLessThan(afterDeath);
            assertThat(freeze).isLessThan(afterFreezing);

            frozen.signal("CONT");
            frozen.await(System.nanoTime(), Duration.ofSeconds(30), line -> line.equals("joined"));
            long highest = recorder.highest();
            Waiting.until(Duration.ofSeconds(30), () -> "lost: " + recorder.missing(highest), () -> recorder.missing(highest).isEmpty());
            assertThat(recorder.wrongs()).isEmpty();
        }
    }

    private interface Harm {
        void happen() throws InterruptedException;
    }

    /** Harms a worker that has just begun a lease, and waits until another begins it. */
    private static Duration untilElsewhere(JavaProcess victim, JavaProcess other, Harm harm, Duration max) throws InterruptedException {
        victim.await(System.nanoTime(), Duration.ofSeconds(10), line -> line.startsWith("lease "));
        String lease = lastLease(victim);
        long then = System.nanoTime();
        harm.happen();
        return Duration.ofNanos(other.await(then, max, computes(lease)).nanos() - then);
    }

    @Test
    @Tag("full")
    @Timeout(150)
    void nothingIsLostWhenWorkersDieAtRandomForAWhile() throws Exception {
        torment(Duration.ofSeconds(8));
    }

    @Test
    @Tag("faults-long")
    @Timeout(900)
    void nothingIsLostWhenWorkersDieAtRandomForTenMinutes() throws Exception {
        torment(Duration.ofMinutes(10));
    }

    private void torment(Duration time) throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        List<Recorder> recorders = new ArrayList<>();
        int faults = 0;
        try (Farm farm = new Farm(folder, Map.of());
                CuttingProxy proxy = new CuttingProxy(farm.workerPort)) {
            JavaProcess[] workers = new JavaProcess[4];
            for (int i = 0; i < workers.length; i++) workers[i] = farm.worker("worker-" + i, 1, 200, -1, true, proxy.port());
            for (int i = 0; i < 4; i++) recorders.add(farm.recorder("key" + i, i % 2 == 1));
            long until = System.nanoTime() + time.toNanos();
            while (System.nanoTime() < until) {
                Thread.sleep(300 + random.nextInt(1200));
                int victim = random.nextInt(workers.length);
                faults++;
                switch (random.nextInt(3)) {
                    case 0 -> {
                        workers[victim].kill();
                        workers[victim] = farm.worker("worker-" + victim, 1, 200, -1, true, proxy.port());
                    }
                    case 1 -> {
                        workers[victim].signal("STOP");
                        Thread.sleep(random.nextInt(8000));
                        workers[victim].signal("CONT");
                    }
                    default -> proxy.cut();
                }
            }
            for (Recorder recorder : recorders) {
                long highest = recorder.highest();
                Waiting.until(Duration.ofSeconds(60), () -> "lost: " + recorder.missing(highest) + "\n" + farm.head.tail(), () ->
                        recorder.missing(highest).isEmpty());
                assertThat(recorder.wrongs()).isEmpty();
                assertThat(recorder.repeated()).as("the head lived all the time").isZero();
                assertThat(recorder.count()).isPositive();
            }
            assertThat(farm.admin("GET", "", Farm.JOIN_TOKEN, 200).get("workers"))
                    .allSatisfy(worker -> assertThat(worker.get("state").asText()).isEqualTo("working"));
            System.out.println(faults + " faults, " + recorders.stream().mapToInt(Recorder::count).sum() + " nonces");
        } finally {
            recorders.forEach(Recorder::close);
        }
    }

    @Test
    @Timeout(120)
    void aDrainedWorkerFinishesAndGetsNoMoreUntilItIsAdmitted() throws Exception {
        try (Farm farm = new Farm(folder, Map.of("DELEGATION_VERIFY_SHARE", "0"));
                Recorder recorder = farm.recorder("key", false)) {
            JavaProcess worker = farm.worker("only", 1, 200);
            worker.await(line -> line.startsWith("lease "));
            farm.admin("GET", "", Farm.TOKEN, 401);
            farm.admin("POST", "/only/drain", Farm.TOKEN, 401);
            farm.admin("POST", "/nobody/drain", Farm.JOIN_TOKEN, 404);
            farm.admin("POST", "/only/drain", Farm.JOIN_TOKEN, 200);
            Waiting.until(Duration.ofSeconds(20), () -> "leases are left", () -> leases(farm) == 0);
            long highest = recorder.highest();
            Waiting.until(Duration.ofSeconds(20), () -> "lost: " + recorder.missing(highest), () -> recorder.missing(highest).isEmpty());
            int leases = worker.lines().size();
            assertThat(ForgerTest.state(farm, "only")).isEqualTo("draining");
            farm.admin("POST", "/only/admit", Farm.JOIN_TOKEN, 200);
            worker.await(worker.lines().get(leases - 1).nanos() + 1, Duration.ofSeconds(20), line -> line.startsWith("lease "));
        }
    }

    private static int leases(Farm farm) {
        try {
            JsonNode workers = farm.admin("GET", "", Farm.JOIN_TOKEN, 200).get("workers");
            int leases = 0;
            for (JsonNode worker : workers) leases += worker.get("leases").asInt();
            return leases;
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
