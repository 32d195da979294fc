package io.bignode.field;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class Http10ProxyTest {
    private final BlockingQueue<String> seen = new ArrayBlockingQueue<>(1);

    /** Reads one request to the end of its body and answers it with these bytes. */
    private void answerOnce(ServerSocket node, String answer) {
        try (Socket connection = node.accept()) {
            StringBuilder request = new StringBuilder();
            while (!request.toString().contains("\r\n\r\n") || (request.indexOf("POST") == 0 && !request.toString().endsWith("}"))) {
                request.append((char) connection.getInputStream().read());
            }
            seen.add(request.toString());
            connection.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static HttpResponse<String> send(Http10Proxy proxy, HttpRequest.Builder request) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(request.build(), BodyHandlers.ofString());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.0 200 OK\r\n\r\nbody", "HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nbody",
            "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody"})
    void requestsAndAnswersPassAsHttp10(String answer) throws Exception {
        try (ServerSocket node = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                Http10Proxy proxy = new Http10Proxy(node.getLocalPort())) {
            Thread.ofVirtual().start(() -> answerOnce(node, answer));
            HttpResponse<String> response = send(proxy, HttpRequest.newBuilder(proxy.uri().resolve("/a?b=c")).header("X-A", "1")
                    .POST(BodyPublishers.ofString("{}")));

            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.body()).isEqualTo("body");
            assertThat(proxy.passed()).isEqualTo(1);
            assertThat(seen.poll(10, TimeUnit.SECONDS).split("\r\n"))
                    .startsWith("POST /a?b=c HTTP/1.0", "Host: 127.0.0.1:" + node.getLocalPort(), "Connection: close")
                    .contains("X-A: 1", "Content-Length: 2")
                    .endsWith("", "{}")
                    .noneMatch(line -> line.toLowerCase(Locale.ROOT).startsWith("upgrade"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "HTTP/1.0 200 OK\r\n", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nbody",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"})
    void whatIsNoWholeHttp10AnswerIsABadGateway(String answer) throws Exception {
        try (ServerSocket node = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                Http10Proxy proxy = new Http10Proxy(node.getLocalPort())) {
            Thread.ofVirtual().start(() -> answerOnce(node, answer));
            assertThat(send(proxy, HttpRequest.newBuilder(proxy.uri())).statusCode()).isEqualTo(502);
            assertThat(proxy.passed()).isZero();
        }
    }

    @Test
    void aNodeThatDoesNotListenIsABadGateway() throws Exception {
        int closed;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = socket.getLocalPort();
        }
        try (Http10Proxy proxy = new Http10Proxy(closed)) {
            assertThat(send(proxy, HttpRequest.newBuilder(proxy.uri())).statusCode()).isEqualTo(502);
        }
    }
}
