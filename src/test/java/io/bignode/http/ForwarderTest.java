package io.bignode.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import io.bignode.fixtures.Waiting;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server that passes requests on to another one, seen from its clients' sockets. */
@Timeout(60)
class ForwarderTest {
    private static final long MAX_BODY = 100;
    private static final Duration STALLED = Duration.ofSeconds(2);
    private static final String TOKEN = "token-of-the-only-tenant";

    private com.sun.net.httpserver.HttpServer other;
    private HttpServer server;
    private volatile URI target;
    private volatile Duration patience = Duration.ofSeconds(30);
    private final AtomicReference<ForwardException> failed = new AtomicReference<>();
    private final AtomicInteger running = new AtomicInteger();
    private final CountDownLatch end = new CountDownLatch(1);

    @BeforeEach
    void start() throws IOException {
        other = com.sun.net.httpserver.HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
        other.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        other.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            answer(exchange, exchange.getRequestURI().toString());
        });
        other.createContext("/waits", this::waits);
        other.createContext("/drips", this::drips);
        other.start();
        server = HttpServer.listen(new HttpRules("127.0.0.1", 0, 64, STALLED, Duration.ofSeconds(5), Duration.ofSeconds(1), 0, Optional.empty()));
        server.serve(new Passing());
        target("/there");
    }

    @AfterEach
    void end() {
        end.countDown();
        server.close();
        other.stop(0);
    }

    private void target(String path) {
        target = URI.create("http://127.0.0.1:" + other.getAddress().getPort() + path);
    }

    private static void answer(HttpExchange exchange, String text) throws IOException {
        byte[] answer = text.getBytes(StandardCharsets.US_ASCII);
        exchange.sendResponseHeaders(200, answer.length);
        exchange.getResponseBody().write(answer);
        exchange.close();
    }

    private void waits(HttpExchange exchange) throws IOException {
        running.incrementAndGet();
        exchange.getRequestBody().readAllBytes();
        try (exchange) {
            end.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            running.decrementAndGet();
        }
    }

    /** Writes for as long as somebody reads. */
    private void drips(HttpExchange exchange) throws IOException {
        running.incrementAndGet();
        try (exchange) {
            exchange.sendResponseHeaders(200, 0);
            while (!end.await(20, TimeUnit.MILLISECONDS)) {
                exchange.getResponseBody().write("drop ".getBytes(StandardCharsets.US_ASCII));
                exchange.getResponseBody().flush();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            running.decrementAndGet();
        }
    }

    /** Passes everything on, and tells with status 502 where that failed. */
    private final class Passing implements Service {
        private final Routes routes = new Routes(List.of(
                new Route("GET", "/{all*}", Route.Credential.BEARER, MAX_BODY, this::pass),
                new Route("POST", "/{all*}", Route.Credential.BEARER, MAX_BODY, this::pass)));

        private void pass(Request request, Reply reply) throws ProblemException, IOException, InterruptedException {
            try {
                reply.forward(target, Optional.empty(), MAX_BODY, patience);
            } catch (ForwardException away) {
                failed.set(away);
                throw new ProblemException(Problem.badGateway(String.valueOf(away.getMessage())));
            }
        }

        @Override
        public Routes routes() {
            return routes;
        }

        @Override
        public Routes routesOfSecondPort() {
            return new Routes(List.of());
        }

        @Override
        public Tenants tenants() {
            return token -> token.equals(TOKEN) ? Optional.of(new Tenants.Tenant("tenant", 1, 1)) : Optional.empty();
        }

        @Override
        public Tenants operators() {
            return _ -> Optional.empty();
        }

        @Override
        public Metering metering() {
            return new NoMetering();
        }

        @Override
        public Optional<Problem> misdirected(String path, InetAddress from) {
            return Optional.empty();
        }

        @Override
        public void drain() {}
    }

    private Socket send(String request) throws IOException {
        Socket socket = new Socket("127.0.0.1", server.port());
        socket.setSoTimeout(30_000);
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static String head(String method, String more) {
        return method + " /here HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + TOKEN + "\r\n" + more + "\r\n";
    }

    /** What is answered until the connection ends. */
    private String answer(String request) throws IOException {
        try (Socket socket = send(request)) {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    private static String closing(String method, String more) {
        return head(method, "Connection: close\r\n" + more);
    }

    @Test
    void anAnswerIsPassedOnAndTheConnectionIsKept() throws Exception {
        assertThat(answer(head("GET", "") + closing("POST", "Content-Length: 2\r\n") + "{}")).containsSubsequence("HTTP/1.1 200", "/there", "HTTP/1.1 200", "/there")
                .contains("Cache-Control: no-store").doesNotContainIgnoringCase("\r\nserver:");
    }

    @Test
    void aServerThatIsNotThereWasNotReached() throws Exception {
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            target = URI.create("http://127.0.0.1:" + closed.getLocalPort() + "/");
        }
        assertThat(answer(closing("POST", "Content-Length: 2\r\n") + "{}")).startsWith("HTTP/1.1 502").contains("it cannot be reached");
        assertThat(failed.get().reached()).isFalse();
    }

    @Test
    void aServerThatTakesTooLongIsGivenUp() throws Exception {
        target("/waits");
        patience = Duration.ofSeconds(1);
        assertThat(answer(closing("GET", ""))).startsWith("HTTP/1.1 502").contains("did not answer within");
        assertThat(failed.get().reached()).isTrue();
    }

    @Test
    void aClientThatHangsUpBeforeItIsAnsweredEndsItsCall() throws Exception {
        target("/waits");
        try (Socket socket = send(head("GET", ""))) {
            Waiting.until("the call is there", () -> running.get() == 1 && socket.isConnected());
        }
        Waiting.until("its connection is free", () -> server.openConnections() == 0);
    }

    @Test
    void aClientThatHangsUpInTheMiddleEndsItsCall() throws Exception {
        target("/drips");
        try (Socket socket = send(head("GET", ""))) {
            assertThat(socket.getInputStream().read()).isPositive();
        }
        Waiting.until("nobody is written to any more", () -> running.get() == 0);
    }

    @Test
    void aBodyThatIsTooLargeIsRefusedHoweverItComes() throws Exception {
        assertThat(answer(closing("POST", "Content-Length: 101\r\n") + "a".repeat(101))).startsWith("HTTP/1.1 413");
        assertThat(answer(closing("POST", "Transfer-Encoding: chunked\r\n") + "64\r\n" + "a".repeat(100) + "\r\n0\r\n\r\n")).startsWith("HTTP/1.1 200");
        assertThat(answer(closing("POST", "Transfer-Encoding: chunked\r\n") + "65\r\n" + "a".repeat(101) + "\r\n0\r\n\r\n")).startsWith("HTTP/1.1 413");
    }

    @Test
    void aBodyThatDoesNotComeIsNotWaitedForForEver() throws Exception {
        assertThat(answer(head("POST", "Content-Length: 50\r\n") + "a")).startsWith("HTTP/1.1 408");
        assertThat(answer(head("POST", "Transfer-Encoding: chunked\r\n") + "x\r\n")).startsWith("HTTP/1.1 400");
    }

    @Test
    void aClientThatTakesNothingIsCut() throws Exception {
        byte[] much = new byte[1 << 16];
        other.createContext("/much", exchange -> {
            running.incrementAndGet();
            try (exchange) {
                exchange.sendResponseHeaders(200, 0);
                while (end.getCount() > 0) exchange.getResponseBody().write(much);
            } finally {
                running.decrementAndGet();
            }
        });
        target("/much");
        try (Socket socket = new Socket()) {
            socket.setReceiveBufferSize(4096);
            socket.connect(new InetSocketAddress("127.0.0.1", server.port()));
            socket.getOutputStream().write(head("GET", "").getBytes(StandardCharsets.US_ASCII));
            Waiting.until("the call is there", () -> running.get() == 1);
            Waiting.until("the client is cut", () -> running.get() == 0);
            InputStream in = socket.getInputStream();
            assertThat(in.read()).isPositive();
        }
    }

    @Test
    void anAnswerThatIsCutIsNoWholeAnswer() throws Exception {
        try (ServerSocket half = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            target = URI.create("http://127.0.0.1:" + half.getLocalPort() + "/");
            Thread.ofVirtual().start(() -> {
                try (Socket socket = half.accept()) {
                    socket.getInputStream().read();
                    socket.getOutputStream().write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n".getBytes(StandardCharsets.US_ASCII));
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            String answer = answer(head("GET", ""));
            assertThat(answer).startsWith("HTTP/1.1 200").contains("hello").doesNotContain("0\r\n\r\n");
        }
    }

    @Test
    void manyCallsAreAnsweredAtATime() throws Exception {
        target("/waits");
        ConcurrentHashMap<Integer, Socket> sockets = new ConcurrentHashMap<>();
        for (int call = 0; call < 60; call++) sockets.put(call, send(head("GET", "")));
        Waiting.until("all are there", () -> running.get() == 60);
        for (Socket socket : sockets.values()) socket.close();
    }

    @Test
    void aServerThatStopsEndsItsCalls() throws Exception {
        target("/waits");
        try (Socket socket = send(head("GET", ""))) {
            Waiting.until("the call is there", () -> running.get() == 1);
            long begun = System.nanoTime();
            server.close();
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(10));
            assertThat(socket.getInputStream().readAllBytes()).isNotNull();
        }
    }
}
