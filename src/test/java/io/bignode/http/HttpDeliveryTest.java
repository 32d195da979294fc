package io.bignode.http;

import static io.bignode.http.TestNode.API;
import static io.bignode.http.TestNode.TOKEN;
import static io.bignode.http.TestNode.json;
import static io.bignode.http.TestNode.startBody;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.session.Session;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients do to their connections, and what must not be lost by it. */
@Timeout(60)
class HttpDeliveryTest {
    /** More than the buffers of both ends of a local connection hold. */
    private static final int MANY = 500_000;

    private final TestNode node = new TestNode(4, Duration.ofSeconds(2));

    @AfterEach
    void stop() {
        node.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "?after=0"})
    void aClientThatVanishesInTheMiddleOfAnAnswerLosesNothing(String query) throws Exception {
        Session session = node.start(startBody());
        List<Long> computed = boxed(node.compute(session, MANY));
        try (Socket socket = node.connect()) {
            socket.setSoLinger(true, 0); // close with a reset, as a killed host's peer sees it
            ask(socket, session, query);
            assertThat(socket.getInputStream().readNBytes(1000)).hasSize(1000);
        }

        assertThat(nonces(node.get("/batch/" + session.id() + query, TOKEN))).isEqualTo(computed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "?after=0"})
    void aClientThatDoesNotReadIsLetGoAndLosesNothing(String query) throws Exception {
        Session session = node.start(startBody());
        List<Long> computed = boxed(node.compute(session, MANY));
        try (Socket stalled = node.connectNarrow()) {
            ask(stalled, session, query);
            assertThat(stalled.getInputStream().readNBytes(100)).hasSize(100);
            List<Long> got = new ArrayList<>();
            while (got.isEmpty()) got.addAll(nonces(node.get("/batch/" + session.id() + query, TOKEN)));
            assertThat(got).isEqualTo(computed);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "GET /hea",
                "POST /api/v1/delegation/start HTTP/1.1\r\nHost: n\r\nContent-Length: 99\r\n\r\n{"
            })
    void aClientThatDoesNotFinishItsRequestIsLetGo(String half) throws Exception {
        try (Socket socket = node.connect()) {
            socket.getOutputStream().write(half.getBytes(StandardCharsets.US_ASCII));
            // One whose head was read is told why.
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            if (half.endsWith("{")) assertThat(answer).startsWith("HTTP/1.1 408 ").contains("Connection: close");
            else assertThat(answer).isEmpty();
        }
    }

    @Test
    void whatIsFoundAfterAClientHungUpIsNotHandedOutToIt() throws Exception {
        Session session = node.start(startBody());
        long begun;
        try (Socket socket = node.connect()) {
            ask(socket, session, "?wait=20", "");
            begun = System.nanoTime();
        }
        // A client that is answered within 200 ms may have ended its own side alone, and is answered.
        while (System.nanoTime() - begun < Duration.ofSeconds(1).toNanos()) Thread.onSpinWait();
        long[] nonces = node.compute(session, 3);

        JsonNode answer = json(node.get("/batch/" + session.id() + "?wait=10", TOKEN));
        assertThat(answer.get("batches").get(0).get("nonces")).extracting(JsonNode::asLong).containsExactly(nonces[0], nonces[1], nonces[2]);
    }

    @Test
    void aSlowReaderGetsItsWholeAnswer() throws Exception {
        Session session = node.start(startBody());
        long[] computed = node.compute(session, 20_000);
        try (Socket socket = node.connectNarrow()) {
            ask(socket, session, "", "Connection: close\r\n");
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            byte[] sip = new byte[777];
            for (int read = 0; read >= 0; read = socket.getInputStream().read(sip)) answer.write(sip, 0, read);
            JsonNode document = TestNode.JSON.readTree(
                    answer.toString(StandardCharsets.US_ASCII).split("\r\n\r\n", 2)[1]);
            assertThat(document.get("batches").get(0).get("nonces")).hasSize(computed.length);
        }
    }

    @Test
    void aLongPollIsAnsweredAsSoonAsSomethingIsFound() throws Exception {
        Session session = node.start(startBody());
        CompletableFuture<HttpResponse<String>> poll = pollAsync(session, "?wait=20");
        long[] computed = node.compute(session, 2);

        assertThat(nonces(poll.get(5, TimeUnit.SECONDS))).isEqualTo(boxed(computed));
    }

    @Test
    void aLongPollEndsEmptyWhenItsTimeIsOver() {
        Session session = node.start(startBody());
        JsonNode answer = json(node.get("/batch/" + session.id() + "?wait=0.05", TOKEN));

        assertThat(answer.get("batches")).isEmpty();
        assertThat(answer.get("session_active").booleanValue()).isTrue();
    }

    @Test
    void aLongPollIsAnsweredWhenItsSessionStops() throws Exception {
        Session session = node.start(startBody());
        CompletableFuture<HttpResponse<String>> poll = pollAsync(session, "?wait=20");
        node.delete("/session/" + session.id(), TOKEN);

        assertThat(json(poll.get(5, TimeUnit.SECONDS)).get("session_active").booleanValue())
                .isFalse();
    }

    @Test
    void concurrentPollsWithoutCursorShareOutEveryNonceOnce() throws Exception {
        Session session = node.start(startBody());
        List<Long> computed = new ArrayList<>();
        List<Long> polled = Collections.synchronizedList(new ArrayList<>());
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                all.add(clients.submit(() -> {
                    boolean active = true;
                    while (active) {
                        HttpResponse<String> response = node.get("/batch/" + session.id() + "?wait=1", TOKEN);
                        polled.addAll(nonces(response));
                        active = json(response).get("session_active").booleanValue();
                    }
                }));
            }
            for (int i = 0; i < 200; i++) computed.addAll(boxed(node.compute(session, 1 + i % 7)));
            node.delete("/session/" + session.id(), TOKEN);
            for (Future<?> client : all) client.get(20, TimeUnit.SECONDS);
        }
        assertThat(polled).containsExactlyInAnyOrderElementsOf(computed);
    }

    @Test
    void stoppingTheServerTakesNoLongerThanItsGraceWhateverItsClientsDo() throws Exception {
        Session session = node.start(startBody());
        node.compute(session, MANY);
        try (Socket silent = node.connect();
                Socket half = node.connect();
                Socket stalled = node.connectNarrow()) {
            half.getOutputStream()
                    .write("POST /api/v1/delegation/start HTTP/1.1\r\nContent-Le".getBytes(StandardCharsets.US_ASCII));
            ask(stalled, session, "");
            assertThat(stalled.getInputStream().readNBytes(100)).hasSize(100);
            assertThat(silent.isConnected()).isTrue();
            long before = System.nanoTime();
            node.server.close();
            assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(7));
        }
    }

    private CompletableFuture<HttpResponse<String>> pollAsync(Session session, String query) {
        return node.client.sendAsync(
                node.request("/batch/" + session.id() + query, TOKEN).build(), BodyHandlers.ofString());
    }

    private static void ask(Socket socket, Session session, String query) throws IOException {
        ask(socket, session, query, "");
    }

    private static void ask(Socket socket, Session session, String query, String header) throws IOException {
        String request = "GET " + API + "/batch/" + session.id() + query
                + " HTTP/1.1\r\nHost: node\r\nAuthorization: Bearer " + TOKEN + "\r\n" + header + "\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    }

    private static List<Long> nonces(HttpResponse<String> response) {
        List<Long> nonces = new ArrayList<>();
        json(response)
                .get("batches")
                .forEach(batch -> batch.get("nonces").forEach(nonce -> nonces.add(nonce.longValue())));
        return nonces;
    }

    private static List<Long> boxed(long[] values) {
        return LongStream.of(values).boxed().toList();
    }
}
