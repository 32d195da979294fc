package io.bignode.http;

import static io.bignode.http.TestNode.API;
import static io.bignode.http.TestNode.TOKEN;
import static io.bignode.http.TestNode.json;
import static io.bignode.http.TestNode.startBody;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.api.delegation.StartLog;
import io.bignode.fixtures.CapturedLog;
import io.bignode.fixtures.Waiting;
import io.bignode.session.Session;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Thousands of requests that are wrong in every way one could think of, and in ways nobody did. To replay a failure, give its seed as the
 * system property {@code bignode.fuzz.seed}.
 */
@Timeout(120)
class HttpFuzzTest {
    /** Values of every type, and of sizes from nothing to absurd. */
    private static final List<String> ODD_VALUES = List.of(
            "null",
            "true",
            "[]",
            "{}",
            "\"\"",
            "\"1\"",
            "0",
            "-0",
            "-1",
            "1.5",
            "1e3",
            "1e400",
            "-1e400",
            "1e-400",
            "NaN",
            "Infinity",
            "0x10",
            "01",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775809",
            "1" + "0".repeat(300),
            "1" + "0".repeat(3000),
            "\"\\u0000\"",
            "\"\\ud800\"",
            "\"\u00e9\u4e2d\ud83d\ude00\"",
            "\"" + "x".repeat(2000) + "\"",
            "[" + "0,".repeat(999) + "0]",
            "[".repeat(200) + "]".repeat(200),
            "{\"dim\":2147483647,\"n_layers\":2147483647}",
            "{\"dim\":0}",
            "{\"dim\":131072,\"n_heads\":1,\"n_kv_heads\":1,\"n_layers\":4096,\"vocab_size\":16777216,\"multiple_of\":16777216}",
            "/* */",
            "'x'",
            "");

    private static final List<String> FIELDS = List.of(
            "node_id",
            "node_count",
            "block_hash",
            "block_height",
            "public_key",
            "batch_size",
            "r_target",
            "fraud_threshold",
            "params",
            "auth_token",
            "callback_url",
            "session_id",
            "odd");

