package io.bignode.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.JavaProcess;
import io.bignode.fixtures.Waiting;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A head that serves epoch after epoch needs no more memory, threads and descriptors than before. In each epoch new small nodes start, poll and stop; each row is taken
 * after them, when the heap was collected. It runs for {@code bignode.minutes}, with {@code bignode.devices} of {@code bignode.rate} nonces a second and
 * {@code bignode.sessions}.
 */
class SoakTest {
    private static final Duration EPOCH = Duration.ofSeconds(40);
    private static final Duration REST = Duration.ofSeconds(15);
    private static final int PROCESSES = 4;
    private static final int DEVICES_OF_A_WORKER = 256;

    /** What the last third of the run may have more than the middle one. */
    private static final double MORE = 0.05;

    /** A session that ended is kept for a day; {@code src/bench/memory.sh} tells how many bytes it takes. */
    private static final double ENDED_MEBIBYTES = 3.0 / 1024;

    private static final Pattern HEAP = Pattern.compile("used (\\d+)K");
    private static final Pattern ALL = Pattern.compile("Total: reserved=\\d+KB, committed=(\\d+)KB");
    private static final Pattern JAVA_HEAP = Pattern.compile("Java Heap \\(reserved=\\d+KB, committed=(\\d+)KB");

    @TempDir
    Path folder;

    /**
     * A row.
     *
     * @param minute      since the first epoch began
     * @param ended       how many sessions ended by then
     * @param heap        MiB that are used after a collection
     * @param native_     MiB that the JVM committed besides the heap
     * @param resident    MiB of the process, as the system counts them
     * @param threads     of the system, carriers of virtual ones too
     * @param descriptors open files and sockets
     */
    private record Row(double minute, int ended, double heap, double native_, double resident, int threads, int descriptors) {}

    @Test
    @Tag("measured")
    void aHeadNeedsNoMoreAfterManyEpochs() throws Exception {
        int minutes = Integer.getInteger("bignode.minutes", 10);
        int devices = Integer.getInteger("bignode.devices", 64);
        int sessions = Integer.getInteger("bignode.sessions", 50);
        double rate = Double.parseDouble(System.getProperty("bignode.rate", "100"));
        List<Row> rows = new ArrayList<>();
        Map<String, String> settings = Map.of(
                "DELEGATION_MAX_SESSIONS", Integer.toString(2 * sessions), "DELEGATION_VERIFY_SHARE", "0.02",
                // The second one is the launcher's.
                "JAVA_TOOL_OPTIONS", "-XX:NativeMemoryTracking=summary -XX:TrimNativeHeapInterval=60000");
        try (Farm farm = new Farm(folder, settings)) {
            workers(farm, devices, rate);
            System.out.println("the head is process " + farm.head.pid());
            System.out.println("| minute | sessions that ended | heap, MiB | native besides, MiB | resident, MiB | threads | descriptors |");
            System.out.println("| --- | --- | --- | --- | --- | --- | --- |");
            rows.add(row(farm.head, 0, 0));
            long began = System.nanoTime();
            for (int epoch = 0; System.nanoTime() - began < Duration.ofMinutes(minutes).toNanos(); epoch++) {
                epoch(farm, epoch, sessions);
                rows.add(row(farm.head, (System.nanoTime() - began) / 60e9, (epoch + 1) * sessions));
            }
        }
        List<Row> middle = rows.subList(rows.size() / 3, 2 * rows.size() / 3);
        List<Row> last = rows.subList(2 * rows.size() / 3, rows.size());
        double kept = (mean(last, Row::ended) - mean(middle, Row::ended)) * ENDED_MEBIBYTES;
        flat("heap", middle, last, Row::heap, kept);
        flat("native memory", middle, last, Row::native_, 0);
        flat("resident memory", middle, last, Row::resident, kept);
        flat("threads", middle, last, Row::threads, 2);
        flat("descriptors", middle, last, Row::descriptors, 2);
    }

    /** As many in each process, none with more devices than a large host. */
    private static void workers(Farm farm, int devices, double rate) throws Exception {
        int each = Math.ceilDiv(devices, PROCESSES * DEVICES_OF_A_WORKER);
        for (int process = 0; process < PROCESSES; process++) {
            int first = process * each;
            farm.workers(devices / PROCESSES / each, rate, IntStream.range(first, first + each).mapToObj(i -> "worker-" + i).toArray(String[]::new));
        }
    }

    private static double mean(List<Row> rows, ToDoubleFunction<Row> of) {
        return rows.stream().mapToDouble(of).average().orElseThrow();
    }

    private static void flat(String what, List<Row> middle, List<Row> last, ToDoubleFunction<Row> of, double besides) {
        assertThat(mean(last, of)).as(what + " of the last third").isLessThanOrEqualTo(mean(middle, of) * (1 + MORE) + besides);
    }

    /** As many small nodes start, poll and stop; the head rests after that. */
    private static void epoch(Farm farm, int epoch, int sessions) throws Exception {
        List<Recorder> nodes = new ArrayList<>();
        for (int i = 0; i < sessions; i++) nodes.add(farm.recorder("epoch" + epoch + "-" + i, i % 2 == 0));
        Thread.sleep(EPOCH);
        for (Recorder node : nodes) node.stop();
        assertThat(nodes.stream().flatMap(node -> node.wrongs().stream())).isEmpty();
        Waiting.until(Duration.ofMinutes(1), () -> "leases are in flight still", () -> farm.metrics().lines().noneMatch(SoakTest::hasLeases));
        Thread.sleep(REST);
    }

    private static boolean hasLeases(String line) {
        return line.startsWith("bignode_worker_leases{") && !line.endsWith(" 0.0");
    }

    private static Row row(JavaProcess head, double minute, int ended) throws Exception {
        jcmd(head, "GC.run");
        double heap = kibibytes(HEAP, jcmd(head, "GC.heap_info")) / 1024;
        String natives = jcmd(head, "VM.native_memory", "summary");
        double besides = (kibibytes(ALL, natives) - kibibytes(JAVA_HEAP, natives)) / 1024;
        Path process = Path.of("/proc/" + head.pid());
        List<String> status = Files.readAllLines(process.resolve("status"));
        Row row = new Row(minute, ended, heap, besides, of(status, "VmRSS:") / 1024, (int) of(status, "Threads:"), descriptors(process));
        System.out.printf(Locale.ROOT, "| %.1f | %d | %.1f | %.1f | %.1f | %d | %d |%n", row.minute, row.ended, row.heap, row.native_, row.resident, row.threads,
                row.descriptors);
        return row;
    }

    private static String jcmd(JavaProcess head, String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), Long.toString(head.pid())));
        command.addAll(List.of(words));
        Process jcmd = new ProcessBuilder(command).redirectErrorStream(true).start();
        String answer = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (jcmd.waitFor() != 0) throw new AssertionError(command + ": " + answer);
        return answer;
    }

    private static double kibibytes(Pattern of, String text) {
        Matcher matcher = of.matcher(text);
        if (!matcher.find()) throw new AssertionError("no " + of + " in " + text);
        return Double.parseDouble(matcher.group(1));
    }

    private static double of(List<String> status, String name) {
        return status.stream().filter(line -> line.startsWith(name)).mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", ""))).findFirst().orElseThrow();
    }

    private static int descriptors(Path process) throws IOException {
        try (Stream<Path> open = Files.list(process.resolve("fd"))) {
            return (int) open.count();
        }
    }
}
