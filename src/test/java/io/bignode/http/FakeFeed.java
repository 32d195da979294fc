package io.bignode.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.bignode.http.FakeOverviews.Scene;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * The dashboard's files, served by the node's own class, and live data of a node that is not there. As a program it serves until it is ended, for
 * somebody who works on the page: {@code FakeFeed [port] [scene]}.
 */
public final class FakeFeed implements AutoCloseable {
    /** The operator's token here. */
    static final String TOKEN = "a-token-of-the-dashboards-tests";

    /** A tenant's token: it may look, not drain. */
    static final String LOOKING = "a-token-that-may-look-only";

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Instant started = Instant.now();

    /** Every request's line, as it came. */
    final ConcurrentLinkedQueue<String> requests = new ConcurrentLinkedQueue<>();

    /** What the node is like; may change while it is looked at. */
    volatile Scene scene;

    /** While set, streams end and are refused with this status. */
    volatile int refuse;

    FakeFeed(int port, Scene scene) throws IOException {
        this.scene = scene;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 50);
        server.setExecutor(threads);
        server.createContext("/", this::serve);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getRawPath();
            requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
            if (path.startsWith("/api/")) {
                answer(exchange, path);
            } else {
                page(exchange, path);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ProblemException e) {
            throw new IOException(e);
        }
    }

    private static void page(HttpExchange exchange, String path) throws IOException, InterruptedException, ProblemException {
        List<Route> found = WebPages.routes().stream().filter(route -> route.template().equals(path)).toList();
        if (found.isEmpty()) {
            send(exchange, Problem.notFound("there is no such path").answer());
        } else {
            Request call = new Request("127.0.0.1", "", "", false, new Query(""), name -> Objects.toString(exchange.getRequestHeaders().getFirst(name), ""),
                    InputStream::nullInputStream);
            found.getFirst().resource().serve(call, new WholeReply(exchange));
        }
    }

    private record WholeReply(HttpExchange exchange) implements Reply {
        @Override
        public void send(Answer answer) throws IOException {
            FakeFeed.send(exchange, answer);
        }

        @Override
        public EventStream events() {
            throw new UnsupportedOperationException("files are no streams");
        }

        @Override
        public void forward(URI to, Optional<String> bearer, long maxBody, Duration patience) {
            throw new UnsupportedOperationException("files are here");
        }
    }

    private void answer(HttpExchange exchange, String path) throws IOException, InterruptedException {
        String shown = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
        boolean operator = shown.equals("Bearer " + TOKEN);
        FakeOverviews overviews = new FakeOverviews(scene, started);
        if (refuse != 0) {
            String detail = "too many wrong tokens came from your address";
            send(exchange, new Problem(refuse, "Refused", detail, List.of(), Map.of("Retry-After", "1")).answer());
        } else if (!operator && !shown.equals("Bearer " + LOOKING)) {
            send(exchange, Problem.unauthorized().answer());
        } else if (path.equals("/api/v1/overview")) {
            stream(exchange);
        } else if (path.equals("/api/v1/history")) {
            boolean csv = "format=csv".equals(exchange.getRequestURI().getRawQuery());
            byte[] table = "block_height,block_hash,tenant,device_id,raw,valid,device_seconds\n".getBytes(StandardCharsets.UTF_8);
            send(exchange, csv ? new Answer(200, "text/csv", Map.of(), table) : json(overviews.history()));
        } else if (!operator) {
            send(exchange, Problem.unauthorized().answer());
        } else {
            send(exchange, json("{\"workers\":[]}".getBytes(StandardCharsets.UTF_8)));
        }
    }

    private void stream(HttpExchange exchange) throws IOException, InterruptedException {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        OutputStream out = exchange.getResponseBody();
        Scene shown = null;
        do {
            if (refuse != 0) return;
            FakeOverviews overviews = new FakeOverviews(scene, started);
            if (shown != scene) event(out, "series", overviews.series(Instant.now()));
            shown = scene;
            event(out, "overview", overviews.overview(Instant.now()));
        } while (!closed.await(1, TimeUnit.SECONDS));
    }

    private static void event(OutputStream out, String name, byte[] data) throws IOException {
        out.write((": a comment\nevent: " + name + "\ndata: ").getBytes(StandardCharsets.UTF_8));
        out.write(data);
        out.write("\n\n".getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    private static Answer json(byte[] body) {
        return new Answer(200, "application/json", Map.of(), body);
    }

    private static void send(HttpExchange exchange, Answer answer) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", answer.contentType());
        answer.headers().forEach(exchange.getResponseHeaders()::set);
        exchange.sendResponseHeaders(answer.status(), answer.body().length == 0 ? -1 : answer.body().length);
        if (answer.body().length > 0) exchange.getResponseBody().write(answer.body());
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
        threads.shutdownNow();
    }

    /** Serves until the process is ended. */
    public static void main(String[] arguments) throws Exception {
        Scene scene = arguments.length > 1 ? Scene.valueOf(arguments[1].toUpperCase(Locale.ROOT)) : Scene.BUSY;
        try (FakeFeed feed = new FakeFeed(arguments.length > 0 ? Integer.parseInt(arguments[0]) : 0, scene)) {
            System.out.println(feed.url() + " with token " + TOKEN);
            feed.closed.await();
        }
    }
}