    private static final List<String> METHODS =
            List.of("GET", "POST", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE", "CONNECT", "PATCH", "get", "BREW", "");

    private final long seed = Long.getLong("bignode.fuzz.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final Set<Integer> statuses = new TreeSet<>();
    private final CapturedLog log = new CapturedLog("", Level.INFO);
    private String lastId = "none";

    @AfterEach
    void stopListening() {
        log.close();
    }

    @Test
    void noRequestBreaksTheServer() throws IOException {
        send(1500);
    }

    @Test
    @Tag("full")
    void noneOfThousandsOfRequestsBreaksTheServer() throws IOException {
        send(4000);
    }

    private void send(int requests) throws IOException {
        try (TestNode node = new TestNode(4, Duration.ofSeconds(75))) {
            Session bystander = node.start(startBody().put("node_id", 1000));
            List<Long> computed = new ArrayList<>();
            for (int i = 0; i < requests; i++) {
                byte[] request = request();
                try {
                    exchange(node, request);
                } catch (IOException | AssertionError e) {
                    throw new AssertionError(
                            "seed " + seed + ", request " + i + ": " + new String(request, StandardCharsets.ISO_8859_1),
                            e);
                }
                if (i % 100 == 0) for (long nonce : node.compute(bystander, 3)) computed.add(nonce);
                if (i % 100 == 0) makeRoom(node, bystander);
            }
            // 0, a connection closed without an answer, depends on which side is faster.
            assertThat(statuses).as("seed %d", seed).contains(200, 400, 401, 404, 405, 413, 422, 429);
            assertThat(drain(node, bystander)).as("seed %d", seed).isEqualTo(computed);
            assertThat(log.records())
                    .filteredOn(line -> !line.getLoggerName().equals(StartLog.class.getName()))
                    .extracting(LogRecord::getMessage)
                    .as("seed %d: what a client gets wrong is no event of ours, but that an order was refused", seed)
                    .isEmpty();
            makeRoom(node, bystander);
            assertThat(node.sessions.runningCount()).isEqualTo(1);
            node.client.close();
            Waiting.until("no connection is left", () -> node.server.openConnections() == 0);
        }
    }

    private void exchange(TestNode node, byte[] request) throws IOException {
        try (Socket socket = node.connect()) {
            if (random.nextInt(20) == 0) {
                socket.setSoLinger(random.nextBoolean(), 0);
                socket.getOutputStream().write(request, 0, random.nextInt(request.length + 1));
                return; // vanishes
            }
            RawExchange answer = RawExchange.send(socket, request);
            statuses.add(answer.status());
            assertThat(answer.status()).isLessThan(500);
            assertThat(answer.head() + answer.body()).doesNotContain(TOKEN);
            if (answer.status() >= 400) assertThat(answer.head()).contains("application/problem+json");
            if (answer.body().contains("\"session_id\":\""))
                lastId = answer.body().replaceFirst("(?s).*\"session_id\":\"([^\"]*)\".*", "$1");
        }
    }

    /** Stops what the fuzz happened to start. */
    private static void makeRoom(TestNode node, Session bystander) {
        for (Session session : node.sessions.list("first"))
            if (session != bystander) node.sessions.stop("first", session.id());
    }

    private static List<Long> drain(TestNode node, Session session) {
        List<Long> nonces = new ArrayList<>();
        // The fuzz may have polled it by chance; a cursor brings everything again.
        json(node.get("/batch/" + session.id() + "?after=0", TOKEN))
                .get("batches")
                .get(0)
                .get("nonces")
                .forEach(nonce -> nonces.add(nonce.longValue()));
        return nonces;
    }

    private byte[] request() {
        byte[] request = switch (random.nextInt(10)) {
            case 0, 1, 2, 3 -> post("/start", oddBody());
            case 4 ->
                post(
                        "/stop",
                        "{\"session_id\":\"" + (random.nextBoolean() ? lastId : "nobody") + "\",\"auth_token\":\""
                                + TOKEN + "\"}");
            case 5 -> plain(pick(METHODS), oddPath());
            case 6 -> large();
            default ->
                plain(
                        random.nextInt(3) == 0 ? "DELETE" : "GET",
                        random.nextBoolean() ? API + "/session/" + lastId : oddPath());
        };
        return random.nextInt(3) == 0 ? mutated(request) : request;
    }

    private String oddBody() {
        ObjectNode sound = startBody().put("node_id", random.nextInt(50));
        if (random.nextBoolean()) sound.put("auth_token", random.nextInt(4) == 0 ? "wrong" : TOKEN);
        String body = sound.toString();
        for (int i = random.nextInt(3); i > 0; i--) {
            String extra = "\"" + pick(FIELDS) + "\":" + pick(ODD_VALUES);
            // A field given twice is refused, so mostly the sound one makes way.
            String field = extra.substring(0, extra.indexOf(':') + 1);
            body = random.nextInt(5) == 0
                    ? body
                    : body.replaceFirst(field.replace("\"", "\\\"") + "(\\{[^}]*}|\"[^\"]*\"|[^,}]*),?", "");
            body = body.replaceFirst("^\\{", java.util.regex.Matcher.quoteReplacement("{" + extra + ","));
        }
        return body;
    }

    private String oddPath() {
        String path =
                pick(List.of("/batch/", "/batches/", "/session/", "/sessions", "/status", "/start", "/stop", "/", ""))
                        + pick(List.of(lastId, "", "x", "..", "%2e%2e", "%00", "%", "a%zz"));
        String query = pick(List.of(
                "",
                "?",
                "?after=0",
                "?after=" + random.nextLong(),
                "?wait=0",
                "?wait=" + random.nextInt(-5, 1),
                "?wait=1e9",
                "?wait=%",
                "?auth_token=" + TOKEN,
                "?auth_token=wrong",
                "?&&==&after=1&after=2",
                "?after=" + "9".repeat(random.nextInt(40))));
        return (random.nextInt(10) == 0 ? "" : API) + path + query;
    }

    private byte[] post(String path, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        if (random.nextInt(4) == 0 && bytes.length > 0)
            bytes[random.nextInt(bytes.length)] = (byte) (0x80 + random.nextInt(0x80));
        boolean chunked = random.nextInt(5) == 0;
        String length = chunked ? "Transfer-Encoding: chunked" : "Content-Length: " + bytes.length;
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        request.writeBytes(("POST " + API + path + " HTTP/1.1\r\nHost: n\r\n" + authorization() + length + "\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1));
        if (chunked)
            request.writeBytes((Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        request.writeBytes(bytes);
        if (chunked) request.writeBytes("\r\n0\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
        return request.toByteArray();
    }

    private byte[] plain(String method, String path) {
        String odd = random.nextInt(4) == 0
                ? pick(List.of(
                        "Upgrade: h2c\r\n",
                        "Connection: close\r\n",
                        "Connection: Upgrade\r\n",
                        "Content-Length: 0\r\n",
                        "Expect: 100-continue\r\n",
                        "Transfer-Encoding: identity\r\n",
                        "Content-Encoding: gzip\r\n",
                        "Range: bytes=0-1\r\n",
                        "X-\u00ff: \u00ff\r\n",
                        "Authorization: Bearer x\r\n",
                        ": \r\n"))
                : "";
        return (method + " " + path + " HTTP/1.1\r\nHost: n\r\n" + authorization() + odd + "\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    private byte[] large() {
        if (random.nextInt(8) > 0) return plain("GET", "/" + "a".repeat(random.nextInt(6000)));
        int size = random.nextInt(100_000, 1_200_000);
        return post("/start", "{\"nonces\":[" + "1,".repeat(size / 2) + "1]" + (random.nextBoolean() ? "}" : ""));
    }

    private String authorization() {
        return switch (random.nextInt(6)) {
            case 0 -> "";
            case 1 ->
                "Authorization: Bearer " + pick(List.of("", " ", "x", TOKEN + "x", "\u00ff", "x".repeat(5000)))
                        + "\r\n";
            default -> "Authorization: Bearer " + TOKEN + "\r\n";
        };
    }

    /** Flips, drops, doubles and inserts bytes. */
    private byte[] mutated(byte[] request) {
        byte[] bytes = request;
        for (int i = 1 + random.nextInt(4); i > 0 && bytes.length > 2; i--) {
            int at = random.nextInt(bytes.length);
            int end = Math.min(bytes.length, at + 1 + random.nextInt(20));
            byte[] before = Arrays.copyOf(bytes, at);
            byte[] after = Arrays.copyOfRange(bytes, end, bytes.length);
            byte[] middle = Arrays.copyOfRange(bytes, at, end);
            switch (random.nextInt(4)) {
                case 0 -> middle[0] ^= (byte) (1 << random.nextInt(8));
                case 1 -> middle = new byte[0];
                case 2 ->
                    middle = (new String(middle, StandardCharsets.ISO_8859_1).repeat(2))
                            .getBytes(StandardCharsets.ISO_8859_1);
                default -> random.nextBytes(middle);
            }
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            all.writeBytes(before);
            all.writeBytes(middle);
            all.writeBytes(after);
            bytes = all.toByteArray();
        }
        return bytes;
    }

    private <T> T pick(List<T> values) {
        return values.get(random.nextInt(values.size()));
    }
}
