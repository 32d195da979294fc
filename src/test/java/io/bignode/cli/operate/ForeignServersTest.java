package io.bignode.cli.operate;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.cli.BigNodeCommand;
import io.bignode.node.ExitCode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The commands that speak to a node meet something else at its address: they say so, and no empty list and no success is shown. */
@Timeout(60)
class ForeignServersTest {
    private static final String EMPTY = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    private static final String PAGE = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n<html>hi</html>";
    private static final String OTHER_JSON = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    private static final String BAD_GATEWAY = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 15\r\n\r\n<html>hi</html>";
    private static final String NOT_FOUND = "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot found";
    private static final String BANNER = "SSH-2.0-OpenSSH_9.2\r\n";
    private static final List<String> OPERATORS = List.of("status", "sessions", "devices", "workers", "drain farm-1", "admit farm-1");

    @TempDir
    Path folder;

    static Stream<Arguments> operators() {
        return OPERATORS.stream().flatMap(command -> Stream.of(
                Arguments.of(command, EMPTY, "is not a big node"),
                Arguments.of(command, PAGE, "is not a big node, because its answer is not JSON"),
                Arguments.of(command, OTHER_JSON, "is not a big node, because its answer has no "),
                Arguments.of(command, BAD_GATEWAY, "answers with HTTP status 502"),
                Arguments.of(command, NOT_FOUND, "answers with HTTP status 404"),
                Arguments.of(command, BANNER, "the server there does not speak http"),
                Arguments.of(command, "", "the connection ended without an answer")));
    }

    @ParameterizedTest
    @MethodSource("operators")
    void anOperatorIsTold(String command, String answer, String said) throws Exception {
        try (Foreign foreign = new Foreign(answer)) {
            assertTold(run(command + " --url " + foreign.url()), ExitCode.ENVIRONMENT, said);
        }
    }

    static Stream<Arguments> clients() {
        return Stream.of(
                Arguments.of(EMPTY, "not a big node"),
                Arguments.of(PAGE, "the answer is not JSON: the server there is not a big node"),
                Arguments.of(OTHER_JSON, "the answer has no session_id, status: the server there is not a big node"),
                Arguments.of(BAD_GATEWAY, "no session was started; the node's last answer: HTTP status 502"),
                Arguments.of(NOT_FOUND, "there is no delegation API"),
                Arguments.of(BANNER, "the server there does not speak http"),
                Arguments.of("", "the connection ended without an answer"));
    }

    @ParameterizedTest
    @MethodSource("clients")
    void aSmallNodeThatNeverGotASessionDoesNotEndWell(String answer, String said) throws Exception {
        Path order = Files.writeString(folder.resolve("order.json"), "{}");
        try (Foreign foreign = new Foreign(answer)) {
            assertTold(run("client " + order + " --for 2s --url " + foreign.url()), ExitCode.ENVIRONMENT, said);
        }
    }

    private record Outcome(int exit, String out, String err) {}

    private static Outcome run(String line) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exit = BigNodeCommand.commandLine(Map.of("DELEGATION_JOIN_TOKEN", "the-join-token-of-this-test", "DELEGATION_AUTH_TOKEN", "the-token-of-this-test"))
                .setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true)).execute(line.split(" "));
        return new Outcome(exit, out.toString(), err.toString());
    }

    private static void assertTold(Outcome outcome, int exit, String said) {
        assertThat(outcome.exit()).as(outcome.err()).isEqualTo(exit);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err()).contains(said).doesNotContain("internal error", "Exception", ": null", "\tat ");
    }

    /** Answers every connection with the same bytes once it heard something, and hangs up. */
    private static final class Foreign implements AutoCloseable {
        private final ServerSocket socket = new ServerSocket(0, 9, InetAddress.getByName("127.0.0.1"));
        private final byte[] answer;

        Foreign(String answer) throws IOException {
            this.answer = answer.getBytes(StandardCharsets.UTF_8);
            Thread.ofVirtual().start(this::serve);
        }

        String url() {
            return "http://127.0.0.1:" + socket.getLocalPort();
        }

        private void serve() {
            while (!socket.isClosed()) {
                try (Socket client = socket.accept(); InputStream in = client.getInputStream(); OutputStream out = client.getOutputStream()) {
                    if (in.read(new byte[9999]) < 0) continue;
                    out.write(answer);
                } catch (IOException hungUp) {
                    // the next one
                }
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
