package io.bignode.cli.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.bignode.cli.BigNodeCommand;
import io.bignode.fixtures.Certificates;
import io.bignode.node.ExitCode;
import io.bignode.poc.ProofOrder;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The small node against a big node that answers what the test wrote down, one answer a request. */
@Timeout(60)
class ClientCommandTest {
    private static final String STARTED =
            "{\"session_id\":\"s1\",\"status\":\"initializing\",\"message\":\"\",\"gpu_count\":1}";
    private static final String STOPPED =
            "{\"session_id\":\"s1\",\"status\":\"stopped\",\"message\":\"\",\"total_batches_generated\":1}";
    private static final String TOKEN = "the-token-of-this-test";

    @TempDir
    Path folder;

    private final Deque<String> answers = new ArrayDeque<>();
    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
    private final List<Long> requestNanos = Collections.synchronizedList(new ArrayList<>());
    private String retryAfter = "";
    private HttpServer bigNode;

    private record Outcome(int exitCode, String out, String err) {}

    @BeforeEach
    void open() throws IOException {
        bigNode = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        bigNode.createContext("/", this::answer);
        bigNode.start();
    }

    @AfterEach
    void close() {
        bigNode.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        assertThat(exchange.getRequestHeaders().get("Authorization")).containsExactly("Bearer " + TOKEN);
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        String query = exchange.getRequestURI().getRawQuery();
        requests.add(exchange.getRequestMethod() + " "
                + exchange.getRequestURI().getPath().replace("/api/v1/delegation/", "")
                + (query == null ? "" : "?" + query.replaceFirst("&.*", ""))
                + (body.contains(TOKEN) ? " with the token in the body" : ""));
        String answer = answers.isEmpty() ? "500 {}" : answers.poll();
        requestNanos.add(System.nanoTime());
        if (!retryAfter.isEmpty()) exchange.getResponseHeaders().set("Retry-After", retryAfter);
        int status = answer.matches("(?s)\\d{3} .*") ? Integer.parseInt(answer.substring(0, 3)) : 200;
        byte[] bytes = answer.replaceFirst("^\\d{3} ", "").getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private Outcome run(String... more) throws IOException {
        List<String> args = new ArrayList<>(List.of(
                "client",
                Files.writeString(folder.resolve("request.json"), "{\"node_id\":0,\"auth_token\":\"" + TOKEN + "\"}")
                        .toString(),
                "--token-file",
                Files.writeString(folder.resolve("token.txt"), TOKEN + "\n").toString()));
        args.addAll(List.of(more));
        if (!args.contains("--url"))
            args.addAll(
                    List.of("--url", "http://127.0.0.1:" + bigNode.getAddress().getPort() + "/"));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = BigNodeCommand.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(args.toArray(String[]::new));
        assertThat(out + err.toString()).doesNotContain(TOKEN);
        return new Outcome(code, out.toString(), err.toString());
    }

    private static String batches(String nonces, int cursor, String status, boolean active) {
        String batch = nonces.isEmpty()
                ? ""
                : "{\"public_key\":\"k\",\"nonces\":[" + nonces
                        + "],\"dist\":[1.39807710],\"node_id\":9223372036854775807}";
        return "{\"session_id\":\"s1\",\"batches\":[" + batch + "],\"session_active\":" + active + ",\"status\":\""
                + status + "\",\"total_batches_generated\":" + cursor + ",\"cursor\":" + cursor + "}";
    }

    @Test
    void aSessionIsPolledByItsCursorUntilItEnds() throws Exception {
        answers.addAll(List.of(
                STARTED,
                batches("1", 1, "generating", true),
                batches("2,3", 4, "expired", true),
                batches("", 4, "expired", false)));
        Outcome outcome = run();

        assertThat(outcome.exitCode()).isZero();
        assertThat(requests)
                .containsExactly("POST start", "GET batch/s1?after=0", "GET batch/s1?after=1", "GET batch/s1?after=4");
        assertThat(outcome.out().lines())
                .containsExactly(
                        "{\"public_key\":\"k\",\"nonces\":[1],\"dist\":[1.39807710],\"node_id\":9223372036854775807}",
                        "{\"public_key\":\"k\",\"nonces\":[2,3],\"dist\":[1.39807710],\"node_id\":9223372036854775807}");
        assertThat(outcome.err()).contains("session s1", "3 nonces", "session is expired");
    }

    @Test
    void whenItsTimeIsOverTheSessionIsStoppedAndItsLastBatchTaken() throws Exception {
        answers.addAll(List.of(STARTED));
        for (int i = 0; i < 3; i++) answers.add(batches("", 0, "generating", true));
        bigNode.removeContext("/");
        bigNode.createContext("/", exchange -> {
            boolean stop = exchange.getRequestMethod().equals("DELETE");
            if (stop) {
                answers.clear();
                answers.addAll(List.of(STOPPED, batches("5", 1, "stopped", true), batches("", 1, "stopped", false)));
            } else if (answers.isEmpty()) {
                answers.add(batches("", 0, "generating", true));
            }
            answer(exchange);
        });
        Outcome outcome = run("--for", "1s");

        assertThat(outcome.exitCode()).isZero();
        assertThat(requests).endsWith("DELETE session/s1", "GET batch/s1?after=0", "GET batch/s1?after=1");
        assertThat(outcome.out()).contains("\"nonces\":[5]");
    }

    @Test
    void refusedPollsAreTriedAgain() throws Exception {
        answers.addAll(List.of(
                "429 {\"detail\":\"full\"}",
                STARTED,
                "503 {\"detail\":\"busy\"}",
                "502 <html>",
                batches("1", 1, "error", true),
                batches("", 1, "error", false)));
        Outcome outcome = run();

        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.err())
                .contains(
                        "the session has not started yet: full",
                        "the poll failed (1 of 10): busy",
                        "the poll failed (2 of 10): HTTP status 502");
        assertThat(outcome.out()).contains("\"nonces\":[1]");
    }

