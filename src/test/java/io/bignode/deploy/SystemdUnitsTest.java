package io.bignode.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.bignode.config.Setting;
import io.bignode.config.Setting.ReadBy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The units of deploy/systemd, as systemd's own tool sees them. */
class SystemdUnitsTest {
    private static final Path ANALYZE = Path.of("/usr/bin/systemd-analyze");

    @TempDir
    Path folder;

    private static String read(String unit) throws IOException {
        return Files.readString(Sandbox.project().resolve("deploy/systemd/" + unit));
    }

    private String analyze(String... arguments) throws Exception {
        assumeTrue(Files.isExecutable(ANALYZE), "systemd-analyze is not installed: apt-get install systemd");
        String[] command = new String[arguments.length + 1];
        command[0] = ANALYZE.toString();
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        // systemd 254 brought these two; one that is older says so and goes on without them.
        String rest = told.replaceAll("(?m)^.*Unknown key( name)? '(RestartSteps|RestartMaxDelaySec)' in section .*, ignoring\\.\n", "");
        return process.waitFor() == 0 ? rest : "exit " + process.exitValue() + "\n" + rest;
    }

    @ParameterizedTest
    @ValueSource(strings = {"bignode.service", "bignode-worker.service", "bignode-agent.service"})
    void systemdFindsNothingWrong(String unit) throws Exception {
        // The program need not be installed here: another one stands in for it.
        Path copy = Files.writeString(folder.resolve(unit), read(unit).replace("ExecStart=/opt/bignode/bin/bignode", "ExecStart=/bin/true"));

        assertThat(analyze("verify", "--man=no", copy.toString())).isEmpty();
    }

    @Test
    void systemdFindsNothingWrongWithTheSocketAndTheServiceThatGetsIt() throws Exception {
        Files.writeString(folder.resolve("bignode.service"), read("bignode.service").replace("ExecStart=/opt/bignode/bin/bignode", "ExecStart=/bin/true"));
        Path dropIns = Files.createDirectories(folder.resolve("bignode.service.d"));
        Files.writeString(dropIns.resolve("socket.conf"), read("bignode-socket.conf"));
        Path socket = Files.writeString(folder.resolve("bignode.socket"), read("bignode.socket"));

        assertThat(analyze("verify", "--man=no", socket.toString(), folder.resolve("bignode.service").toString())).isEmpty();
    }

    @Test
    void theSocketIsStandardInputAndTheLogGoesToTheJournal() throws Exception {
        assertThat(read("bignode-socket.conf")).contains("StandardInput=socket\n", "StandardOutput=journal\n", "StandardError=journal\n",
                "Sockets=bignode.socket\n");
        assertThat(read("bignode.socket")).contains("Accept=no\n", "ListenStream=0.0.0.0:9090\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bignode.service", "bignode-worker.service", "bignode-agent.service"})
    void systemdCallsItsExposureSmall(String unit) throws Exception {
        Path copy = Files.writeString(folder.resolve(unit), read(unit));

        // In tenths of its scale of ten; what is left is what a JVM and a GPU need.
        assertThat(analyze("security", "--offline=true", "--threshold=20", copy.toString())).doesNotStartWith("exit").contains("Overall exposure level");
    }

    @ParameterizedTest
    @CsvSource({"bignode.service, HEAD", "bignode-worker.service, WORKER", "bignode-agent.service, AGENT"})
    void itSetsWhatItsProgramReads(String unit, ReadBy program) throws Exception {
        List<String> set = read(unit).lines().filter(line -> line.startsWith("Environment=")).flatMap(line -> Arrays.stream(line.substring(12).split(" ")))
                .map(variable -> variable.split("=")[0]).filter(name -> !name.equals("HOME")).toList();

        assertThat(set).isNotEmpty().isSubsetOf(Setting.of(program).stream().map(Setting::variable).toList());
    }

    /** A head must be back before small nodes give up, nine seconds after their first failed poll; a store that is damaged needs no four starts a second. */
    @Test
    void startsThatFailAgainAndAgainBecomeRarerAndAHeadsNotTooRare() throws Exception {
        assertThat(read("bignode.service")).contains("RestartSec=250ms\nRestartSteps=5\nRestartMaxDelaySec=5s\n");
        assertThat(read("bignode-worker.service")).containsPattern("RestartSteps=\\d+\nRestartMaxDelaySec=60s\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bignode.service", "bignode-worker.service", "bignode-agent.service"})
    void itRunsTheDistributionAndHoldsNoSecret(String unit) throws Exception {
        assertThat(read(unit)).containsPattern("ExecStart=/opt/bignode/bin/bignode (serve|worker|agent)\n").contains("EnvironmentFile=/etc/bignode/")
                .doesNotContain("TOKEN=");
    }
}
