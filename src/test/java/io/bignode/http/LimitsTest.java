package io.bignode.http;

import static io.bignode.http.DocumentedDialectTest.assertProblem;
import static io.bignode.http.TestNode.API;
import static io.bignode.http.TestNode.TOKEN;
import static io.bignode.http.TestNode.json;
import static io.bignode.http.TestNode.startBody;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class LimitsTest {
    private static final int MIB = 1 << 20;
    private static TestNode node;

    @BeforeAll
    static void start() {
        node = new TestNode();
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    @Test
    void aBodyOfOneMebibyteIsTaken() {
        assertThat(node.post("/start", padded(MIB), TOKEN).statusCode()).isEqualTo(200);
        assertThat(chunked(padded(MIB), TOKEN).statusCode()).isEqualTo(200);
    }

    @Test
    void aLargerBodyIsRefusedWhicheverWayItComes() {
        assertProblem(node.post("/start", padded(MIB + 1), TOKEN), 413);
        assertProblem(chunked(padded(MIB + 1), TOKEN), 413);
        assertProblem(chunked(padded(3 * MIB), TOKEN), 413);
        assertThat(node.post("/stop", padded(MIB + 1), TOKEN).statusCode()).isEqualTo(413);
    }

    @Test
    void whoeverShowsItsTokenInTheBodyMayNotSendALargeOne() {
        String body = startBody().put("auth_token", TOKEN).toString();
        assertThat(node.post("/start", body + " ".repeat(32_767 - body.length()), "").statusCode()).isEqualTo(200);
        assertProblem(node.post("/start", body + " ".repeat(32_768 - body.length()), ""), 413);
    }

    @Test
    void aLengthBeyondAllBoundsIsRefusedBeforeTheBodyComes() throws IOException {
        for (String length : List.of("1048577", "9223372036854775807")) {
            RawExchange answer = raw("POST " + API + "/start HTTP/1.1\r\nHost: n\r\nAuthorization: Bearer " + TOKEN
                    + "\r\nContent-Length: " + length + "\r\n\r\n");
            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.head()).contains("application/problem+json");
        }
    }

    @Test
    void aSmallBodyIsTakenInChunks() {
        assertThat(chunked(startBody().toString(), TOKEN).statusCode()).isEqualTo(200);
        assertThat(chunked(startBody().put("auth_token", TOKEN).toString(), "").statusCode())
                .isEqualTo(200);
    }

    @Test
    void bytesThatAreNoUtf8AreRefusedWithTheirPosition() {
        byte[] body = startBody().put("block_hash", "xx").toString().getBytes(StandardCharsets.UTF_8);
        int at = new String(body, StandardCharsets.UTF_8).indexOf("xx");
        body[at] = (byte) 0xC3;
        HttpResponse<String> response = node.send(node.request("/start", TOKEN).POST(BodyPublishers.ofByteArray(body)));

        assertProblem(response, 422);
        assertThat(json(response).get("detail").textValue()).contains("not UTF-8 at byte " + at);
    }

    static List<String> oversized() {
        return List.of(
                "[".repeat(100_000),
                "{\"a\":".repeat(5_000),
                "{\"node_id\":" + "1".repeat(100_000) + "}",
                "{\"" + "n".repeat(100_000) + "\":1}",
                "{\"params\":[" + "1,".repeat(200_000) + "1]}",
                "{\"block_hash\":\"" + "x".repeat(500_000) + "\"}",
                "{\"r_target\":1e999999999,\"fraud_threshold\":-1e-999999999,\"node_id\":1e18}");
    }

    @ParameterizedTest
    @MethodSource("oversized")
    void jsonOutOfProportionIsRefused(String body) {
        assertProblem(node.post("/start", body, TOKEN), 422);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/9.9\r\nHost: n\r\n\r\n",
                "GET / FTP/1.1\r\nHost: n\r\n\r\n",
                "GET /a b HTTP/1.1\r\nHost: n\r\n\r\n",
                "GET /%zz HTTP/1.1\r\nHost: n\r\n\r\n",
                "GET /x?auth_token=%zz&secret-in-query HTTP/1.1\r\nHost: n:x\r\n\r\n",
                "GET /\u0000 HTTP/1.1\r\nHost: n\r\n\r\n",
                "GET / HTTP/1.1\r\nHost n\r\n\r\n",
                "GET / HTTP/1.1\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: n\r\nHost: m\r\n\r\n",
                "POST /x HTTP/1.1\r\nHost: n\r\nContent-Length: -1\r\n\r\n",
                "POST /x HTTP/1.1\r\nHost: n\r\nContent-Length: abc\r\n\r\n",
                "POST /x HTTP/1.1\r\nHost: n\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST /x HTTP/1.1\r\nHost: n\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                "\r\n\r\n",
                "secret-in-line"
            })
    void whatIsNoRequestIsAnsweredAsAProblemThatRepeatsNothing(String request) throws IOException {
        RawExchange answer = raw(request);

        if (answer.status() != 0) {
            assertThat(answer.status()).as(answer.toString()).isBetween(400, 499);
            assertThat(answer.head()).contains("application/problem+json");
            assertThat(answer.body()).contains("\"status\":" + answer.status()).doesNotContain("secret", "zz");
        } else {
            assertThat(answer.head()).isEmpty();
        }
    }

    @Test
    void aRequestLineOrHeadersTooLongAreRefused() throws IOException {
        assertThat(raw("GET /" + "a".repeat(10_000) + " HTTP/1.1\r\nHost: n\r\n\r\n")
                        .status())
                .isEqualTo(414);
        assertThat(raw("GET / HTTP/1.1\r\nHost: n\r\nX: " + "a".repeat(40_000) + "\r\n\r\n")
                        .status())
                .isEqualTo(431);
        StringBuilder many = new StringBuilder();
        for (int i = 0; i < 10_000; i++) many.append("X").append(i).append(": y\r\n");
        assertThat(raw("GET / HTTP/1.1\r\nHost: n\r\n" + many + "\r\n").status())
                .isEqualTo(431);
    }

    @Test
    void aChunkSizeWithoutEndIsCutOff() throws IOException {
        try (Socket socket = node.connect()) {
            socket.getOutputStream()
                    .write(("POST " + API + "/start HTTP/1.1\r\nHost: n\r\nTransfer-Encoding: chunked\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            byte[] zeros = new byte[1 << 16];
            Arrays.fill(zeros, (byte) '0');
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 1024; i++) socket.getOutputStream().write(zeros);
                    })
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void aConnectionOutlivesRefusedRequests() throws IOException {
        try (Socket socket = node.connect()) {
            List<Integer> statuses = new ArrayList<>();
            for (String token : List.of("wrong", TOKEN, "wrong", TOKEN)) {
                String body = "{\"node_id\":";
                String request = "POST " + API + "/start HTTP/1.1\r\nHost: n\r\nAuthorization: Bearer " + token
                        + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
                socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                statuses.add(RawExchange.read(socket.getInputStream()).status());
            }
            assertThat(statuses).containsExactly(401, 422, 401, 422);
        }
    }

    @Test
    void aClientThatAsksBeforeSendingItsBodyIsToldToGoOn() throws IOException {
        try (Socket socket = node.connect()) {
            byte[] body = startBody().toString().getBytes(StandardCharsets.UTF_8);
            String head = "POST " + API + "/start HTTP/1.1\r\nHost: n\r\nAuthorization: Bearer " + TOKEN
                    + "\r\nExpect: 100-continue\r\nContent-Length: " + body.length + "\r\n\r\n";
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            assertThat(RawExchange.read(socket.getInputStream()).status()).isEqualTo(100);
            socket.getOutputStream().write(body);
            assertThat(RawExchange.read(socket.getInputStream()).status()).isEqualTo(200);
        }
    }

    private static String padded(int bytes) {
        String body = startBody().toString();
        return body + " ".repeat(bytes - body.length());
    }

    private static HttpResponse<String> chunked(String body, String token) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        return node.send(node.request("/start", token)
                .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes))));
    }

    private static RawExchange raw(String request) throws IOException {
        try (Socket socket = node.connect()) {
            return RawExchange.send(socket, request.getBytes(StandardCharsets.ISO_8859_1));
        }
    }
}