    @Test
    void aNodeThatSaysWhenToComeBackIsAskedNoEarlier() throws Exception {
        retryAfter = "1";
        answers.addAll(List.of("429 {\"detail\":\"full\"}", STARTED, batches("", 0, "expired", false)));
        assertThat(run().exitCode()).isZero();
        assertThat(requestNanos.get(1) - requestNanos.get(0)).isBetween(1_000_000_000L, 10_000_000_000L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Wed, 21 Oct 2026 07:28:00 GMT", "-5", "99999999999999999999", "soon"})
    void aRetryAfterThatIsNoNumberOfSecondsIsAsNone(String header) throws Exception {
        retryAfter = header;
        answers.addAll(List.of("503 {\"detail\":\"busy\"}", STARTED, batches("", 0, "expired", false)));
        assertThat(run().exitCode()).isZero();
    }

    @Test
    void whoeverNeverHadASessionIsToldSoByTheExitCode() throws Exception {
        for (int i = 0; i < 50; i++) answers.add("502 <html>hi</html>");
        Outcome outcome = run("--for", "1s");

        assertThat(outcome.exitCode()).isEqualTo(ExitCode.ENVIRONMENT);
        assertThat(outcome.err()).contains("no session was started", "HTTP status 502");
        assertThat(requests).hasSizeBetween(2, 4); // 0, 0.25 and 0.75 s after the start, and a little later each
    }

    @ParameterizedTest
    @ValueSource(strings = {"200 ", "200 {}", "200 []", "200 \"ok\"", "200 <html>"})
    void whatAnswers200ToAnythingIsNoBigNode(String answer) throws Exception {
        answers.add(answer);
        Outcome outcome = run();

        assertThat(outcome.exitCode()).isEqualTo(ExitCode.ENVIRONMENT);
        assertThat(outcome.err()).contains("not a big node", "--url");
        assertThat(requests).hasSize(1);
    }

    @Test
    void aPathThatIsNoBigNodesIsToldWithTheFix() throws Exception {
        answers.add("404 {\"detail\":\"there is no such path\"}");
        Outcome outcome = run();
        assertThat(outcome.exitCode()).isEqualTo(ExitCode.ENVIRONMENT);
        assertThat(outcome.err()).contains("there is no delegation API", "--url must end where /api/v1 begins");
    }

    @Test
    void batchesAreAppendedToAFileBeforeTheyAreAcknowledged() throws Exception {
        Path out = Files.writeString(folder.resolve("batches.ndjson"), "old\n");
        List<Long> linesAtPoll = new ArrayList<>();
        bigNode.removeContext("/");
        bigNode.createContext("/", exchange -> {
            try (var lines = Files.lines(out)) {
                linesAtPoll.add(lines.count());
            }
            answer(exchange);
        });
        answers.addAll(List.of(
                STARTED,
                batches("1", 1, "generating", true),
                batches("2", 2, "stopped", true),
                batches("", 2, "stopped", false)));
        Outcome outcome = run("--out", out.toString());

        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.out()).isEmpty();
        assertThat(linesAtPoll).containsExactly(1L, 1L, 2L, 3L);
        assertThat(Files.readAllLines(out)).hasSize(3).first().isEqualTo("old");
    }

    @Test
    void aFileThatCannotBeWrittenEndsItBeforeASessionStarts() throws Exception {
        assertThat(run("--out", folder.toString()).exitCode()).isEqualTo(ExitCode.ENVIRONMENT);
        assertThat(requests).isEmpty();
    }

    @Test
    void aWrongTokenEndsItWithTheFix() throws Exception {
        answers.add("401 {\"detail\":\"no\"}");
        Outcome outcome = run();

        assertThat(outcome.exitCode()).isEqualTo(ExitCode.ENVIRONMENT);
        assertThat(outcome.err()).contains("DELEGATION_AUTH_TOKEN");
    }

    @Test
    void aRefusedRequestEndsItWithItsFaults() throws Exception {
        answers.add("422 {\"detail\":\"node_count is required\"}");
        Outcome outcome = run();

        assertThat(outcome.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(outcome.err()).contains("node_count is required");
    }

    @Test
    void aNodeThatIsNotThereEndsItWithTheFix() throws Exception {
        int closed;
        try (ServerSocket socket = new ServerSocket(0)) {
            closed = socket.getLocalPort();
        }
        Outcome outcome = run("--url", "http://127.0.0.1:" + closed);

        assertThat(outcome.exitCode()).isEqualTo(ExitCode.ENVIRONMENT);
        assertThat(outcome.err()).contains("the connection is refused", "./bignode serve", "--url");
    }

    @Test
    void aNodeWithoutTlsIsNotReachedByHttpsAndTheFixIsTold() throws Exception {
        try (ServerSocket plain = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> {
                answerOnce(plain, "400 Bad Request");
                answerOnce(plain, "200 OK");
            });
            Outcome outcome = run("--url", "https://127.0.0.1:" + plain.getLocalPort());

            assertThat(outcome.exitCode()).isEqualTo(ExitCode.ENVIRONMENT);
            assertThat(outcome.err()).contains("it does not speak https: use --url http://127.0.0.1:");
        }
    }

    /** A server without TLS may close a handshake's connection before its own answer to it is read. */
    @Test
    void aNodeWithoutTlsIsToldEvenWhenItHangsUpOnTheHandshake() throws Exception {
        try (ServerSocket plain = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> {
                hangUpOnOneRequest(plain);
                answerOnce(plain, "200 OK");
            });
            Outcome outcome = run("--url", "https://127.0.0.1:" + plain.getLocalPort());

            assertThat(outcome.exitCode()).isEqualTo(ExitCode.ENVIRONMENT);
            assertThat(outcome.err()).contains("it does not speak https: use --url http://127.0.0.1:");
        }
    }

