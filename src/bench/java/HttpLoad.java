import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Many small nodes at once against a running node: each starts a session, polls it once a second and stops it. Prints how long starts and
 * polls took.
 *
 * <p>Usage: {@code java HttpLoad.java SESSIONS SECONDS}, with DELEGATION_PORT and DELEGATION_AUTH_TOKEN in the environment. The starts
 * come spread over {@value #START_MILLIS} ms, the polls of each at their own moment of the second; what is measured is the whole way of a
 * request, the client's side of it included.
 */
public final class HttpLoad {
    private static final String BASE =
            "http://127.0.0.1:" + System.getenv().getOrDefault("DELEGATION_PORT", "9090") + "/api/v1/delegation/";
    private static final String TOKEN = System.getenv("DELEGATION_AUTH_TOKEN");
    private static final Pattern ID = Pattern.compile("\"session_id\":\"([^\"]+)\"");
    private static final Pattern CURSOR = Pattern.compile("\"cursor\":(\\d+)");

    /** How long it takes all small nodes to come. */
    private static final long START_MILLIS = 5000;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ConcurrentLinkedQueue<Long> starts = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Long> polls = new ConcurrentLinkedQueue<>();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();

    public static void main(String[] args) throws Exception {
        int sessions = Integer.parseInt(args[0]);
        int seconds = Integer.parseInt(args[1]);
        HttpLoad load = new HttpLoad();
        String order = Files.readString(Path.of("examples/dev-net.json"));
        // Some sessions before warm the client and the node, and have the weights made that all sessions share.
        for (int i = 0; i < 20; i++) load.session(order.replace("02a1633cafcc", "warm" + i), 0, 1);
        load.starts.clear();
        load.polls.clear();
        load.bytes.set(0);
        try (ExecutorService nodes = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < sessions; i++) {
                String own = order.replace("02a1633cafcc", "%012x".formatted(i));
                nodes.submit(() -> load.session(own, ThreadLocalRandom.current().nextLong(START_MILLIS), seconds));
            }
        }
        report("start", load.starts);
        report("poll", load.polls);
        System.out.println("refused " + load.refused + ", answers to polls " + load.bytes.get() / 1024 + " KiB");
    }

    private Void session(String order, long phaseMillis, int seconds) throws Exception {
        Thread.sleep(phaseMillis);
        String started = timed(request("start").POST(BodyPublishers.ofString(order)), starts);
        Matcher id = ID.matcher(started);
        if (!id.find()) return null;
        String cursor = "0";
        long next = System.nanoTime() + 1_000_000_000L;
        for (int i = 0; i < seconds; i++) {
            long wait = next - System.nanoTime();
            if (wait > 0) Thread.sleep(Duration.ofNanos(wait));
            next += 1_000_000_000L;
            String answer =
                    timed(request("batch/" + id.group(1) + "?after=" + cursor).GET(), polls);
            bytes.addAndGet(answer.length());
            Matcher found = CURSOR.matcher(answer);
            if (found.find()) cursor = found.group(1);
        }
        http.send(request("session/" + id.group(1)).DELETE().build(), BodyHandlers.discarding());
        return null;
    }

    private String timed(HttpRequest.Builder request, ConcurrentLinkedQueue<Long> times) throws Exception {
        long before = System.nanoTime();
        HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
        times.add(System.nanoTime() - before);
        if (response.statusCode() != 200) refused.incrementAndGet();
        return response.body();
    }

    private static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(BASE + path))
                .header("Authorization", "Bearer " + TOKEN)
                .timeout(Duration.ofSeconds(30));
    }

    private static void report(String what, Iterable<Long> times) {
        List<Long> all = new java.util.ArrayList<>();
        times.forEach(all::add);
        long[] sorted = all.stream().mapToLong(Long::longValue).sorted().toArray();
        if (sorted.length == 0) return;
        System.out.printf(
                "%-5s  n %6d   p50 %7.2f ms   p90 %7.2f ms   p99 %7.2f ms   max %7.2f ms%n",
                what,
                sorted.length,
                at(sorted, 0.5),
                at(sorted, 0.9),
                at(sorted, 0.99),
                Arrays.stream(sorted).max().orElse(0) / 1e6);
    }

    private static double at(long[] sorted, double quantile) {
        return sorted[(int) Math.min(sorted.length - 1, Math.ceil(quantile * sorted.length) - 1)] / 1e6;
    }
}
