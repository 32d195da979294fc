package io.bignode.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.bignode.cli.terminal.Finding;
import io.bignode.config.DeviceSettings;
import io.bignode.config.TlsSettings;
import io.bignode.engine.Detection;
import io.bignode.engine.Detection.Found;
import io.bignode.engine.DeviceException;
import io.bignode.fixtures.Certificates;
import io.bignode.monitor.Alarms;
import io.bignode.node.tls.ServerTls;
import io.bignode.session.store.SqlStore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What doctor says of machines that are made up, and of this one. */
class DoctorCommandTest {
    private static final String TOKEN = "a-token-nobody-else-has";
    private static final Function<DeviceSettings, Detection> MUST_NOT_LOOK = _ -> {
        throw new AssertionError("GPUs were looked for");
    };

    @TempDir
    Path folder;

    private final Map<String, String> environment = new TreeMap<>();

    @Test
    void warnsOfATokenThatCanBeGuessed() {
        environment.put("DELEGATION_AUTH_TOKEN", "2333544");
        environment.put("DELEGATION_ALLOW_SHORT_TOKEN", "true");
        Outcome outcome = run(host(gpu(0, "")));
        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.lines("token")).singleElement().asString().startsWith("warn").contains("public template").doesNotContain("2333544");
    }

    private record Outcome(int exitCode, String out) {
        List<String> lines(String check) {
            return out.lines().filter(line -> line.matches("(ok|warn|FAIL) +" + check + " .*")).toList();
        }
    }

    @BeforeEach
    void aHostWhereANodeCouldStart() {
        environment.put("DELEGATION_DATA_DIR", folder.resolve("data").toString());
        environment.put("DELEGATION_HOST", "127.0.0.1");
        environment.put("DELEGATION_PORT", "0");
        environment.put("DELEGATION_CACHE_GIB", "0");
    }

    private Outcome run(Function<DeviceSettings, Detection> look, String... args) {
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
            int exitCode = new CommandLine(new DoctorCommand(environment, look)).execute(args);
            return new Outcome(exitCode, out.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(before);
        }
    }

    private static Found gpu(int ordinal, String unusedBecause) {
        return new Found(ordinal, "cuda:" + ordinal, "NVIDIA H100 80GB HBM3", 85_520_809_984L, "9.0", "0000:0" + ordinal + ":00.0", "GPU-0000000" + ordinal,
                unusedBecause.isEmpty() ? Optional.empty() : Optional.of(unusedBecause));
    }

    private static Function<DeviceSettings, Detection> host(Found... gpus) {
        return _ -> new Detection(List.of(gpus), Optional.of("580.159.04, CUDA 13.0"), List.of("libcuda.so.1", "libnvrtc.so.13"), Optional.empty());
    }

    private static Function<DeviceSettings, Detection> without(String problem) {
        return _ -> new Detection(List.of(), Optional.empty(), List.of(), Optional.of(problem));
    }

    @Test
    void aHostWithGpusIsDescribedAndWell() {
        Outcome outcome = run(host(gpu(0, ""), gpu(1, "")));

        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.lines("driver")).containsExactly("ok    driver    580.159.04, CUDA 13.0");
        assertThat(outcome.lines("libraries")).singleElement().asString().contains("libcuda.so.1, libnvrtc.so.13");
        assertThat(outcome.lines("cuda:0"))
                .containsExactly("ok    cuda:0    NVIDIA H100 80GB HBM3, 79.6 GiB, compute capability 9.0, at 0000:00:00.0, GPU-00000000");
        assertThat(outcome.lines("devices")).containsExactly("ok    devices   these devices compute: cuda:0, cuda:1");
        assertThat(outcome.lines("java")).singleElement().asString().contains(Runtime.version().toString());
        assertThat(outcome.lines("memory")).singleElement().asString().contains("GiB");
    }

    @Test
    void withoutADriverItSaysLoudlyThatTheCpuComputesAndWhy() {
        Outcome outcome = run(without("libcuda.so.1 was not found: install NVIDIA's driver"));

        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.lines("devices")).containsExactly("warn  devices   NO GPU IS USED, the CPU computes: libcuda.so.1 was not found: install NVIDIA's"
                + " driver. If this is intended, set DELEGATION_DEVICES=cpu.");
    }

    @Test
    void whereTheCpuIsMeantNobodyLooksForGpus() {
        environment.put("DELEGATION_DEVICES", "cpu");

        Outcome outcome = run(MUST_NOT_LOOK);

        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.lines("devices")).singleElement().asString().startsWith("ok").contains("DELEGATION_DEVICES");
    }

    @Test
    void aGpuThatIsNotUsedIsNamedWithTheReason() {
        Outcome outcome = run(host(gpu(0, ""), gpu(1, "its compute capability 7.0 is below 8.0")));

        assertThat(outcome.lines("cuda:1")).singleElement().asString().startsWith("warn").contains("it is not used: its compute capability 7.0");
        assertThat(outcome.lines("devices")).singleElement().asString().endsWith("these devices compute: cuda:0");
        assertThat(outcome.exitCode()).isZero();
    }

    @Test
    void aGpuThatTheOperatorLeftOutIsAsItShouldBe() {
        environment.put("DELEGATION_DEVICES", "0");

        Outcome outcome = run(host(gpu(0, ""), gpu(1, "DELEGATION_DEVICES does not name it")));

        assertThat(outcome.lines("cuda:1")).singleElement().asString().startsWith("ok").contains("it is not used");
    }

    @Test
    void aGpuThatIsNamedAndMissingIsAFault() {
        environment.put("DELEGATION_DEVICES", "0,5");

        Outcome outcome = run(host(gpu(0, "")));

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.lines("devices")).singleElement().asString().startsWith("FAIL").contains("names cuda:5", "cuda:0");
    }

    @Test
    void aDriverThatBreaksTheSearchIsTold() {
        Outcome outcome = run(_ -> {
            throw new DeviceException("cuInit has no function");
        });

        assertThat(outcome.lines("devices")).singleElement().asString().startsWith("warn").contains("cuInit has no function");
    }

    @Test
    void everyFaultySettingIsNamedAndTheRestIsLookedAtAllTheSame() {
        environment.put("DELEGATION_PORT", "70000");
        environment.put("DELEGATION_MAX_SESSIONS", "none");

        Outcome outcome = run(host(gpu(0, "")));

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.lines("settings")).hasSize(2).allMatch(line -> line.startsWith("FAIL"));
        assertThat(outcome.out()).contains("DELEGATION_PORT", "DELEGATION_MAX_SESSIONS", "cuda:0");
    }

    @Test
    void neitherMakesATokenNorShowsOne() {
        assertThat(run(host(gpu(0, ""))).lines("token")).singleElement().asString().contains("the first start creates the token");
        assertThat(folder).isEmptyDirectory();

        environment.put("DELEGATION_AUTH_TOKEN", TOKEN);
        Outcome outcome = run(host(gpu(0, "")), "--json");
        assertThat(outcome.out()).contains("DELEGATION_AUTH_TOKEN").doesNotContain(TOKEN);
    }

    @Test
    void aPortThatSomethingElseHoldsIsAFaultWithItsFix() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            // Whoever asks for its health is hung up on.
            Thread rude = Thread.ofVirtual().start(() -> {
                try {
                    while (true) taken.accept().close();
                } catch (IOException closed) {
                    // the test is over
                }
            });
            environment.put("DELEGATION_PORT", Integer.toString(taken.getLocalPort()));

            Outcome outcome = run(host(gpu(0, "")));

            assertThat(outcome.exitCode()).isEqualTo(1);
            assertThat(outcome.lines("port")).singleElement().asString().startsWith("FAIL").contains("DELEGATION_PORT");
            taken.close();
            rude.join();
        }
    }

    /** A head whose workers are all gone: it serves, and a session could not start. */
    private static void answersItsHealth(HttpServer node) {
        node.createContext("/health", exchange -> {
            byte[] answer = "{\"detail\":\"no device works at the moment\"}".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(503, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        node.createContext("/health/live", exchange -> {
            byte[] answer = "{\"status\":\"live\"}".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
    }

    @Test
    void theWorkersPortOfANodeThatServesByHttpsIsNoFault() throws Exception {
        Certificates.Pair pair = Certificates.make("EC", "bignode.example.org", 1, 90);
        Path key = Files.createFile(folder.resolve("key"), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        TlsSettings files = pair.write(folder.resolve("cert"), key);
        HttpsServer node = HttpsServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        node.setHttpsConfigurator(new HttpsConfigurator(ServerTls.ofApi(files, new Alarms(InstantSource.system()), InstantSource.system()).context()));
        answersItsHealth(node);
        node.start();
        try (ServerSocket workers = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            environment.put("DELEGATION_PORT", Integer.toString(node.getAddress().getPort()));
            environment.put("DELEGATION_TLS_CERT", files.certificate().toString());
            environment.put("DELEGATION_TLS_KEY", files.key().toString());
            environment.put("DELEGATION_WORKER_HOST", "127.0.0.1");
            environment.put("DELEGATION_WORKER_PORT", Integer.toString(workers.getLocalPort()));

            Outcome outcome = run(host(gpu(0, "")));

            assertThat(outcome.lines("port")).singleElement().asString().startsWith("ok").contains("a node that serves");
            assertThat(outcome.lines("broker")).singleElement().asString().startsWith("ok").contains("is in use by the node that runs here");
        } finally {
            node.stop(0);
        }
    }

    @Test
    void aPortThatANodeHoldsAlreadyIsNoFault() throws Exception {
        HttpServer node = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        answersItsHealth(node);
        node.start();
        try {
            environment.put("DELEGATION_PORT", Integer.toString(node.getAddress().getPort()));

            assertThat(run(host(gpu(0, ""))).lines("port")).singleElement().asString().startsWith("ok").contains("a node that serves");
        } finally {
            node.stop(0);
        }
    }

    @Test
    void aFolderThatCannotBeMadeIsAFaultWithItsFix() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "");
        environment.put("DELEGATION_DATA_DIR", file.resolve("data").toString());

        Outcome outcome = run(host(gpu(0, "")));

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.lines("data")).singleElement().asString().startsWith("FAIL").contains(file + " is no folder", "DELEGATION_DATA_DIR");
    }

    @Test
    void aDiskWithoutRoomIsAWarningWithItsFix() {
        Finding finding = ServerChecks.folder("cache", "HF_HOME", folder.resolve("pools"), Long.MAX_VALUE);

        assertThat(finding.verdict()).isEqualTo(Finding.Verdict.WARN);
        assertThat(finding.message()).contains("GiB: make room, or set HF_HOME");
    }

    @Test
    void memoryIsJudgedByWhatMainNetNeeds() {
        long gib = 1L << 30;
        assertThat(HostChecks.memory(gib, gib).verdict()).isEqualTo(Finding.Verdict.FAIL);
        assertThat(HostChecks.memory(3 * gib, gib).verdict()).isEqualTo(Finding.Verdict.WARN);
        assertThat(HostChecks.memory(8 * gib, 0).verdict()).isEqualTo(Finding.Verdict.OK);
    }

    @Test
    void machinesGetTheSameAsJson() throws Exception {
        JsonNode document = new ObjectMapper().readTree(run(host(gpu(0, ""), gpu(1, "it is broken")), "--json").out());

        assertThat(document.get("ok").booleanValue()).isTrue();
        assertThat(document.get("checks")).anySatisfy(check -> {
            assertThat(check.get("check").textValue()).isEqualTo("cuda:1");
            assertThat(check.get("verdict").textValue()).isEqualTo("warn");
        });
        assertThat(document.at("/devices/driver").textValue()).isEqualTo("580.159.04, CUDA 13.0");
        assertThat(document.at("/devices/problem").isNull()).isTrue();
        assertThat(document.at("/devices/computing")).hasSize(1);
        assertThat(document.at("/devices/gpus/0/memory_bytes").longValue()).isEqualTo(85_520_809_984L);
        assertThat(document.at("/devices/gpus/0/used").booleanValue()).isTrue();
        assertThat(document.at("/devices/gpus/1/not_used_because").textValue()).isEqualTo("it is broken");
    }

    @Test
    void aStoreIsLookedAtAndNotTouched() throws Exception {
        assertThat(run(without("none")).lines("store")).containsExactly("ok    store     there is no store yet; the first start creates it");
        Path data = Files.createDirectories(folder.resolve("data"));
        try (SqlStore store = SqlStore.inFolder(data, new Alarms(InstantSource.system()), (_, failure) -> failure.printStackTrace())) {
            assertThat(store.incarnation()).isPositive();
            // While a head has it open too.
            assertThat(run(without("none")).lines("store")).singleElement().asString().contains("sessions.db, SQLite, schema version 4");
        }
        byte[] before = Files.readAllBytes(data.resolve("sessions.db"));
        assertThat(run(without("none")).lines("store")).singleElement().asString().startsWith("ok ").contains("schema version 4");
        assertThat(Files.readAllBytes(data.resolve("sessions.db"))).isEqualTo(before);
        assertThat(data.resolve("sessions.db-shm")).doesNotExist();

        Arrays.fill(before, before.length / 2, before.length, (byte) 7);
        Files.write(data.resolve("sessions.db"), before);
        Outcome damaged = run(without("none"));
        assertThat(damaged.exitCode()).isEqualTo(1);
        assertThat(damaged.lines("store")).singleElement().asString().startsWith("FAIL").contains("put a backup");
    }

    @Test
    void aDatabaseThatDoesNotAnswerIsNamedWithoutItsPassword() throws Exception {
        try (ServerSocket nobody = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = nobody.getLocalPort();
            nobody.close();
            environment.put("DELEGATION_DB_URL", "jdbc:postgresql://127.0.0.1:" + port + "/sessions?user=u&password=hidden-word");
            Outcome outcome = run(without("none"));
            assertThat(outcome.lines("store")).singleElement().asString().startsWith("FAIL").contains("see that the database server runs");
            assertThat(outcome.out()).doesNotContain("hidden-word");
        }
    }

    @Test
    void aBrokerThatDoesNotAnswerFailsAndAWorkersPortMustBeFree() throws Exception {
        assertThat(run(without("none")).lines("broker")).singleElement().asString().startsWith("ok ").contains("alone");
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            environment.put("DELEGATION_WORKER_HOST", "127.0.0.1");
            environment.put("DELEGATION_WORKER_PORT", Integer.toString(taken.getLocalPort()));
            assertThat(run(without("none")).lines("broker")).singleElement().asString().startsWith("FAIL").contains("set DELEGATION_WORKER_PORT");
        }
        assertThat(run(without("none")).lines("broker")).singleElement().asString().startsWith("ok ").contains("is free");
        environment.put("DELEGATION_BROKER_URL", "tcp://127.0.0.1:" + environment.remove("DELEGATION_WORKER_PORT"));
        environment.put("DELEGATION_BROKER_USER", "head");
        environment.put("DELEGATION_BROKER_PASSWORD", "a-password-of-the-broker");
        Outcome outcome = run(without("none"));
        assertThat(outcome.lines("broker")).singleElement().asString().startsWith("FAIL").contains("it does not answer");
        assertThat(outcome.out()).doesNotContain("a-password-of-the-broker");
    }

    @Test
    void aCertificateIsToldWithItsHostsAndItsEnd() throws Exception {
        Certificates.Pair soon = Certificates.make("EC", "node.example", 1, 5);
        Path key = Files.createFile(folder.resolve("key"), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        TlsSettings files = soon.write(folder.resolve("cert"), key);
        environment.put("DELEGATION_TLS_CERT", files.certificate().toString());
        environment.put("DELEGATION_TLS_KEY", files.key().toString());
        assertThat(run(without("none")).lines("tls")).singleElement().asString().startsWith("warn").contains("for node.example", "days: renew it");
    }

    @Test
    void aJoinTokenThatIsATenantsOrTheSmallNodesFails() throws Exception {
        Path data = Files.createDirectories(folder.resolve("data"));
        environment.put("DELEGATION_AUTH_TOKEN", TOKEN);
        Files.writeString(data.resolve("join-token"), TOKEN + "\n");
        Files.setPosixFilePermissions(data.resolve("join-token"), PosixFilePermissions.fromString("rw-------"));
        Outcome outcome = run(without("none"));
        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.lines("join")).singleElement().asString().startsWith("FAIL").contains("small nodes send the same token as workers");
        assertThat(outcome.out()).doesNotContain(TOKEN);
    }

    @Test
    void aClockIsJudgedByWhatIsKnownOfIt() throws Exception {
        assertThat(ClockChecks.judge(Optional.of(true)).verdict()).isEqualTo(Finding.Verdict.OK);
        assertThat(ClockChecks.judge(Optional.of(false)).toString()).startsWith("warn").contains("timedatectl");
        assertThat(ClockChecks.judge(Optional.empty()).toString()).startsWith("warn").contains("--peer");
        assertThat(ClockChecks.judge(Duration.ofSeconds(-20), "peer").toString()).startsWith("warn").contains("20 s ahead of that of peer");
        assertThat(ClockChecks.judge(Duration.ofMinutes(6), "peer").toString()).startsWith("FAIL").contains("360 s behind");
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> exchange.sendResponseHeaders(200, -1));
        server.start();
        try {
            String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/";
            assertThat(run(without("none"), "--peer", url).lines("clock"))
                    .containsExactly("ok    clock     this host's clock is within 10 s of that of 127.0.0.1");
        } finally {
            server.stop(0);
        }
    }
}
