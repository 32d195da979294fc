package io.bignode.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.bignode.Golden;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The commands that compute without a server, as they are typed. */
class CommandsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private record Outcome(int exitCode, String out, String err) {}

    private static Outcome run(String... args) {
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        StringWriter err = new StringWriter();
        try {
            System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
            CommandLine line = BigNodeCommand.commandLine().setErr(new PrintWriter(err, true));
            return new Outcome(line.execute(args), out.toString(StandardCharsets.UTF_8), err.toString());
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
    void verifyConvictsAForger() throws Exception {
        ObjectNode batch = batch(1.2);
        batch.putArray("dist").addAll(JSON.readTree("[1.1,1.1,1.1,1.1,1.1,1.1,1.1,1.1]").valueStream().toList());
        Outcome outcome = run("verify", file("batch.json", batch));
        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(JSON.readTree(outcome.out()).get("n_invalid").asInt()).isEqualTo(8);
        assertThat(JSON.readTree(outcome.out()).get("fraud_detected").asBoolean()).isTrue();
    }

    @Test
    void verifyRefusesAMalformedBatch() throws Exception {
        Outcome outcome = run("verify", file("batch.json", batch(0.5)));
        assertThat(outcome.exitCode()).isEqualTo(2);
        assertThat(outcome.err()).contains("dist[0] must be a number of at least 0 and below r_target", "dist[7]");
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
        assertThat(out.toString()).contains("compute", "fingerprint", "verify", "bench");
        assertThat(run("frobnicate").exitCode()).isEqualTo(2);
    }
}
