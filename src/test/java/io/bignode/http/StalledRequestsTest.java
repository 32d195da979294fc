package io.bignode.http;

import static io.bignode.http.TestNode.API;
import static io.bignode.http.TestNode.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.CapturedLog;
import io.bignode.fixtures.Certificates;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Requests that stop half-way, and such as go on a byte at a time: the server ends them, over TCP and over TLS, starts nothing, and has nothing to tell the
 * log.
 */
@Timeout(120)
class StalledRequestsTest {
    private static final Duration STALLED = Duration.ofMillis(600);
    private static final String START = "POST " + API + "/start HTTP/1.1\r\nHost: n\r\nAuthorization: Bearer " + TOKEN + "\r\n";

    /** The first bytes of a client's hello, which has 512. */
    private static final String HELLO = "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc";

    private static TestNode plain;
    private static TestNode secured;
    private static LoopbackTls tls;
    private static CapturedLog log;

    @BeforeAll
    static void start() throws Exception {
        tls = new LoopbackTls(Certificates.forLoopback());
        plain = node(Optional.empty());
        secured = node(Optional.of(tls));
        log = new CapturedLog("io.bignode", Level.WARNING);
    }

    private static TestNode node(Optional<LoopbackTls> tls) {
        return new TestNode(
                rules -> new HttpRules(
                        "127.0.0.1", 0, 64, STALLED, Duration.ofSeconds(5), Duration.ofSeconds(1), 0, tls.map(LoopbackTls::server)),
                TestNode::tenant);
    }

    @AfterAll
    static void stop() {
        log.close();
        plain.close();
        secured.close();
    }

    /**
     * A request that is never whole.
     *
     * @param begins what is sent at once
     * @param drip   what follows a byte at a time, again and again
     */
    private record Endless(String name, String begins, char drip) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static List<Endless> endless() {
        return List.of(
                new Endless("nothing", "", '\n'),
                new Endless("a line", "GET /health", 'x'),
                new Endless("a header", "GET /health HTTP/1.1\r\nHost: n\r\nX: ", 'x'),
                new Endless("a body", START + "Content-Length: 90000\r\n\r\n{", ' '),
                new Endless("a body without a token", START.replaceFirst("Authorization.*\r\n", "") + "Content-Length: 30000\r\n\r\n{", ' '),
                new Endless("a chunk's size", START + "Transfer-Encoding: chunked\r\n\r\n", '0'),
                new Endless("a chunk", START + "Transfer-Encoding: chunked\r\n\r\nffff\r\n{", ' '),
                new Endless("a chunk's extension", START + "Transfer-Encoding: chunked\r\n\r\nffff;", 'x'),
                new Endless("a trailer", START + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX: ", 'x'),
                new Endless("a body that nobody reads", "POST /health HTTP/1.1\r\nHost: n\r\nContent-Length: 90000\r\n\r\n", 'x'));
    }

    /** All of them beside each other, each both ways: one connects while the others stall. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void requestsThatStopHalfWayOrDripAreEnded(boolean drip) throws Exception {
        List<Future<Void>> conversations = new ArrayList<>();
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Endless request : endless()) {
                Optional<Character> dripped = drip ? Optional.of(request.drip()) : Optional.empty();
                for (Socket socket : List.of(plain.connect(), tls.connect(secured.server.port()))) {
                    conversations.add(clients.submit(() -> held(request, socket, dripped)));
                }
            }
        }
        for (Future<Void> conversation : conversations) conversation.get();
        assertNothingCameOfIt();
    }

    @Test
    void whatIsNoWholeHandshakeIsEnded() throws Exception {
        List<Future<Void>> conversations = new ArrayList<>();
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (String begins : List.of("", HELLO, "GET /health HTTP/1.1\r\nHost: n\r\n\r\n")) {
                for (Optional<Character> drip : List.of(Optional.<Character>empty(), Optional.of('\u0000'))) {
                    conversations.add(clients.submit(() -> noHandshake(begins, drip)));
                }
            }
        }
        for (Future<Void> conversation : conversations) conversation.get();
    }

    private static Void noHandshake(String begins, Optional<Character> drip) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), secured.server.port())) {
            assertThat(conversation(socket, begins, drip)).as("%s, then %s", begins, drip).doesNotContain("HTTP/1.1 200");
        }
        return null;
    }

    private static Void held(Endless request, Socket socket, Optional<Character> drip) throws IOException {
        try (socket) {
            assertThat(conversation(socket, request.begins(), drip)).as("%s", request).doesNotContain("HTTP/1.1 200").doesNotContain("HTTP/1.1 5");
        }
        return null;
    }

    private static void assertNothingCameOfIt() {
        assertThat(plain.sessions.list("first")).isEmpty();
        assertThat(secured.sessions.list("first")).isEmpty();
        assertThat(log.lines()).isEmpty();
    }

    /** Sends a beginning and then, while the server does not end the connection, one byte every 20 ms; all that came back. */
    private static String conversation(Socket socket, String begins, Optional<Character> drip) throws IOException {
        socket.setSoTimeout(drip.isPresent() ? 20 : 20_000);
        ByteArrayOutputStream came = new ByteArrayOutputStream();
        try {
            socket.getOutputStream().write(begins.getBytes(StandardCharsets.ISO_8859_1));
            for (int i = 0; i < 1000; i++) {
                try {
                    int next = socket.getInputStream().read();
                    if (next < 0) return came.toString(StandardCharsets.ISO_8859_1);
                    came.write(next);
                } catch (SocketTimeoutException e) {
                    if (drip.isEmpty()) throw new AssertionError("the connection is still open; it answered " + came, e);
                    socket.getOutputStream().write(drip.get());
                }
            }
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (IOException e) {
            return came.toString(StandardCharsets.ISO_8859_1); // reset by the server
        }
        throw new AssertionError("the connection is still open after 1000 bytes; it answered " + came);
    }
}
