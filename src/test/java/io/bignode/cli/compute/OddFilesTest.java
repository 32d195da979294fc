package io.bignode.cli.compute;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.cli.BigNodeCommand;
import io.bignode.fixtures.Golden;
import io.bignode.node.ExitCode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Files that nobody should give to a command, and somebody does: each is told of in a plain line, soon, and with no more memory than files may have. */
@Timeout(60)
class OddFilesTest {
    /** Commands that read a whole document; the file's name comes last. */
    private static final List<String> READERS =
            List.of("compute", "fingerprint", "verify", "client --url http://127.0.0.1:1", "bench --params", "bench --only-report --html /dev/null");

    @TempDir
    private static Path folder;

    private record Outcome(int exit, String out, String err) {}

    @BeforeAll
    static void write() throws Exception {
        file("empty", "");
        file("blank", " \n");
        file("deep", "[".repeat(2000) + "\n");
        file("deep-objects", "{\"a\":".repeat(2000) + "1" + "}".repeat(2000));
        file("half", "{\"a\": ");
        file("twice", "{\"nonces\": [1], \"nonces\": [2]}");
        file("more", "{} {}");
        file("digits", "{\"nonces\": [" + "9".repeat(100_000) + "]}");
        file("text", "no JSON at all");
        file("array", "[1, 2]");
        file("binary", "\u0000\u0001\u0002");
        Files.createDirectory(folder.resolve("folder"));
        // A file of holes: as long as it says, and on no disk.
        try (RandomAccessFile large = new RandomAccessFile(folder.resolve("large").toFile(), "rw")) {
            large.setLength(200L << 30);
        }
    }

    private static String file(String name, String content) throws Exception {
        return Files.writeString(folder.resolve(name), content).toString();
    }

    static Stream<Arguments> filesThatAreNone() {
        Map<String, String> said = Map.ofEntries(
                Map.entry("empty", "is empty"), Map.entry("blank", "is empty"),
                        Map.entry("deep", "is not JSON: Document nesting depth (1001) exceeds the maximum allowed"),
                Map.entry("deep-objects", "nesting depth"), Map.entry("half", "is not JSON: line 1"), Map.entry("twice", "Duplicate field 'nonces'"),
                Map.entry("more", "is not JSON"), Map.entry("digits", "Number value length (100000) exceeds the maximum allowed (1000)"),
                        Map.entry("text", "is not JSON: line 1"),
                Map.entry("array", "must "), Map.entry("binary", "is not JSON"), Map.entry("folder", "is a folder: give a file"),
                        Map.entry("absent", "does not exist"),
                Map.entry("large", "has more than 64 MiB"), Map.entry("/dev/zero", "has more than 64 MiB"), Map.entry("/proc/self/mem", "cannot be read"));
        return READERS.stream().flatMap(reader -> said.entrySet().stream().map(file -> Arguments.of(reader, file.getKey(), file.getValue())));
    }

