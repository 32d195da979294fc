package io.bignode.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.fixtures.Program;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The log of a node from its first line to its last, as its operator finds it: of the program itself, told to stop by a signal. */
@Timeout(120)
class LogOfANodeTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private ProcessBuilder bignode(Map<String, String> settings, String... arguments) {
        ProcessBuilder builder = Program.bignode(arguments);
        builder.environment().putAll(Map.of(
                "DELEGATION_HOST", "127.0.0.1", "DELEGATION_PORT", "0", "DELEGATION_DATA_DIR", folder.toString(), "DELEGATION_DEVICES", "none"));
        builder.environment().putAll(settings);
        return builder.redirectErrorStream(true);
    }

    /** Its lines, once it said these words and was then told to stop. */
    private List<String> linesOf(Map<String, String> settings, String until) throws Exception {
        return linesOf(bignode(settings, "serve"), until);
    }

    private static List<String> linesOf(ProcessBuilder program, String until) throws Exception {
        Process process = program.start();
        try (BufferedReader reader = process.inputReader()) {
            List<String> lines = new ArrayList<>();
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(line);
                if (line.contains(until)) process.toHandle().destroy(); // the process alone: its output is read to the end
            }
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(String.join("\n", lines)).isZero();
            return lines;
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void everyLineIsAnObjectWhereJsonIsAskedForFromTheFirstToTheLast() throws Exception {
        List<JsonNode> events = new ArrayList<>();
        for (String line : linesOf(Map.of("DELEGATION_LOG_FORMAT", "json"), "Try a session")) events.add(JSON.readTree(line));

        assertThat(events).allMatch(event -> event.isObject() && event.has("time") && event.has("message"));
        JsonNode start = events.getFirst();
        assertThat(start.get("message").textValue()).startsWith("Big Node starts: ");
        assertThat(start.get("data_dir").textValue()).isEqualTo(folder.toString());
        assertThat(start.get("max_sessions").intValue()).isEqualTo(10);
        assertThat(start.has("version") && start.has("cache_dir") && start.has("store")).isTrue();
        assertThat(find(events, "sessions restored").get("running").intValue()).isZero();
        assertThat(find(events, "The token was made and is kept").get("level").textValue()).isEqualTo("INFO");
        assertThat(events.getLast().get("message").textValue()).isEqualTo("stopped");
        assertThat(find(events, "stopping")).isNotNull();
    }

    private static JsonNode find(List<JsonNode> events, String begin) {
        return events.stream().filter(event -> event.get("message").textValue().startsWith(begin)).findFirst().orElseThrow();
    }

    /** The node starts all the same, and each is a warning of one line. */
    @Test
    @Tag("full")
    void settingsThatCanBeUsedButAreOddAreWarnedOf() throws Exception {
        List<String> lines = linesOf(
                Map.of("DELEGATION_AUTH_TOKN", "x", "DELEGATION_MARGIN", "5e-3", "DELEGATION_SESSION_SECONDS", "30", "HF_HOME", "/proc/cache"),
                "worker local is connected");

        assertThat(lines.getFirst()).as("what starts is told first").contains(" INFO ", "Big Node starts: version=");
        for (String odd : List.of(
                "DELEGATION_AUTH_TOKN is no setting and changes nothing: did you mean DELEGATION_AUTH_TOKEN?", "DELEGATION_MARGIN is 0.005",
                        "NOTHING WILL EVER COMPUTE",
                "DELEGATION_SESSION_SECONDS is 30", "/proc/cache/bignode/pools cannot be created")) {
            assertThat(lines.stream().filter(line -> line.contains(" WARNING ") && line.contains(odd))).as(odd).hasSize(1);
        }
        assertThat(lines).noneMatch(line -> line.startsWith("\tat ") || line.contains("Exception"));
        assertThat(lines.stream().filter(line -> line.contains(" INFO ")).toList()).last().asString().endsWith("stopped");
    }

    /** A failure to start is an event too, so that whoever reads the log by machine finds it there. */
    @Test
    void whyItDoesNotStartIsAnObjectAsWell() throws Exception {
        assertThat(refused(bignode(Map.of("DELEGATION_LOG_FORMAT", "json", "DELEGATION_MAX_SESSIONS", "many"), "serve")))
                .contains("DELEGATION_MAX_SESSIONS is 'many'");
    }

    @ParameterizedTest
    @Tag("full")
    @CsvSource(delimiter = '|', value = {
        "serve --port 8080 | DELEGATION_PORT=8080 bignode serve", "worker --jion head:9091 | Unknown option: '--jion'", "worker | DELEGATION_JOIN is not set"
    })
    void soIsAWrongCommandLineOfACommandThatRunsOn(String line, String told) throws Exception {
        assertThat(refused(bignode(Map.of("DELEGATION_LOG_FORMAT", "json"), line.split(" ")))).contains(told);
    }

    /** The message of the only event. */
    private static String refused(ProcessBuilder program) throws Exception {
        Process process = program.start();
        try (BufferedReader reader = process.inputReader()) {
            List<String> lines = reader.lines().toList();
            assertThat(process.waitFor()).isEqualTo(ExitCode.USAGE);
            assertThat(lines).hasSize(1);
            JsonNode event = JSON.readTree(lines.getFirst());
            assertThat(event.get("level").textValue()).isEqualTo("ERROR");
            return event.get("message").textValue();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    @Tag("full")
    void aWorkerTellsFirstWhatStartsToo() throws Exception {
        ProcessBuilder worker = bignode(
                Map.of("DELEGATION_JOIN_TOKEN", "the-join-token-of-this-test", "DELEGATION_JOIN_TOKN", "x", "DELEGATION_DEVICES", "cpu"), "worker", "--join",
                        "127.0.0.1:1");

        List<String> lines = linesOf(worker, "DELEGATION_JOIN_TOKN is no setting");

        assertThat(lines.getFirst()).contains(" INFO ", "Big Node worker starts: version=", " head=127.0.0.1:1 ", "data_dir=" + folder);
        assertThat(lines.getLast()).endsWith("stopped");
    }

    @Test
    @Tag("full")
    void peopleAreToldTheAddressThatItListensOn() throws Exception {
        List<String> lines = linesOf(Map.of("DELEGATION_HOST", "127.0.0.2"), "Try a session");

        assertThat(lines).anyMatch(line -> line.matches("Watch it at http://127\\.0\\.0\\.2:[0-9]+/ .*"))
                .anyMatch(line -> line.matches("Try a session .* --url http://127\\.0\\.0\\.2:[0-9]+"));
    }

    /** Whatever ends the process, the files that an operator has it written to are closed, and hold its last line. */
    @Test
    @Tag("full")
    void theFilesOfALoggingConfigurationAreClosedWhenTheProcessEnds() throws Exception {
        Path log = folder.resolve("operators.log");
        Path configuration = Files.writeString(folder.resolve("logging.properties"), """
                handlers=java.util.logging.ConsoleHandler,java.util.logging.FileHandler
                java.util.logging.FileHandler.pattern=%s
                java.util.logging.FileHandler.formatter=java.util.logging.SimpleFormatter
                """.formatted(log));
        Map<String, String> options = Map.of("JDK_JAVA_OPTIONS", "-Djava.util.logging.config.file=" + configuration);

        linesOf(options, "Try a session");
        assertThat(log).content().contains("Big Node starts", "stopping: ").endsWith("stopped\n");
        assertThat(folder.resolve("operators.log.lck")).doesNotExist();

        Map<String, String> faulty = new HashMap<>(options);
        faulty.put("DELEGATION_MAX_SESSIONS", "many");
        Process refused = bignode(faulty, "serve").redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        assertThat(refused.waitFor()).isEqualTo(ExitCode.USAGE);
        assertThat(folder.resolve("operators.log.lck")).doesNotExist();
    }
}
