package io.bignode.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.config.TenantToken;
import io.bignode.config.Token;
import io.bignode.fixtures.JavaProcess;
import io.bignode.fixtures.Waiting;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many devices, many sessions, leases of a second: how much the devices stand idle and what the head costs. */
class ScaleTest {
    private static final Pattern BUSY = Pattern.compile("busy (\\d+) of (\\d+) device-ms");

    @TempDir
    Path folder;

    /** What a run came to; {@code burst} is the slowest of as many starts at once as there are sessions. */
    private record Outcome(double idleShare, double headCores, double unfairness, long startMillis, long pollMillis, long burstMillis) {}

    /** A tenant whose sessions have twice the weight of the others'. */
    private static final Token HEAVY = Token.of("the-token-of-who-pays-more");

    @Test
    @Tag("full")
    @Timeout(150)
    void sixteenDevicesAndTenSessionsAreServed() throws Exception {
        // That nothing is wrong counts here; the figures that count are the large farm's, on a machine that does nothing else.
        run(16, 2, 10, Duration.ofSeconds(15));
    }

    @Test
    @Timeout(150)
    void sessionsOfBothWeightsAreServedAndEachDeviceWorks() throws Exception {
        List<Recorder> recorders = new ArrayList<>();
        try (Farm farm = farm(folder, 3, "0")) { // with a share to verify, a single worker's results wait for another one to check them
            farm.worker("worker", 4, 1000, -1, false, farm.workerPort);
            for (int i = 0; i < 3; i++) recorders.add(farm.recorder("key" + i, weight(i) == 1 ? Farm.TOKEN : HEAVY.secret()));
            for (Recorder recorder : recorders) Waiting.until(Duration.ofSeconds(60), () -> "no results\n" + farm.head.tail(), () -> recorder.count() > 20);
            Waiting.until(Duration.ofSeconds(60), () -> farm.overview().toPrettyString(), () -> working(farm) == 4);
            for (Recorder recorder : recorders) {
                long highest = recorder.highest();
                Waiting.until(Duration.ofSeconds(60), () -> "lost: " + recorder.missing(highest), () -> recorder.missing(highest).isEmpty());
                assertThat(recorder.wrongs()).isEmpty();
                assertThat(recorder.repeated()).isZero();
            }
        } finally {
            recorders.forEach(Recorder::close);
        }
    }

    /** How many devices have computed. */
    private static long working(Farm farm) {
        return StreamSupport.stream(farm.overview().get("devices").spliterator(), false).filter(device -> device.get("raw").asLong() > 0).count();
    }

    /** A head where so many sessions of the heavy tenant may run, and that has this share of the nonces computed again. */
    private Farm farm(Path folder, int sessions, String verified) throws Exception {
        Path tokens = Files.createDirectories(folder).resolve("tokens");
        Files.writeString(tokens, new TenantToken("heavy", TenantToken.HexDigest.of(HEAVY), sessions, 2).line() + "\n");
        return new Farm(folder, Map.of(
                "DELEGATION_TOKENS_FILE", tokens.toString(), "DELEGATION_MAX_SESSIONS", "400",
                "DELEGATION_VERIFY_SHARE", verified));
    }

    @Test
    @Tag("measured")
    @Timeout(600)
    void twoHundredAndFiftySixDevicesWork() throws Exception {
        int devices = Integer.getInteger("bignode.devices", 256);
        Outcome outcome = run(devices, Integer.getInteger("bignode.processes", 8), Integer.getInteger("bignode.heads", 1), 100, Duration.ofSeconds(60));
        assertThat(outcome.idleShare()).isLessThan(0.03);
        assertThat(outcome.headCores()).isLessThan(1);
        assertThat(outcome.unfairness()).isLessThan(0.05);
        assertThat(outcome.startMillis()).isLessThanOrEqualTo(50);
        assertThat(outcome.pollMillis()).isLessThanOrEqualTo(50);
    }

    private Outcome run(int devices, int processes, int sessions, Duration time) throws Exception {
        return run(devices, processes, 1, sessions, time);
    }

