package io.bignode.cli.operate;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.bignode.cli.BigNodeCommand;
import io.bignode.fixtures.Certificates;
import io.bignode.http.HttpRules;
import io.bignode.node.ExitCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The mistakes of operators: what is typed or set wrongly, what is said of it, and the exit code. One plain line names the cause and the fix; nobody is shown
 * a stack trace or sixty lines of help. The launcher's own are in {@code LauncherTest}.
 */
@Timeout(120)
class OperatorMistakesTest {
    private static final String TOKEN = "the-token-of-this-test-alone";

    @TempDir
    private static Path folder;

    private static io.bignode.http.HttpServer plain;
    private static io.bignode.http.HttpServer secure;
    private static HttpServer scripted;
    private static ServerSocket taken;
    private static int closed;

    /**
     * A mistake.
     *
     * @param name     what is wrong
     * @param settings the environment besides what every command gets
     * @param line     the command line; {@code {plain}} and the like stand for addresses
     * @param exit     the exit code
     * @param said     words that the one line must hold
     */
    private record Mistake(String name, Map<String, String> settings, List<String> line, int exit, List<String> said) {
        Mistake with(String setting, String value) {
            Map<String, String> more = new LinkedHashMap<>(settings);
            more.put(setting, value);
            return new Mistake(name, more, line, exit, said);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static Mistake mistake(String name, String line, int exit, String... said) {
        return new Mistake(name, Map.of(), Arrays.asList(line.split(" ")), exit, List.of(said));
    }

    @BeforeAll
    static void open() throws Exception {
        plain = io.bignode.http.HttpServer.listen(HttpRules.of("127.0.0.1", 0, 4));
        secure = io.bignode.http.HttpServer.listen(HttpRules.of("127.0.0.1", 0, 4).tls(Certificates.forLoopback().server()));
        scripted = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        answer("/unknown-token", 401, "{\"detail\":\"a valid token is required: Authorization: Bearer <token>\"}");
        answer("/api/v1/admin/workers/nosuch/drain", 404, "{\"detail\":\"there is no such worker connected; GET /api/v1/admin/workers lists them\"}");
        answer("/api/v1/overview", 401, "{\"detail\":\"a valid token is required: Authorization: Bearer <token>\"}");
        answer("/api/v1/admin/workers", 401, "{\"detail\":\"a valid token is required: Authorization: Bearer <token>\"}");
        scripted.start();
        taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            closed = free.getLocalPort();
        }
        Files.writeString(folder.resolve("order.json"), "{\"node_id\":0}");
    }

