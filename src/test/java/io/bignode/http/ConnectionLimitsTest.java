package io.bignode.http;

import static io.bignode.http.TestNode.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Silent strangers, dripping clients and small nodes share one server. */
@Timeout(120)
class ConnectionLimitsTest {
    private static final String LIVE = "GET /health/live HTTP/1.1\r\nHost: n\r\n\r\n";
    private static final String LIST = "GET /api/v1/delegation/sessions HTTP/1.1\r\nHost: n\r\nAuthorization: Bearer " + TOKEN + "\r\n\r\n";

    private final List<Socket> sockets = new ArrayList<>();

    @AfterEach
    void hangUp() throws IOException {
        for (Socket socket : sockets) socket.close();
    }

    private static TestNode node(int maxConnections, Duration stalled) {
        return new TestNode(
                rules -> new HttpRules("127.0.0.1", 0, maxConnections, stalled, Duration.ofSeconds(5), Duration.ofSeconds(1), 0, Optional.empty()),
                TestNode::tenant);
    }

    /** A connection from one of this machine's own addresses. */
    private Socket connect(TestNode node, String from) throws IOException {
        Socket socket = new Socket();
        socket.bind(new InetSocketAddress(InetAddress.getByName(from), 0));
        socket.connect(new InetSocketAddress("127.0.0.1", node.server.port()));
        socket.setSoTimeout(30_000);
        sockets.add(socket);
        return socket;
    }

    private static int ask(Socket socket, String request) throws IOException {
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return RawExchange.read(socket.getInputStream()).status();
    }

    /** Whether the server ends a connection; waits for it. */
    private static boolean ended(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (IOException e) {
            return true; // reset
        }
    }

    @Test
    void aThousandSilentStrangersKeepNobodyOutWhereverTheyComeFrom() throws Exception {
        try (TestNode node = node(64, Duration.ofSeconds(75))) {
            Socket owner = connect(node, "127.0.0.1");
            assertThat(ask(owner, LIST)).isEqualTo(200);
            Socket first = connect(node, "127.0.0.1");
            for (int i = 0; i < 1000; i++) connect(node, i % 2 == 0 ? "127.0.0.1" : "127.0.1." + (1 + i % 200));

            assertThat(ask(connect(node, "127.0.0.1"), LIVE)).isEqualTo(200);
            assertThat(ask(connect(node, "127.0.0.1"), LIST)).isEqualTo(200);
            assertThat(ask(owner, LIST)).as("whoever showed a token keeps its connection").isEqualTo(200);
            assertThat(ended(first)).as("the one that was silent for longest made room").isTrue();
            assertThat(node.server.openConnections()).isLessThanOrEqualTo(ConnectionLimits.MAX_STRANGERS + 2);
        }
    }

    @Test
    void strangersOfManyAddressesHaveABudgetTogether() throws Exception {
        try (TestNode node = node(64, Duration.ofSeconds(75))) {
            Socket first = connect(node, "127.0.2.1");
            for (int i = 0; i < ConnectionLimits.MAX_STRANGERS; i++) connect(node, "127.0.3." + (1 + i % 250));

            assertThat(ended(first)).isTrue();
        }
    }

    @Test
    void strangersWhoSendHalfABodyKeepNobodyOutWhereverTheyComeFrom() throws Exception {
        String half = "POST /api/v1/delegation/start HTTP/1.1\r\nHost: n\r\nContent-Length: 500\r\n\r\n{";
        String whole = LIST.replace("Authorization: Bearer " + TOKEN + "\r\n", "").replace("/sessions", "/batches/none?auth_token=" + TOKEN);
        try (TestNode node = node(64, Duration.ofSeconds(75))) {
            for (int i = 0; i < 1200; i++) {
                connect(node, i % 2 == 0 ? "127.0.0.1" : "127.0.4." + (1 + i % 200)).getOutputStream().write(half.getBytes(StandardCharsets.US_ASCII));
                if (i % 10 == 0) assertThat(ask(connect(node, "127.0.0.1"), whole)).as("after %d others", i).isEqualTo(404);
            }
        }
    }

    @Test
    void aTenantsNextConnectionTakesThePlaceOfItsOwnIdleOne() throws Exception {
        try (TestNode node = node(3, Duration.ofSeconds(75))) {
            List<Socket> own = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                own.add(connect(node, "127.0.0.1"));
                assertThat(ask(own.get(i), LIST)).isEqualTo(200);
            }
            Socket other = connect(node, "127.0.0.1");
            assertThat(ask(other, LIST.replace(TOKEN, TestNode.OTHER_TOKEN))).isEqualTo(200);

            assertThat(ask(connect(node, "127.0.0.1"), LIST)).isEqualTo(200);
            assertThat(ended(own.get(0))).isTrue();
            assertThat(ask(own.get(1), LIST)).isEqualTo(200);
            assertThat(ask(other, LIST.replace(TOKEN, TestNode.OTHER_TOKEN))).isEqualTo(200);
        }
    }

    @Test
    void aTenantWhoseConnectionsAreAllBeingServedIsToldSo() throws Exception {
        try (TestNode node = node(2, Duration.ofSeconds(75))) {
            String session = node.start(TestNode.startBody()).id();
            node.client.close(); // its connection counts as well
            String stream = LIST.replace("/sessions", "/batch/" + session).replace("Host: n", "Host: n\r\nAccept: text/event-stream");
            for (int i = 0; i < 2; i++) assertThat(ask(connect(node, "127.0.0.1"), stream)).isEqualTo(200);

            Socket next = connect(node, "127.0.0.1");
            next.getOutputStream().write(LIST.getBytes(StandardCharsets.US_ASCII));
            RawExchange answer = RawExchange.read(next.getInputStream());

            assertThat(answer.status()).isEqualTo(429);
            assertThat(answer.head()).contains("Retry-After: 1", "Connection: close");
        }
    }

    @Test
    void whoeverDripsAHeadIsSentAwayAsSoonAsWhoeverIsSilent() throws Exception {
        try (TestNode node = node(64, Duration.ofMillis(600))) {
            Socket socket = connect(node, "127.0.0.1");
            socket.setSoTimeout(20);
            boolean ended = false;
            for (int i = 0; i < 1000 && !ended; i++) {
                try {
                    socket.getOutputStream().write(LIVE.charAt(0));
                    ended = socket.getInputStream().read() < 0;
                } catch (SocketTimeoutException e) {
                    // still there: the next byte
                } catch (IOException e) {
                    ended = true;
                }
            }
            assertThat(ended).isTrue();
        }
    }

    @Test
    void aTokenInAnotherCaseIsWrongEvenWhereTheRightOneWasSeenBefore() throws Exception {
        try (TestNode node = node(64, Duration.ofSeconds(75))) {
            Socket socket = connect(node, "127.0.0.1");
            String shouted = LIST.replace(TOKEN, TOKEN.toUpperCase(Locale.ROOT));
            assertThat(ask(socket, LIST)).isEqualTo(200);
            assertThat(ask(socket, shouted)).isEqualTo(401);
            assertThat(ask(socket, LIST)).isEqualTo(200);
        }
    }
}
