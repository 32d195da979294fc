package io.bignode.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.deploy.Sandbox.Outcome;
import io.bignode.fixtures.Golden;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The distribution, as {@code mvn -Pdist verify} has just built it: it runs from any folder with neither Java nor Maven at hand. */
class DistributionIT {
    private static final Path DIST = Sandbox.project().resolve("target/dist");
    private static final long MAX_BYTES = 60L << 20;

    @TempDir
    private Path folder;

    private Sandbox sandbox;
    private Path installed;

    @BeforeEach
    void aMachineWithoutJava() throws Exception {
        sandbox = new Sandbox(folder, "dirname", "basename", "readlink", "sed", "head");
        sandbox.set("BIGNODE_JAVA_DIRS", folder.resolve("no javas")).set("DELEGATION_DEVICES", "cpu").set("BIGNODE_AOT", "off");
        // Links are what an installation by hand is made of; the launcher must find its way through them.
        installed = Files.createDirectories(folder.resolve("opt dir")).resolve("bignode");
        Files.createSymbolicLink(installed, DIST.resolve("bignode"));
    }

    /** JUnit would follow it with a warning. */
    @AfterEach
    void removeTheLink() throws IOException {
        Files.deleteIfExists(installed);
    }

    @Test
    void tellsItsVersion() throws Exception {
        Outcome outcome = launch("--version");

        assertThat(outcome.exit()).as(outcome.err()).isZero();
        assertThat(outcome.out()).startsWith("bignode ").doesNotContain("not from a jar");
    }

    @Test
    void computesGoldenDistances() throws Exception {
        JsonNode golden = Golden.read("small-models.json").get(0);
        Path file = sandbox.file("case.json", golden.toString());

        Outcome outcome = launch("compute", file.toString());

        assertThat(outcome.exit()).as(outcome.err()).isZero();
        JsonNode distances = new ObjectMapper().readTree(outcome.out()).get("distances");
        assertThat(distances).hasSize(8);
        for (int i = 0; i < 8; i++) {
            assertThat(distances.get(i).asDouble()).isCloseTo(golden.get("distances").get(i).asDouble(), within(2e-6));
        }
    }

    @Test
    void doctorFindsItWell() throws Exception {
        sandbox.set("DELEGATION_HOST", "127.0.0.1").set("DELEGATION_PORT", "0").set("DELEGATION_CACHE_GIB", "0");

        Outcome outcome = launch("doctor");

        assertThat(outcome.exit()).as(outcome.out() + outcome.err()).isZero();
        assertThat(outcome.out()).contains(DIST.resolve("bignode/runtime").toString());
    }