    private static void answer(String path, int status, String body) {
        scripted.createContext(path, exchange -> {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
    }

    @AfterAll
    static void close() throws IOException {
        plain.close();
        secure.close();
        scripted.stop(0);
        taken.close();
    }

    static Stream<Mistake> mistakes() {
        List<Mistake> all = new ArrayList<>(List.of(
                mistake("a setting mistyped", "doctor", 0, "warn", "DELEGATION_AUTH_TOKN is no setting", "did you mean DELEGATION_AUTH_TOKEN?")
                        .with("DELEGATION_AUTH_TOKN", TOKEN),
                mistake("a setting that there is not", "doctor", 0, "warn", "DELEGATION_COFFEE_MACHINE is no setting", "bignode help serve")
                        .with("DELEGATION_COFFEE_MACHINE", "on"),
                mistake("the port is in use", "serve", 3, "bignode: cannot listen on 127.0.0.1:{taken}: the port is in use", "DELEGATION_PORT")
                        .with("DELEGATION_PORT", "{taken}"),
                mistake("an address of another host", "serve", 3, "192.0.2.7", "no address of this host", "Set DELEGATION_HOST to one")
                        .with("DELEGATION_HOST", "192.0.2.7"),
                mistake("one port for both", "serve", 2, "DELEGATION_WORKER_PORT is 28080, on which small nodes are served already", "choose another")
                        .with("DELEGATION_PORT", "28080").with("DELEGATION_WORKER_PORT", "28080"),
                mistake("the same, at the doctor's", "doctor", 1, "FAIL", "DELEGATION_WORKER_PORT is 28080, on which small nodes are served already")
                        .with("DELEGATION_PORT", "28080").with("DELEGATION_WORKER_PORT", "28080"),
                mistake("nothing listens there", "sessions --url http://127.0.0.1:{closed}", 3, "the connection is refused", "--url"),
                mistake("a host that there is not", "sessions --url http://no-such-host.invalid:9090", 3, "there is no host no-such-host.invalid", "--url"),
                mistake("a peer that is no URL", "doctor --peer nosuch", 2, "--peer is 'nosuch'; it must be a URL such as https://"),
                mistake("a URL with the API's path", "client {order} --url http://127.0.0.1:{closed}/api/v1", 2, "--url must end where /api/v1 begins"),
                mistake("the same, an operator's", "sessions --url http://127.0.0.1:{closed}/api/v1", 2, "--url must end where /api/v1 begins"),
                mistake("a URL of another kind", "sessions --url ftp://127.0.0.1", 2, "--url is 'ftp://127.0.0.1'; it must look like http://HOST:9090"),
                mistake("a URL without its scheme", "sessions --url 127.0.0.1:9090", 2, "it must look like http://HOST:9090"),
                mistake("a wrong join token", "sessions --url http://127.0.0.1:{scripted}", 3, "does not know this join token", "set DELEGATION_JOIN_TOKEN"),
                mistake("the same for workers", "workers --url http://127.0.0.1:{scripted}", 3, "does not know this join token", "set DELEGATION_JOIN_TOKEN"),
                mistake("a setting typed as an option", "serve --port 8080", 2, "environment variables, not options: DELEGATION_PORT=8080 bignode serve"),
                mistake("the same with =", "serve --max-sessions=4", 2, "environment variables, not options: DELEGATION_MAX_SESSIONS=4 bignode serve"),
                mistake("a secret typed as an option", "serve --auth-token " + TOKEN, 2,
                        "environment variables, not options: DELEGATION_AUTH_TOKEN=… bignode serve"),
                mistake("a port that there is not", "sessions --url http://127.0.0.1:99999", 2, "--url has port 99999; ports end at 65535"),
                mistake("a setting mistyped for a worker", "doctor --join 127.0.0.1:{closed}", 1, "warn", "DELEGATION_JOIN_TOKN is no setting")
                        .with("DELEGATION_JOIN_TOKN", TOKEN),
                mistake("a margin that drops most", "doctor", 0, "warn", "DELEGATION_MARGIN is 0.005", "leaves out 77 % of the found nonces")
                        .with("DELEGATION_MARGIN", "5e-3"),
                mistake("nothing to compute with", "doctor", 0, "warn", "NOTHING WILL EVER COMPUTE", "Set DELEGATION_WORKER_PORT")
                        .with("DELEGATION_DEVICES", "none"),
                mistake("sessions shorter than a stage", "doctor", 0, "warn", "DELEGATION_SESSION_SECONDS is 30, shorter than the network's stage of 300 s")
                        .with("DELEGATION_SESSION_SECONDS", "30"),
                // Root is refused by the file system, anybody else by the folder's permissions.
                mistake("a cache folder that cannot be made", "doctor", 1, "FAIL", "/proc/cache/bignode/pools cannot be ",
                                "root".equals(System.getProperty("user.name")) ? "created in /proc" : "because this user may not write to /proc", "HF_HOME")
                        .with("HF_HOME", "/proc/cache").with("DELEGATION_CACHE_GIB", "1"),
                mistake("a file that cannot be written", "client {order} --out /proc/x/y --url http://127.0.0.1:{closed}", 3,
                        "/proc/x/y cannot be written: there is no such file or folder"),
                mistake("a folder in a file's place", "client {order} --out {folder} --url http://127.0.0.1:{closed}", 3, "cannot be written: is a directory"),
                mistake("a worker that there is not", "drain nosuch --url http://127.0.0.1:{scripted}", 3,
                        "there is no connected worker nosuch: bignode workers lists them"),
                mistake("an option that there is not", "sessions --frobnicate", 2, "Unknown option: '--frobnicate'"),
                mistake("a command that there is not", "sesions", 2, "Did you mean: bignode sessions")));
        for (String command : List.of("status", "sessions", "devices", "workers", "drain farm-1", "admit farm-1", "client {order}")) {
            String name = command.split(" ")[0];
            all.add(mistake("https to an http node, " + name, command + " --url https://127.0.0.1:{plain}", 3,
                    "it does not speak https: use --url http://127.0.0.1:{plain}"));
            all.add(mistake("http to an https node, " + name, command + " --url http://127.0.0.1:{secure}", 3, "--url https://127.0.0.1:{secure}"));
            all.add(mistake("an authority of its own, " + name, command + " --url https://127.0.0.1:{secure}", 3,
                    "its certificate is not trusted: give its authority's with --ca FILE"));
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void isToldInAPlainLine(Mistake mistake) {
        Map<String, String> environment = new LinkedHashMap<>(Map.of(
                "DELEGATION_AUTH_TOKEN", TOKEN, "DELEGATION_JOIN_TOKEN", "the-join-token-of-this-test", "DELEGATION_DATA_DIR",
                        folder.resolve("data").toString(),
                "DELEGATION_HOST", "127.0.0.1", "DELEGATION_PORT", "0", "DELEGATION_DEVICES", "cpu", "DELEGATION_CACHE_GIB", "0"));
        mistake.settings().forEach((name, value) -> environment.put(name, filled(value)));
        String[] line = mistake.line().stream().map(OperatorMistakesTest::filled).toArray(String[]::new);

        StringWriter written = new StringWriter();
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream before = System.out;
        int exit;
        try {
            System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
            PrintWriter writer = new PrintWriter(written, true);
            exit = BigNodeCommand.commandLine(environment).setOut(writer).setErr(writer).execute(line);
        } finally {
            System.setOut(before);
        }
        String said = written + printed.toString(StandardCharsets.UTF_8);

        assertThat(exit).as(said).isEqualTo(mistake.exit());
        List<String> words = mistake.said().stream().map(OperatorMistakesTest::filled).toList();
        assertThat(said.lines().filter(one -> words.stream().allMatch(one::contains))).as(said).hasSize(1);
        assertThat(said).doesNotContain("\tat ", "internal error", ": null", "Exception", TOKEN).matches("(?s)[\\p{Print}\\n\\r…–√‘’]*");
        if (mistake.exit() >= ExitCode.USAGE) assertThat(said.lines().count()).as(said).isLessThanOrEqualTo(5);
    }

    private static String filled(String text) {
        return text.replace("{plain}", Integer.toString(plain.port()))
                .replace("{secure}", Integer.toString(secure.port()))
                .replace("{scripted}", Integer.toString(scripted.getAddress().getPort()))
                .replace("{taken}", Integer.toString(taken.getLocalPort()))
                .replace("{closed}", Integer.toString(closed))
                .replace("{order}", folder.resolve("order.json").toString())
                .replace("{folder}", folder.toString());
    }
}
