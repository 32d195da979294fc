package io.bignode.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.cli.terminal.Documents;
import io.bignode.fixtures.Golden;
import io.bignode.node.ExitCode;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The commands that compute without a server, as they are typed. */
class CommandsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private record Outcome(int exitCode, String out, String err) {}

    private static Outcome run(String... args) {
        return run(BigNodeCommand.commandLine(), args);
    }

    private static Outcome run(CommandLine line, String... args) {
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        StringWriter err = new StringWriter();
        try {
            System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
            return new Outcome(line.setErr(new PrintWriter(err, true)).execute(args), out.toString(StandardCharsets.UTF_8), err.toString());
        } finally {
            System.setOut(before);
        }
    }

    private String file(String name, Object content) throws Exception {
        return Files.writeString(folder.resolve(name), content.toString()).toString();
    }

    private static JsonNode tiny() {
        return Golden.read("small-models.json").get(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "compute {case}", "fingerprint {case}", "verify {batch}", "verify --lines {batch}", "bench --params dev-net --seconds 1", "selftest",
        "worker --join 127.0.0.1:1"
    })
    void devicesAreChosenByTheEnvironmentOfTheCommand(String command) throws Exception {
        Map<String, String> environment = Map.of(
                "DELEGATION_DEVICES", "none", "DELEGATION_DATA_DIR", folder.resolve("data").toString(), "DELEGATION_JOIN_TOKEN", "the-join-token-of-this-test");
        String line = command.replace("{case}", file("case.json", tiny())).replace("{batch}", file("batch.json", batch(1.6)));

        Outcome outcome = run(BigNodeCommand.commandLine(environment), line.split(" "));

        assertThat(outcome.exitCode()).as(outcome.err()).isEqualTo(ExitCode.USAGE);
        assertThat(outcome.err()).contains("DELEGATION_DEVICES is none");
    }

    @Test
    void selftestHasTheDeviceComputeKnownResults() throws Exception {
        assertThat(run("selftest", "--device", "cpu").out()).startsWith("ok    cpu computes as it should");
        JsonNode tested = Documents.parse(run("selftest", "--device", "cpu", "--json").out()).get("devices").get(0);
        assertThat(tested.get("id").asText()).isEqualTo("cpu");
        assertThat(tested.get("deviations")).isEmpty();
    }

    @Test
    void computePrintsTheGoldenDistances() throws Exception {
        Outcome outcome = run("compute", file("case.json", tiny()));
        assertThat(outcome.exitCode()).isZero();
        JsonNode distances = JSON.readTree(outcome.out()).get("distances");
        for (int i = 0; i < 8; i++) {
            assertThat(distances.get(i).asDouble()).isCloseTo(tiny().get("distances").get(i).asDouble(), within(2e-6));
        }
    }

    @Test
    void fingerprintPrintsTheGoldenDigests() throws Exception {
        JsonNode answer = JSON.readTree(run("fingerprint", file("case.json", tiny())).out());
        for (String field : new String[] {"pool_size", "pool_sha256_f16", "first_input_sha256_f16"}) {
            assertThat(answer.get(field)).as(field).isEqualTo(tiny().get(field));
        }
    }

    private static ObjectNode batch(double rTarget) {
        ObjectNode batch = tiny().deepCopy();
        batch.set("dist", batch.remove("distances"));
        return batch.put("r_target", rTarget).put("fraud_threshold", 1e-7);
    }

    @Test
    void verifyAcceptsAnHonestBatch() throws Exception {
        Outcome outcome = run("verify", file("batch.json", batch(1.6)));
        assertThat(outcome.exitCode()).isZero();
        assertThat(JSON.readTree(outcome.out()).get("n_invalid").asInt()).isZero();
        assertThat(JSON.readTree(outcome.out()).get("probability_honest").asDouble()).isEqualTo(1.0);
    }

    @Test
    void verifyJudgesABatchOfWhichEveryNonceCounts() throws Exception {
        Outcome outcome = run("verify", file("batch.json", batch(10)));
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.exitCode()).isZero();
        assertThat(JSON.readTree(outcome.out()).get("n_invalid").asInt()).isZero();
    }

    @Test
    void verifyConvictsAForger() throws Exception {
        ObjectNode batch = batch(1.2);
        batch.putArray("dist").addAll(JSON.readTree("[1.1,1.1,1.1,1.1,1.1,1.1,1.1,1.1]").valueStream().toList());
        Outcome outcome = run("verify", file("batch.json", batch));
        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(JSON.readTree(outcome.out()).get("n_invalid").asInt()).isEqualTo(8);
        assertThat(JSON.readTree(outcome.out()).get("fraud_detected").asBoolean()).isTrue();
    }

    @Test
    void verifyNamesTheOptionForBatchesThatLackTheirOrder() throws Exception {
        ObjectNode bare = batch(1.6);
        bare.remove(List.of("params", "r_target", "fraud_threshold"));
        assertThat(run("verify", file("bare.json", bare)).err()).contains("params is required", "--order ORDER.json");
        assertThat(run("verify", file("bare.ndjson", bare)).out()).contains("params is required", "--order ORDER.json");
    }

    @Test
    void verifyRefusesAMalformedBatch() throws Exception {
        Outcome outcome = run("verify", file("batch.json", batch(0.5)));
        assertThat(outcome.exitCode()).isEqualTo(2);
        assertThat(outcome.err()).contains("dist[0] must be a number of at least 0 and below r_target", "dist[7]");
    }

    @Test
    void verifyJudgesAFileOfABatchALineAndNamesTheFaultyOnes() throws Exception {
        ObjectNode honest = batch(1.6);
        ObjectNode order = JSON.createObjectNode();
        for (String field : List.of("params", "r_target", "fraud_threshold")) order.set(field, honest.remove(field));
        String fine = file("found.ndjson", honest + "\n\n" + honest);
        Outcome well = run("verify", fine, "--order", file("order.json", order));
        assertThat(well.err()).isEmpty();
        assertThat(well.exitCode()).isZero();
        JsonNode summary = JSON.readTree(well.out());
        assertThat(summary.get("lines").asInt()).isEqualTo(3);
        assertThat(summary.get("batches").asInt()).isEqualTo(2);
        assertThat(summary.get("n").asInt()).isEqualTo(16);
        assertThat(summary.get("n_invalid").asInt()).isZero();

        ObjectNode forged = batch(1.2);
        forged.putArray("dist").addAll(JSON.readTree("[1.1,1.1,1.1,1.1,1.1,1.1,1.1,1.1]").valueStream().toList());
        Outcome bad = run("verify", "--lines", file("bad.txt", forged + "\n{\"nonces\": [}\n" + batch(1.6) + "\n" + batch(0.5) + "\n[1]\n"));
        assertThat(bad.exitCode()).isEqualTo(1);
        List<String> lines = bad.out().lines().toList();
        assertThat(lines).hasSize(5);
        assertThat(JSON.readTree(lines.get(0)).get("fault").textValue()).isEqualTo("fraud: 8 of 8 nonces do not count");
        assertThat(lines.get(1)).startsWith("{\"line\":2,\"fault\":\"is not JSON");
        assertThat(lines.get(2)).startsWith("{\"line\":4,\"fault\":\"dist[0] must be");
        assertThat(lines.get(3)).startsWith("{\"line\":5,");
        JsonNode end = JSON.readTree(lines.get(4));
        assertThat(end.get("ok").booleanValue()).isFalse();
        assertThat(end.get("malformed_lines").asInt()).isEqualTo(3);
        assertThat(end.get("fraudulent_lines").asInt()).isEqualTo(1);
        assertThat(end.get("batches").asInt()).isEqualTo(2);
    }

    @Test
    void verifyFindsNothingWellInAnEmptyFileAndExplainsAMissingOne() throws Exception {
        assertThat(run("verify", file("empty.ndjson", "")).exitCode()).isEqualTo(1);
        assertThat(run("verify", "nowhere.ndjson").err()).contains("nowhere.ndjson does not exist");
    }

    @Test
    void wrongFilesAreExplainedWithEveryFault() throws Exception {
        assertThat(run("compute", "nowhere.json").err()).contains("nowhere.json does not exist");
        assertThat(run("compute", file("bad.json", "{\"a\": ")).err()).contains("is not JSON: line 1");
        Outcome outcome = run("compute", file("faulty.json", "{\"block_hash\": 5, \"nonces\": [], \"params\": {\"dim\": 0, \"n_layers\": -3}}"));
        assertThat(outcome.exitCode()).isEqualTo(2);
        assertThat(outcome.err()).contains("block_hash", "public_key is required", "nonces", "params.dim", "params.n_layers");
    }

    @Test
    void aModelThatDoesNotFitIsRefusedWithItsSizes() throws Exception {
        ObjectNode task = tiny().deepCopy();
        ((ObjectNode) task.get("params")).put("dim", 131072).put("n_heads", 1024).put("n_kv_heads", 1024).put("n_layers", 4096);
        Outcome outcome = run("compute", file("huge.json", task));
        assertThat(outcome.exitCode()).isEqualTo(3);
        assertThat(outcome.err()).contains("GiB", "weight pool");
    }

    @Test
    void helpNamesEveryCommand() {
        StringWriter out = new StringWriter();
        BigNodeCommand.commandLine().setOut(new PrintWriter(out)).execute("--help");
        assertThat(out.toString().lines().map(String::strip)).satisfies(lines -> {
            for (String command : List.of("serve", "worker", "status", "sessions", "devices", "workers", "drain", "admit", "client", "tenant", "backup",
                    "compute", "fingerprint",
                    "verify", "bench", "selftest", "doctor", "completion", "version")) {
                assertThat(lines).as(command).anyMatch(line -> line.startsWith(command + " "));
            }
        });
        assertThat(run("frobnicate").exitCode()).isEqualTo(2);
    }
}