    @Test
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    void servesAndStopsWhenItIsToldTo() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        sandbox.set("DELEGATION_HOST", "127.0.0.1").set("DELEGATION_PORT", port).set("DELEGATION_CACHE_GIB", "0");
        Process node = sandbox.start(installed.resolve("bin/bignode"), Redirect.DISCARD, Redirect.PIPE, "serve");
        try (BufferedReader says = node.errorReader();
                HttpClient http = HttpClient.newHttpClient()) {
            StringBuilder log = new StringBuilder();
            for (String line = says.readLine(); line != null && !line.contains("Try a session"); line = says.readLine()) log.append(line).append('\n');
            HttpRequest health = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/health")).build();
            assertThat(node.isAlive()).as(log.toString()).isTrue();
            // It serves before it has found its device, and is well when it has.
            while (http.send(health, BodyHandlers.ofString()).statusCode() != 200) assertThat(node.isAlive()).as(log.toString()).isTrue();
            node.destroy();
            assertThat(Sandbox.exit(node)).isZero();
        } finally {
            node.destroyForcibly();
        }
    }

    @Test
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    void makesAnAheadOfTimeCacheWithItsOwnJavaAndStartsFromIt() throws Exception {
        for (String tool : List.of("cksum", "mkdir", "mv", "rm")) sandbox.allow(tool);
        // A copy, as the cache lies beside the installation; jars keep their dates, which the JVM looks at.
        Path copy = folder.resolve("copy");
        assertThat(new ProcessBuilder("cp", "-a", DIST.resolve("bignode").toString(), copy.toString()).start().waitFor()).isZero();
        Outcome made = sandbox.set("BIGNODE_AOT", "make").run(copy.resolve("bin/bignode"));
        assertThat(made.exit()).as(made.out() + made.err()).isZero();
        Path loaded = folder.resolve("loaded.txt");
        sandbox.set("BIGNODE_AOT", "").set("BIGNODE_JAVA_OPTS", "-Xlog:class+load:file=" + loaded);
        sandbox.set("DELEGATION_HOST", "127.0.0.1").set("DELEGATION_PORT", 0).set("DELEGATION_CACHE_GIB", "0");

        Process node = sandbox.start(copy.resolve("bin/bignode"), Redirect.DISCARD, Redirect.PIPE, "serve");
        try (BufferedReader says = node.errorReader()) {
            String line = says.readLine();
            while (line != null && !line.contains("Try a session")) line = says.readLine();
            assertThat(line).isNotNull();
            assertThat(Files.readAllLines(loaded)).anyMatch(each -> each.contains("io.bignode.node.Node source: shared objects file"));
        } finally {
            node.destroyForcibly().waitFor();
        }
    }

    @Test
    void holdsWhatTheAcceptanceScriptNeeds() {
        Path bench = DIST.resolve("bignode/bench");
        assertThat(bench.resolve("gpu-acceptance.sh")).isExecutable();
        for (String file : List.of("golden/small-models.json", "golden/test-net.json", "golden/main-net.json", "yardstick/acceptance.py",
                "yardstick/agreement.py", "yardstick/poc_oracle.py", "yardstick/torch_gpu_baseline.py")) {
            assertThat(bench.resolve(file)).isRegularFile();
        }
        assertThat(DIST.resolve("bignode/LICENSE")).isRegularFile();
        assertThat(DIST.resolve("bignode/examples/dev-net.json")).isRegularFile();
    }

    @Test
    void holdsWhatItsUnitsAndItsOperatorNeed() {
        for (String file : List.of("README.md", "docs/operations.md", "docs/metrics.md", "deploy/systemd/bignode.service",
                "deploy/systemd/bignode-worker.service",
                "deploy/prometheus/rules.yml", "deploy/grafana/dashboards/bignode.json")) {
            assertThat(DIST.resolve("bignode").resolve(file)).isRegularFile();
        }
    }

    /** The jar's own needs glibc 2.35, where the others need 2.34, which RHEL 9 has. */
    @Test
    void leavesTheCompilersRuntimeToTheSystem() throws Exception {
        try (Stream<Path> jars = Files.list(DIST.resolve("bignode/lib"))) {
            Path jar = jars.filter(file -> file.getFileName().toString().matches("openblas-.*-linux-.*\\.jar")).findFirst().orElseThrow();
            try (JarFile entries = new JarFile(jar.toFile())) {
                assertThat(entries.stream().map(JarEntry::getName)).anyMatch(name -> name.endsWith("/libopenblas.so.0"))
                        .noneMatch(name -> name.contains("libgcc_s"));
            }
        }
    }

    @Test
    void theArchiveIsSmallAndHoldsTheFolder() throws Exception {
        Path archive = archive(".tar.zst");
        assertThat(Files.size(archive)).isLessThanOrEqualTo(MAX_BYTES);

        boolean zstd = Sandbox.has("zstd");
        if (!zstd) System.err.println("skipped: zstd is not installed (apt-get install zstd)");
        Assumptions.assumeTrue(zstd, "zstd is not installed (apt-get install zstd)");
        Process tar = new ProcessBuilder("tar", "--zstd", "-xf", archive.toString(), "-C", folder.toString()).inheritIO().start();
        assertThat(Sandbox.exit(tar)).isZero();
        assertThat(files(folder.resolve("bignode"))).isEqualTo(files(DIST.resolve("bignode")));
    }

    /** A host with a GPU has Python, and often neither zstd nor a network. */
    @Test
    void pythonAloneUnpacksTheOtherArchive() throws Exception {
        boolean python = Sandbox.has("python3");
        if (!python) System.err.println("skipped: python3 is not installed (apt-get install python3)");
        Assumptions.assumeTrue(python, "python3 is not installed (apt-get install python3)");
        Path archive = archive(".tar.xz");
        assertThat(Files.size(archive)).isLessThanOrEqualTo(MAX_BYTES);
        Process unpacking = new ProcessBuilder(
                "python3", "-I", "-c", "import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])", archive.toString(), folder.toString())
                .inheritIO().start();
        assertThat(Sandbox.exit(unpacking)).isZero();
        assertThat(files(folder.resolve("bignode"))).isEqualTo(files(DIST.resolve("bignode")));
    }

    private Outcome launch(String... arguments) throws IOException, InterruptedException {
        return sandbox.run(installed.resolve("bin/bignode"), arguments);
    }

    private static Path archive(String ending) throws IOException {
        try (Stream<Path> files = Files.list(DIST)) {
            return files.filter(file -> file.toString().endsWith(ending)).findFirst().orElseThrow();
        }
    }

    /** Names, sizes and permissions of all that is in a folder. */
    private static List<String> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).map(file -> line(folder, file)).sorted().toList();
        }
    }

    private static String line(Path folder, Path file) {
        try {
            return folder.relativize(file) + " " + Files.size(file) + " " + Files.getPosixFilePermissions(file).stream().sorted().toList();
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
