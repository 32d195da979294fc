package io.bignode.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.api.Api;
import io.bignode.fixtures.Waiting;
import io.bignode.session.Session;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server that listens while its head is not ready. */
@Timeout(60)
class StartingServerTest {
    private static final String POLL = "GET /api/v1/delegation/sessions HTTP/1.1\r\nHost: n\r\nAuthorization: Bearer " + TestNode.TOKEN + "\r\n\r\n";

    private static HttpServer listen(Duration hold) {
        return HttpServer.listen(new HttpRules("127.0.0.1", 0, 16, Duration.ofSeconds(30), hold, Duration.ofSeconds(1), 0, Optional.empty()));
    }

    private static RawExchange ask(HttpServer server, String request) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return RawExchange.read(socket.getInputStream());
        }
    }

    private static CompletableFuture<RawExchange> asking(HttpServer server, String request) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return ask(server, request);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static String get(String path) {
        return "GET " + path + " HTTP/1.1\r\nHost: n\r\n\r\n";
    }

    @Test
    void aRequestWaitsUntilTheHeadIsReadyAndIsThenServed() throws Exception {
        try (HttpServer server = listen(Duration.ofSeconds(25));
                TestNode ready = new TestNode()) {
            CompletableFuture<RawExchange> early = asking(server, POLL);

            assertThat(ask(server, get("/health/live")).body()).as("whoever asks how it is need not wait").contains("starting");
            assertThat(ask(server, get("/health")).status()).isEqualTo(503);
            assertThat(ask(server, get("/health/ready")).status()).isEqualTo(503);
            assertThat(early).isNotDone();
            server.serve(ready.api());

            assertThat(early.get(20, TimeUnit.SECONDS).status()).isEqualTo(200);
            assertThat(ask(server, get("/health")).status()).isEqualTo(200);
        }
    }

    @Test
    void aRequestThatWaitsTooLongIsToldWhenToAskAgain() throws Exception {
        try (HttpServer server = listen(Duration.ofMillis(50))) {
            RawExchange answer = ask(server, POLL);

            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.head()).contains("Retry-After: ", "Connection: close", "application/problem+json");
        }
    }

    @Test
    void whileAnotherHeadServesAnOrderWaitsForThisOneAndPollsAreRefused() throws Exception {
        try (HttpServer server = listen(Duration.ofSeconds(25));
                TestNode ready = new TestNode()) {
            server.standBy(Api.START);
            String body = TestNode.startBody().put("auth_token", TestNode.TOKEN).toString();
            CompletableFuture<RawExchange> order = asking(
                    server, "POST /api/v1/delegation/start HTTP/1.1\r\nHost: n\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);

            assertThat(ask(server, POLL).status()).isEqualTo(503);
            assertThat(ask(server, get("/health/live")).body()).contains("standby");
            assertThat(order).isNotDone();
            server.serve(ready.api());

            assertThat(order.get(20, TimeUnit.SECONDS).status()).isEqualTo(200);
        }
    }

    @Test
    void whatWasFoundIsNotHandedOutToAPollWhoseClientHungUpWhileTheHeadStarted() throws Exception {
        try (HttpServer server = listen(Duration.ofSeconds(25));
                TestNode ready = new TestNode()) {
            Session session = ready.start(TestNode.startBody());
            long[] found = ready.compute(session, 3);
            String poll = "GET " + TestNode.API + "/batch/" + session.id() + " HTTP/1.1\r\nHost: n\r\nAuthorization: Bearer " + TestNode.TOKEN + "\r\n\r\n";
            long begun;
            try (Socket socket = new Socket("127.0.0.1", server.port())) {
                socket.getOutputStream().write(poll.getBytes(StandardCharsets.US_ASCII));
                Waiting.until("the poll's connection is taken", () -> server.openConnections() > 0);
                begun = System.nanoTime();
            }
            // A client that is answered within 200 ms may have ended its own side alone, and is answered.
            while (System.nanoTime() - begun < Duration.ofSeconds(1).toNanos()) Thread.onSpinWait();
            server.serve(ready.api());

            assertThat(ask(server, poll.replace(session.id(), session.id() + "?wait=10")).body())
                    .contains("[" + found[0] + "," + found[1] + "," + found[2] + "]");
        }
    }
}
