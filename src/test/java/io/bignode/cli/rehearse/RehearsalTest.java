package io.bignode.cli.rehearse;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.cli.rehearse.RehearsalCase.Outcome;
import io.bignode.cli.terminal.Documents;
import io.bignode.node.ExitCode;
import io.bignode.proof.vllm.RehearsedFarm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Rehearsals against a well set-up farm, and what is wrong on the rehearsal's own side. */
@Timeout(120)
class RehearsalTest {
    private static final InstantSource CLOCK = InstantSource.system();

    @TempDir
    private static Path folder;

    private static RehearsedFarm farm;

    @BeforeAll
    static void start() throws Exception {
        farm = new RehearsedFarm(folder, Map.of(), 5_000_000, 5_000_000);
    }

    @AfterAll
    static void end() throws Exception {
        farm.close();
    }

    @Test
    void aGoodFarmWouldBeCountedAndNothingOfItRunsOn() throws Exception {
        Outcome outcome = RehearsalCase.run(CLOCK, "", "--url", farm.url(), "--for", "4s", "--json");

        assertThat(outcome.exitCode()).as(outcome.toString()).isEqualTo(ExitCode.OK);
        JsonNode report = Documents.parse(outcome.out());
        assertThat(report.get("counted").asBoolean()).isTrue();
        assertThat(report.get("model").asText()).isEqualTo(RehearsedFarm.MODEL);
        assertThat(report.get("nonces_per_minute").asDouble()).isBetween(3_000.0, 24_000.0);
        assertThat(report.get("expected").asLong()).isGreaterThan(report.get("artifacts").asLong() * 20);
        assertThat(report.get("verdicts")).hasSize(2).allMatch(verdict -> verdict.get("n_total").asInt() == 32 && verdict.get("n_mismatch").asInt() == 0);
        assertThat(outcome.out() + outcome.err()).doesNotContain(RehearsedFarm.TOKEN);
        assertThat(farm.isBusy()).isFalse();
    }

    @Test
    void aWrongTokenIsNamedAndNotShown() {
        Outcome outcome = RehearsalCase.run(CLOCK, "", "--url", "http://127.0.0.1:" + farm.port() + "/mlnode/another-token-than-theirs");

        assertThat(outcome.exitCode()).isEqualTo(ExitCode.CHECK_FAILED);
        assertThat(outcome.lines("FAIL")).singleElement().asString().contains("token", "does not take this token");
        assertThat(outcome.out()).contains("would be counted: no, because of token");
        assertThat(outcome.toString()).doesNotContain("another-token-than-theirs");
    }

    @Test
    void aModelThatIsNotServedIsNamed() {
        Outcome outcome = RehearsalCase.run(CLOCK, "", "--url", farm.url(), "--model", "org/another");

        assertThat(outcome.exitCode()).isEqualTo(ExitCode.CHECK_FAILED);
        assertThat(outcome.lines("FAIL")).singleElement().asString().contains("model", "serves " + RehearsedFarm.MODEL + " and not org/another");
    }

    @Test
    void aCallbackThatTheNodeMayNotCallIsNamedWithItsAddress() {
        Outcome outcome = RehearsalCase.run(CLOCK, "", "--url", farm.url(), "--callback", "127.0.0.2", "--for", "2s");

        assertThat(outcome.exitCode()).isEqualTo(ExitCode.CHECK_FAILED);
        assertThat(outcome.lines("FAIL")).singleElement().asString().contains("callback", "http://127.0.0.2:", "DELEGATION_CALLBACK_HOSTS");
    }

    @Test
    void aTokenThatWasTypedInTheWrongPlaceIsNotShown() {
        for (List<String> typed : List.of(List.of(farm.url()), List.of("--url", "127.0.0.1/mlnode/" + RehearsedFarm.TOKEN),
                List.of("--url", "http://a b/mlnode/" + RehearsedFarm.TOKEN), List.of("--url", "ftp://a/mlnode/" + RehearsedFarm.TOKEN))) {
            Outcome outcome = RehearsalCase.run(CLOCK, "", typed.toArray(String[]::new));
            assertThat(outcome.exitCode()).isEqualTo(ExitCode.USAGE);
            assertThat(outcome.toString()).doesNotContain(RehearsedFarm.TOKEN);
        }
    }

    @Test
    @Tag("full")
    void aHeadIsFoundByItsAddressAloneAndTheTokenOfTheEnvironment() {
        Outcome outcome = RehearsalCase.run(Map.of("DELEGATION_AUTH_TOKEN", RehearsedFarm.TOKEN), CLOCK, "", "--url", "http://127.0.0.1:" + farm.port(), "--for", "4s");

        assertThat(outcome.exitCode()).as(outcome.toString()).isEqualTo(ExitCode.OK);
        assertThat(outcome.out()).contains("would be counted: yes", "nonces a minute", "takes the devices' time from real orders");
    }

    @Test
    @Tag("full")
    void aClockThatIsAnHourOffIsNamed() {
        Outcome outcome = RehearsalCase.run(() -> Instant.now().plusSeconds(3600), "", "--url", farm.url(), "--for", "4s");

        assertThat(outcome.exitCode()).isEqualTo(ExitCode.CHECK_FAILED);
        assertThat(outcome.lines("FAIL")).singleElement().asString().contains("clock", "behind this host's", "time synchronisation");
    }

    @Test
    @Tag("full")
    void nodesOfTheListWithOneIdAreNamed() throws Exception {
        Path list = Files.writeString(folder.resolve("nodes.json"), """
                [{"id": "node1", "host": "a.example.org", "poc_port": 9090, "poc_segment": "/mlnode/secret-of-the-list"},
                 {"id": "node1", "host": "b.example.org", "poc_port": 9090, "poc_segment": "/mlnode/secret-of-the-list"},
                 {"id": "node2", "host": "b.example.org", "poc_port": 9090, "poc_segment": "/mlnode/secret-of-the-list"}]
                """);
        Outcome outcome = RehearsalCase.run(CLOCK, "", "--url", farm.url(), "--for", "4s", "--nodes", list.toString());

        assertThat(outcome.exitCode()).isEqualTo(ExitCode.CHECK_FAILED);
        assertThat(outcome.lines("FAIL")).hasSize(2).allMatch(line -> line.contains("node-ids")).anyMatch(line -> line.contains("have the id node1"));
        assertThat(outcome.out()).doesNotContain("secret-of-the-list");
    }
}
