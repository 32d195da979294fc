package io.bignode.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.fixtures.Waiting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The opening of a stage: many small nodes start within the same second, while all devices compute. */
class OpeningTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    /** How long after the opening shares are compared: a session has had some leases by then. */
    private static final Duration TOLD = Duration.ofSeconds(25);

    /** The overview lists no more sessions; of more starts only the answers are measured. */
    private static final int LISTED = 400;

    @TempDir
    Path folder;

    /** How long starts took, and from their answers to the first lease, in milliseconds; and the smallest part that a session has of its fair share. */
    private record Outcome(long start50, long start99, long lease50, long lease99, double share) {}

    @Test
    @Tag("full")
    @Timeout(120)
    void aFewSmallNodesStartWhileDevicesCompute() throws Exception {
        // That nothing is wrong counts here; the figures that count are the large farm's, on a machine that does nothing else.
        run(16, 2, 10);
    }

    @Test
    @Tag("measured")
    @Timeout(600)
    void aHundredSmallNodesStartWithinASecond() throws Exception {
        Outcome outcome = run(Integer.getInteger("bignode.devices", 256), 8, Integer.getInteger("bignode.starts", 100));
        boolean hundred = Integer.getInteger("bignode.starts", 100) <= 100;
        assertThat(outcome.start99()).isLessThanOrEqualTo(hundred ? 100 : 1000);
        if (!hundred) return;
        assertThat(outcome.lease99()).isLessThanOrEqualTo(1000);
        assertThat(outcome.share()).isGreaterThanOrEqualTo(0.9);
    }

    private Outcome run(int devices, int processes, int starts) throws Exception {
        Map<String, String> room = Map.of("DELEGATION_MAX_SESSIONS", Integer.toString(2 * starts + 20));
        try (Farm farm = new Farm(folder, room);
                Recorder before = farm.recorder("before", Farm.TOKEN)) {
            for (int i = 0; i < processes; i++) farm.worker("worker-" + i, devices / processes, 100, -1, false, farm.workerPort);
            Waiting.until(Duration.ofMinutes(2), () -> "devices that stand idle", () -> computing(farm) == devices);
            // Some have started before: the code is compiled, and leases have grown to a second's work.
            for (int i = 0; i < starts; i++) Recorder.startNanos(farm.port, "earlier" + i);
            Thread.sleep(Math.min(20_000, 100L * devices));

            long began = System.nanoTime();
            List<Future<Recorder>> all = new ArrayList<>();
            Map<String, Long> leased = new HashMap<>();
            List<Long> took = new ArrayList<>();
            List<Long> waited = new ArrayList<>();
            try (ExecutorService nodes = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int i = 0; i < starts; i++) {
                    Duration at = SECOND.multipliedBy(i).dividedBy(starts);
                    String key = "opening" + i;
                    all.add(nodes.submit(() -> {
                        Thread.sleep(at);
                        return Recorder.started(farm.port, key);
                    }));
                }
                while (leased.size() < Math.min(starts, LISTED) && System.nanoTime() - began < TOLD.toNanos()) {
                    Thread.sleep(50);
                    note(farm.overview(), leased);
                }
                for (int i = 0; i < starts; i++) {
                    Recorder started = all.get(i).get();
                    assertThat(started.wrongs()).isEmpty();
                    took.add(started.takePollNanos().getFirst());
                    long answered = began + SECOND.multipliedBy(i).dividedBy(starts).toNanos() + took.getLast();
                    waited.add(Math.max(0, leased.getOrDefault(started.session(), began + TOLD.toNanos()) - answered));
                }
            }
            Thread.sleep(TOLD.minusNanos(Math.min(TOLD.toNanos(), System.nanoTime() - began)));
            double share = share(farm.overview(), all);
            Outcome outcome = new Outcome(quantile(took, 0.5), quantile(took, 0.99), quantile(waited, 0.5), quantile(waited, 0.99), share);
            String leases = starts > LISTED ? "| – | – | – |" : String.format(Locale.ROOT, "| %d ms | %d ms | %.2f |", outcome.lease50(), outcome.lease99(), share);
            System.out.printf(Locale.ROOT, "| %d | %d | %d ms | %d ms %s%n", devices, starts, outcome.start50(), outcome.start99(), leases);
            assertThat(before.wrongs()).isEmpty();
            return outcome;
        }
    }

    private static long computing(Farm farm) {
        long computing = 0;
        for (JsonNode device : farm.overview().get("devices")) if (device.get("raw").asLong() > 0) computing++;
        return computing;
    }

    /** Notes the sessions that have, or had, a lease for the first time. */
    private static void note(JsonNode overview, Map<String, Long> leased) {
        long now = System.nanoTime();
        for (JsonNode session : overview.get("sessions")) {
            if (session.get("leases").asInt() > 0 || session.get("raw").asLong() > 0) leased.putIfAbsent(session.get("session_id").asText(), now);
        }
    }

    /** The smallest part that one of these sessions has of its fair share. */
    private static double share(JsonNode overview, List<Future<Recorder>> sessions) throws Exception {
        Map<String, Double> raw = new HashMap<>();
        for (JsonNode session : overview.get("sessions")) raw.put(session.get("session_id").asText(), session.get("raw").asDouble());
        List<Double> theirs = new ArrayList<>();
        for (Future<Recorder> session : sessions) theirs.add(raw.getOrDefault(session.get().session(), 0.0));
        double mean = theirs.stream().mapToDouble(nonces -> nonces).average().orElseThrow();
        return theirs.stream().mapToDouble(nonces -> nonces).min().orElseThrow() / mean;
    }

    /** In milliseconds. */
    private static long quantile(List<Long> nanos, double share) {
        List<Long> sorted = nanos.stream().sorted().toList();
        return sorted.get((int) Math.ceil(sorted.size() * share) - 1) / 1_000_000;
    }
}