    @ParameterizedTest
    @MethodSource("filesThatAreNone")
    void isRefusedInAPlainLine(String command, String name, String said) {
        Outcome outcome = run(command, folder.resolve(name).toString());
        assertThat(outcome.exit()).as(outcome.err()).isEqualTo(ExitCode.USAGE);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err()).contains(said).doesNotContain("internal error", "Exception", ": null", "\tat ", "StreamReadConstraints");
        assertThat(outcome.err().lines().count()).as(outcome.err()).isLessThanOrEqualTo(12);
        assertThat(outcome.err().length()).isLessThan(2000);
    }

    private static Outcome run(String command, String... files) {
        List<String> line = new ArrayList<>(List.of(command.split(" ")));
        line.addAll(List.of(files));
        PrintStream before = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        StringWriter err = new StringWriter();
        try {
            System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
            int exit = BigNodeCommand.commandLine(Map.of("DELEGATION_AUTH_TOKEN", "the-token-of-this-test"))
                    .setOut(new PrintWriter(printed, true)).setErr(new PrintWriter(err, true)).execute(line.toArray(String[]::new));
            return new Outcome(exit, printed.toString(StandardCharsets.UTF_8), err.toString());
        } finally {
            System.setOut(before);
        }
    }

    private static ObjectNode tiny() {
        return Golden.read("small-models.json").get(0).deepCopy();
    }

    private static ObjectNode batch() {
        ObjectNode batch = tiny();
        batch.set("dist", batch.remove("distances"));
        return batch.put("r_target", 1.6).put("fraud_threshold", 1e-7);
    }

    private static String array(int size, String each) {
        return IntStream.range(0, size).mapToObj(i -> each.isEmpty() ? Integer.toString(i) : each).collect(Collectors.joining(",", "[", "]"));
    }

    @Test
    void soManyNoncesAreRefusedRatherThanComputedForDays() throws Exception {
        manyNonces(100_001);
    }

    @Test
    @Tag("full")
    void aMillionNoncesAreRefusedRatherThanComputedForDays() throws Exception {
        manyNonces(1_000_000);
    }

    private static void manyNonces(int count) throws Exception {
        String name = file("many.json", tiny().put("nonces", "HERE").toString().replace("\"HERE\"", array(count, "")));
        for (String command : List.of("compute", "fingerprint")) {
            Outcome outcome = run(command, name);
            assertThat(outcome.exit()).isEqualTo(ExitCode.USAGE);
            assertThat(outcome.err()).contains("nonces are " + count + "; give 100000 at most at a time");
        }
    }

    @Test
    void ofManyFaultsTheFirstAreTold() throws Exception {
        manyFaults(100_000);
    }

    @Test
    @Tag("full")
    void ofAMillionFaultsTheFirstAreTold() throws Exception {
        manyFaults(1_000_000);
    }

    private static void manyFaults(int count) throws Exception {
        String values = batch().put("nonces", "HERE").put("dist", "THERE").toString();
        String faulty = values.replace("\"HERE\"", array(count, "")).replace("\"THERE\"", array(count, "9"));
        Outcome whole = run("verify", file("faulty.json", faulty));
        assertThat(whole.exit()).isEqualTo(ExitCode.USAGE);
        assertThat(whole.err()).contains("dist[0] must be a number", "dist[99]", "has more faults than these 100").doesNotContain("dist[100]");
        assertThat(whole.err().length()).isLessThan(20_000);

        Outcome lines = run("verify", "--lines", file("faulty.ndjson", faulty + "\n"));
        assertThat(lines.exit()).isEqualTo(ExitCode.CHECK_FAILED);
        assertThat(lines.out().length()).isLessThan(20_000);
    }

    @Test
    void soManySmallValuesThatMemoryWouldNotHoldThemAreRefused() throws Exception {
        String many = file("values.json", "{\"nonces\":[" + "{},".repeat(1_500_000) + "{}]}");
        Outcome outcome = run("verify", many);
        assertThat(outcome.exit()).isEqualTo(ExitCode.USAGE);
        assertThat(outcome.err()).contains("is not JSON", "exceeds the maximum allowed");
    }

    @Test
    void numbersBeyondADoubleAreNone() throws Exception {
        String infinite = batch().put("r_target", "HERE").toString().replace("\"HERE\"", "1e400");
        assertThat(run("verify", file("infinite.json", infinite))).satisfies(outcome -> {
            assertThat(outcome.exit()).isEqualTo(ExitCode.USAGE);
            assertThat(outcome.err()).contains("r_target must be");
        });
        String nonce = tiny().put("nonces", "HERE").toString().replace("\"HERE\"", "[1e400, 2]");
        assertThat(run("compute", file("nonce.json", nonce)).err()).contains("nonces[0] must be an integer");
        String far = batch().put("dist", "HERE").toString().replace("\"HERE\"", "[1e400,1,1,1,1,1,1,1]");
        assertThat(run("verify", file("far.json", far)).err()).contains("dist[0] must be a number");
    }

    @Test
    void aByteOrderMarkIsNoFault() throws Exception {
        Outcome lines = run("verify", "--lines", file("mark.ndjson", "\uFEFF" + batch() + "\n"));
        assertThat(lines.exit()).as(lines.out()).isZero();
        Outcome whole = run("verify", file("mark.json", "\uFEFF" + batch()));
        assertThat(whole.exit()).as(whole.err()).isZero();
    }

    @Test
    void linesThatAreNoneAreCountedAndTheOthersJudged() throws Exception {
        String text = "[".repeat(2000) + "\n" + batch() + "\n" + "{\"nonces\": [1], \"nonces\": [2]}\n" + "9".repeat(100_000) + "\n\n";
        Outcome outcome = run("verify", "--lines", file("mixed.ndjson", text));
        assertThat(outcome.exit()).isEqualTo(ExitCode.CHECK_FAILED);
        List<String> lines = outcome.out().lines().toList();
        assertThat(lines).hasSize(4);
        assertThat(lines.get(0)).startsWith("{\"line\":1,\"fault\":\"is not JSON: Document nesting depth");
        assertThat(lines.get(1)).contains("\"line\":3", "Duplicate field 'nonces'");
        assertThat(lines.get(2)).contains("\"line\":4", "Number value length");
        assertThat(new ObjectMapper().readTree(lines.get(3)).get("batches").intValue()).isEqualTo(1);
    }

    @Test
    void aLineThatIsTooLongIsSkippedAndTheNextOneRead() throws Exception {
        byte[] text = new byte[BatchLines.LONGEST + 7];
        Arrays.fill(text, (byte) 'x');
        text[BatchLines.LONGEST + 3] = '\n';
        BatchLines lines = new BatchLines(new ByteArrayInputStream(text));
        assertThat(lines.next().orElseThrow().text()).isEmpty();
        assertThat(lines.next().orElseThrow().text()).hasValue("xxx");
        assertThat(lines.next()).isEmpty();
    }

    /** As of a node that still appends: the lines that were there when it was opened count. */
    @Test
    void ofAFileThatGrowsTheLinesItHadAreRead() throws Exception {
        ByteArrayInputStream growing = new ByteArrayInputStream("one\ntwo\nthree".getBytes(StandardCharsets.UTF_8));
        BatchLines lines = new BatchLines(growing, 8);
        assertThat(lines.next().orElseThrow().text()).hasValue("one");
        assertThat(lines.next().orElseThrow().text()).hasValue("two");
        assertThat(lines.next()).isEmpty();
    }

    @Test
    void aFolderIsNoFileOfLines() {
        Outcome outcome = run("verify", "--lines", folder.toString());
        assertThat(outcome.exit()).isEqualTo(ExitCode.USAGE);
        assertThat(outcome.err()).contains("is a folder").doesNotContain("internal error");
    }
}