    private static void hangUpOnOneRequest(ServerSocket server) {
        try (Socket connection = server.accept()) {
            connection.getInputStream().read();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void answerOnce(ServerSocket server, String status) {
        try (Socket connection = server.accept()) {
            connection.getInputStream().read();
            connection.getOutputStream().write(("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            connection.shutdownOutput();
            connection.getInputStream().readAllBytes();
        } catch (SocketException _) {
            // The test is over, and nobody asked a second time.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aHostThatIsNoneIsNamed() throws Exception {
        Outcome outcome = run("--url", "http://no-such-host.invalid:9090");

        assertThat(outcome.exitCode()).isEqualTo(ExitCode.ENVIRONMENT);
        assertThat(outcome.err()).contains("there is no host no-such-host.invalid");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost:9090",
                "ftp://x",
                "http://user:secret-in-url@x",
                "http://x?auth_token=secret-in-url",
                "http://x:9090/api/v1",
                "http:///"
            })
    void aUrlOfAnotherKindIsAMistakeOnTheCommandLine(String url) throws Exception {
        Outcome outcome = run("--url", url);
        assertThat(outcome.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(outcome.err()).doesNotContain("secret-in-url");
    }

    @ParameterizedTest
    @ValueSource(strings = {"soon", "-1s", "1d", "1.5s"})
    void aTimeOfAnotherKindIsAMistakeOnTheCommandLine(String time) throws Exception {
        assertThat(run("--for", time).exitCode()).isEqualTo(ExitCode.USAGE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"main-net", "test-net", "dev-net"})
    void theExamplesAreSoundRequests(String name) throws Exception {
        var document =
                new ObjectMapper().readTree(Path.of("examples", name + ".json").toFile());
        ProofOrder order = ProofOrder.parse(document);

        assertThat(order.rTarget()).isEqualTo(1.4013564660458173);
        assertThat(order.params().dim())
                .isEqualTo(name.equals("main-net") ? 1792 : name.equals("test-net") ? 1024 : 512);
        assertThat(order.params().useScaledRope()).as("the network's reference cannot load a model with scaled RoPE").isFalse();
        assertThat(document.fieldNames())
                .toIterable()
                .contains("node_id", "node_count", "batch_size", "fraud_threshold")
                .doesNotContain("auth_token");
    }

    @Test
    void aNodeWithAnAuthorityOfItsOwnIsReachedWithItsCertificate() throws Exception {
        Certificates.Pair pair = Certificates.forLoopback();
        HttpsServer secure = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        secure.setHttpsConfigurator(new HttpsConfigurator(pair.server()));
        secure.createContext("/", this::answer);
        secure.start();
        try {
            String url = "https://127.0.0.1:" + secure.getAddress().getPort();
            Path authority = Files.writeString(folder.resolve("ca.pem"), pair.certificatePem());
            answers.addAll(List.of(STARTED, batches("7", 1, "expired", true), batches("", 1, "expired", false)));
            Outcome outcome = run("--url", url, "--ca", authority.toString());
            assertThat(outcome.exitCode()).isZero();
            assertThat(outcome.out()).contains("\"nonces\":[7]");

            Outcome untrusted = run("--url", url);
            assertThat(untrusted.exitCode()).isEqualTo(ExitCode.ENVIRONMENT);
            assertThat(untrusted.err()).contains("its certificate is not trusted", "--ca FILE");

            Outcome plain = run("--url", url.replace("https:", "http:"));
            assertThat(plain.exitCode()).isEqualTo(ExitCode.ENVIRONMENT);
            assertThat(plain.err()).contains("does not speak http", "use --url https://127.0.0.1:").matches("(?s)[\\x20-\\x7e\\n]*");

            Outcome noFile = run("--url", url, "--ca", folder.resolve("nowhere.pem").toString());
            assertThat(noFile.exitCode()).isEqualTo(ExitCode.USAGE);
            assertThat(noFile.err()).contains("nowhere.pem does not exist");
        } finally {
            secure.stop(0);
        }
    }
}