    /** Several heads have as many sessions each, and the workers join all of them; the head that costs most and is the least fair counts. */
    private Outcome run(int devices, int processes, int heads, int sessions, Duration time) throws Exception {
        List<Farm> farms = new ArrayList<>();
        List<List<Recorder>> recorders = new ArrayList<>();
        List<JavaProcess> workers = new ArrayList<>();
        try {
            for (int i = 0; i < heads; i++) farms.add(farm(folder.resolve("head-" + i), sessions, System.getProperty("bignode.verify", "0.02")));
            List<Farm> others = farms.subList(1, heads);
            for (int i = 0; i < processes; i++) {
                workers.add(farms.getFirst().workerOfSeveral("worker-" + i, devices / processes, 100, false, others));
            }
            for (Farm farm : farms) {
                List<Recorder> of = new ArrayList<>();
                recorders.add(of);
                for (int i = 0; i < sessions; i++) of.add(farm.recorder("key" + i, weight(i) == 1 ? Farm.TOKEN : HEAVY.secret()));
            }
            List<Recorder> all = recorders.stream().flatMap(List::stream).toList();
            for (Recorder recorder : all) Waiting.until(Duration.ofSeconds(60), () -> "no results", () -> recorder.count() > 0);
            Thread.sleep(5000); // leases have grown to a second's work by then
            long[] before = busy(workers);
            List<long[]> computed = computedOfAll(recorders);
            List<Duration> cpu = farms.stream().map(farm -> farm.head.cpu()).toList();
            long began = System.nanoTime();
            all.forEach(Recorder::takePollNanos);
            List<Long> starts = new ArrayList<>();
            for (int i = 0; System.nanoTime() - began < time.toNanos(); i++) {
                starts.add(Recorder.startNanos(farms.get(i % heads).port, "passing" + i));
                Thread.sleep(200);
            }
            starts.sort(null);
            long[] after = busy(workers);
            double seconds = (System.nanoTime() - began) / 1e9;
            double idle = 1 - (double) (after[0] - before[0]) / (after[1] - before[1]);
            double cores = 0;
            for (int i = 0; i < heads; i++) cores = Math.max(cores, farms.get(i).head.cpu().minus(cpu.get(i)).toMillis() / 1000.0 / seconds);
            List<long[]> now = computedOfAll(recorders);
            double unfair = 0;
            for (int i = 0; i < heads; i++) unfair = Math.max(unfair, unfairness(computed.get(i), now.get(i)));
            List<Long> polls = all.stream().flatMap(recorder -> recorder.takePollNanos().stream()).sorted().toList();
            Outcome outcome = new Outcome(idle, cores, unfair, p99(starts), p99(polls), burst(farms.getFirst(), sessions));
            System.out.printf(Locale.ROOT, "| %d | %d | %s%d | %.1f %% | %.2f | %.1f %% | %d ms | %d ms | %d ms |%n", devices, processes,
                    heads == 1 ? "" : heads + " x ", sessions, 100 * idle, cores, 100 * unfair, outcome.startMillis(), outcome.pollMillis(), outcome.burstMillis());
            if (heads > 1) System.out.println(shares(computed, now));
            assertThat(all).allSatisfy(recorder -> assertThat(recorder.wrongs()).isEmpty());
            return outcome;
        } finally {
            recorders.forEach(of -> of.forEach(Recorder::close));
            farms.forEach(Farm::close);
        }
    }

    private static List<long[]> computedOfAll(List<List<Recorder>> recorders) throws Exception {
        List<long[]> all = new ArrayList<>();
        for (List<Recorder> of : recorders) all.add(computed(of));
        return all;
    }

    /** What each head got of all that was computed. */
    private static String shares(List<long[]> before, List<long[]> after) {
        long[] got = new long[before.size()];
        for (int i = 0; i < got.length; i++) got[i] = LongStream.of(after.get(i)).sum() - LongStream.of(before.get(i)).sum();
        long all = LongStream.of(got).sum();
        return "shares of the heads: " + LongStream.of(got).mapToObj(one -> String.format(Locale.ROOT, "%.1f %%", 100.0 * one / all)).collect(Collectors.joining(", "));
    }

    /** Every third session is the heavy tenant's. */
    private static int weight(int session) {
        return session % 3 == 2 ? 2 : 1;
    }

    /** As many small nodes as there are start at the same moment, as they do when an epoch opens: how long the p99 one waits. */
    private static long burst(Farm farm, int sessions) throws Exception {
        List<Future<Long>> all = new ArrayList<>();
        try (ExecutorService nodes = Executors.newVirtualThreadPerTaskExecutor()) {
            CountDownLatch opens = new CountDownLatch(1);
            for (int i = 0; i < sessions; i++) {
                String key = "burst" + i;
                all.add(nodes.submit(() -> {
                    opens.await();
                    return Recorder.startNanos(farm.port, key);
                }));
            }
            opens.countDown();
            List<Long> nanos = new ArrayList<>();
            for (Future<Long> one : all) nanos.add(one.get());
            nanos.sort(null);
            return p99(nanos);
        }
    }

    private static long[] busy(List<JavaProcess> workers) {
        long[] sum = new long[2];
        for (JavaProcess worker : workers) {
            Matcher last = worker.lines().stream().map(line -> BUSY.matcher(line.text())).filter(Matcher::find).reduce((_, b) -> b).orElseThrow();
            sum[0] += Long.parseLong(last.group(1));
            sum[1] += Long.parseLong(last.group(2));
        }
        return sum;
    }

    private static long[] computed(List<Recorder> recorders) throws Exception {
        long[] computed = new long[recorders.size()];
        for (int i = 0; i < computed.length; i++) computed[i] = recorders.get(i).computed();
        return computed;
    }

    /** How far the session furthest from the mean is from it, in nonces for its weight. */
    private static double unfairness(long[] before, long[] after) {
        double[] got = new double[before.length];
        double mean = 0;
        for (int i = 0; i < got.length; i++) {
            got[i] = (double) (after[i] - before[i]) / weight(i);
            mean += got[i] / got.length;
        }
        double worst = 0;
        for (double one : got) worst = Math.max(worst, Math.abs(one - mean) / mean);
        return worst;
    }

    private static long p99(List<Long> nanos) {
        return nanos.isEmpty() ? 0 : nanos.get((int) Math.ceil(nanos.size() * 0.99) - 1) / 1_000_000;
    }
}
