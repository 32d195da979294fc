package io.bignode.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.deploy.Sandbox.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The scripts of {@code deploy/join}, with a docker that only writes down how it was called. */
class DeployScriptsTest {
    private static final String TOKEN = "4f1c5cbd1f0e4f7f9f56b1d1f7a4e2c3";
    private static final String FILES = "-f docker-compose.yml -f docker-compose.mlnode.yml -f docker-compose.mlnode.local.yml";

    private static final String INSPECT = "inspect --format {{index .Config.Labels \"com.docker.compose.project\"}} mlnode-308";

    @TempDir
    private Path folder;

    private Sandbox sandbox;

    @BeforeEach
    void aHostThatCanRunTheNode() throws IOException {
        sandbox = new Sandbox(folder, "cat", "dirname", "find", "sed", "sleep");
        for (String name : List.of("checks.sh", "compose.sh", "deploy-local.sh", "rebuild.sh", "config.env.template")) {
            sandbox.copy("deploy/join/" + name, "join/" + name);
        }
        Files.createDirectories(sandbox.path("shared cache"));
        docker("");
    }

    @ParameterizedTest
    @ValueSource(strings = {"deploy-local.sh", "rebuild.sh"})
    void refuseToDeployWithoutAConfiguration(String script) throws Exception {
        Outcome outcome = run(script);

        assertThat(outcome.exit()).isEqualTo(3);
        assertThat(outcome.err()).contains("no config.env", "cp config.env.template config.env", "openssl rand -hex 32");
        assertThat(calls()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"deploy-local.sh", "rebuild.sh"})
    void refuseTheTemplateAsItIs(String script) throws Exception {
        Files.copy(sandbox.path("join/config.env.template"), sandbox.path("join/config.env"));

        Outcome outcome = run(script);

        assertThat(outcome.exit()).isEqualTo(3);
        assertThat(outcome.err()).contains("DELEGATION_AUTH_TOKEN is still the template's", "openssl rand -hex 32");
        assertThat(calls()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"deploy-local.sh", "rebuild.sh"})
    void refuseAShortTokenWithoutPrintingIt(String script) throws Exception {
        configure("fifteen-letters", "");

        Outcome outcome = run(script);

        assertThat(outcome.exit()).isEqualTo(3);
        assertThat(outcome.err()).contains("has 15 characters, fewer than 16", "openssl rand -hex 32", "DELEGATION_ALLOW_SHORT_TOKEN=true")
                .doesNotContain("fifteen-letters");
        assertThat(calls()).isEmpty();
    }

    @Test
    void takesAShortTokenWhenToldTo() throws Exception {
        configure("fifteen-letters", "DELEGATION_ALLOW_SHORT_TOKEN=true\n");
        Outcome outcome = run("rebuild.sh");
        assertThat(outcome.err()).contains("has only 15 characters and can be guessed").doesNotContain("FAIL", "fifteen-letters");

        configure("five5", "DELEGATION_ALLOW_SHORT_TOKEN=true\n");
        assertThat(run("rebuild.sh").err()).contains("has 5 characters, fewer than 6");
    }

    @Test
    void refusesAnEmptyToken() throws Exception {
        configure("", "");

        assertThat(run("deploy-local.sh").err()).contains("DELEGATION_AUTH_TOKEN is not set");
        assertThat(calls()).isEmpty();
    }

    @Test
    void namesAllFaultsAtOnce() throws Exception {
        configure("short", "DELEGATION_PORT=70000\nHF_HOME=/nowhere/at/all\nBIGNODE_GPUS=some\n");

        assertThat(run("deploy-local.sh").err())
                .contains("DELEGATION_AUTH_TOKEN", "DELEGATION_PORT must be", "BIGNODE_GPUS must be")
                .contains("HF_HOME is /nowhere/at/all, which is no folder");
    }

    @Test
    void recognisesLineEndsOfWindows() throws Exception {
        configure(TOKEN + "\r", "");

        assertThat(run("deploy-local.sh").err()).contains("a line end of Windows").doesNotContain(TOKEN);
    }

    @Test
    void saysWhereDockerComesFrom() throws Exception {
        configure(TOKEN, "");
        Files.delete(sandbox.path("bin/docker"));

        Outcome outcome = run("deploy-local.sh");

        assertThat(outcome.exit()).isEqualTo(3);
        assertThat(outcome.err()).contains("docker is not installed", "https://docs.docker.com/engine/install/");
    }

    @Test
    void tellsAMissingPluginFromAnEngineThatDoesNotAnswer() throws Exception {
        configure(TOKEN, "");

        docker("[[ $* != 'compose version --short' ]] || exit 1");
        assertThat(run("deploy-local.sh").err()).contains("no compose plugin", "docker-compose-plugin");

        docker("[[ $* != info ]] || exit 1");
        assertThat(run("deploy-local.sh").err()).contains("engine does not answer", "systemctl start docker");
    }

    @Test
    void withoutTheNvidiaRuntimeItSaysWhatToInstallBeforeItBuilds() throws Exception {
        configure(TOKEN, "");
        docker("[[ $1 != info ]] || { echo '{\"runc\":{}}'; exit 0; }");

        Outcome outcome = run("deploy-local.sh");

        assertThat(outcome.exit()).isEqualTo(3);
        assertThat(outcome.err()).contains("no NVIDIA runtime", "nvidia-ctk runtime configure --runtime=docker", "BIGNODE_GPUS=none");
        assertThat(calls()).noneMatch(call -> call.contains("build"));
    }

    @Test
    void stopsWhenAContainerCannotSeeTheGpus() throws Exception {
        configure(TOKEN, "");
        docker("[[ $* != *nvidia-smi* ]] || exit 1");

        Outcome outcome = run("deploy-local.sh");

        assertThat(outcome.exit()).isEqualTo(3);
        assertThat(outcome.err()).contains("cannot see the GPUs");
        assertThat(calls()).noneMatch(call -> call.contains(" up "));
    }

    @Test
    void buildsTriesTheGpusOutPreparesTheCacheAndStarts() throws Exception {
        configure(TOKEN, "DELEGATION_PORT=9191\n");

        Outcome outcome = run("deploy-local.sh");

        assertThat(outcome.exit()).as(outcome.err()).isZero();
        assertThat(calls())
                .containsSubsequence(
                        "compose " + FILES + " build mlnode-308",
                        "run --rm --gpus all --network none --entrypoint nvidia-smi bignode:latest --list-gpus",
                        "run --rm --network none --user 0:0 --volume " + sandbox.path("shared cache")
                                + ":/mnt/shared --entrypoint install bignode:latest -d -o 10001 -g 10001 -m 0750 /mnt/shared/bignode",
                        "compose " + FILES + " up --detach --wait --wait-timeout 180 mlnode-308")
                .noneMatch(call -> call.contains(TOKEN));
        assertThat(outcome.out()).contains("curl http://localhost:9191/health", "docker logs -f mlnode-308");
        assertThat(outcome.out() + outcome.err()).doesNotContain(TOKEN);
        assertThat(sandbox.path("docker-saw-token")).as("compose finds the token in its environment").hasContent(TOKEN);
    }

    @Test
    void aHostWithoutAGpuIsNotAskedForOne() throws Exception {
        configure(TOKEN, "BIGNODE_GPUS=none\n");
        docker("[[ $* != *nvidia* && $* != *gpus* ]] || exit 1");

        assertThat(run("deploy-local.sh").exit()).isZero();
        assertThat(calls()).contains("compose " + FILES + " -f docker-compose.cpu.yml up --detach --wait --wait-timeout 180 mlnode-308");
    }

    @Test
    void showsTheLastLinesOfANodeThatDoesNotBecomeHealthy() throws Exception {
        configure(TOKEN, "");
        docker("case $* in *' up '*) exit 1 ;; logs*) echo 'port is taken'; exit 0 ;; esac");

        Outcome outcome = run("deploy-local.sh");

        assertThat(outcome.exit()).isEqualTo(3);
        assertThat(outcome.err()).contains("port is taken", "did not become healthy", "docker logs mlnode-308");
        assertThat(outcome.out()).isEmpty();
    }

    @Test
    void rebuildingBuildsAndStartsAndNothingElse() throws Exception {
        configure(TOKEN, "");

        assertThat(run("rebuild.sh").exit()).isZero();
        assertThat(calls())
                .containsExactly(
                        "compose version --short",
                        "info",
                        "compose " + FILES + " build mlnode-308",
                        INSPECT,
                        "compose " + FILES + " up --detach --wait --wait-timeout 180 mlnode-308");
    }

    @Test
    void composeIsCalledWithAllThatBelongsTogetherOnTheHost() throws Exception {
        configure(TOKEN, "BIGNODE_GPUS=none\nDELEGATION_WORKER_PORT=9091\nBIGNODE_MONITORING=on\n");

        Outcome outcome = sandbox.run(sandbox.path("join/compose.sh"), "up", "-d");

        assertThat(outcome.exit()).as(outcome.err()).isZero();
        assertThat(calls().getLast()).isEqualTo("compose " + FILES + " -f docker-compose.workers.yml -f docker-compose.cpu.yml -f docker-compose.monitoring.yml"
                + " --profile monitoring up -d");
        assertThat(sandbox.run(sandbox.path("join/compose.sh")).exit()).isEqualTo(2);
    }

    @Test
    void anMlNodesOwnPortIsPublishedAndHasToBeAnotherOne() throws Exception {
        configure(TOKEN, "DELEGATION_MLNODE_PORT=9092\n");
        assertThat(sandbox.run(sandbox.path("join/compose.sh"), "up", "-d").exit()).isZero();
        assertThat(calls().getLast()).isEqualTo("compose " + FILES + " -f docker-compose.mlnode-port.yml up -d");

        configure(TOKEN, "DELEGATION_WORKER_PORT=9092\nDELEGATION_MLNODE_PORT=9092\n");
        Outcome outcome = run("deploy-local.sh");
        assertThat(outcome.exit()).isNotZero();
        assertThat(outcome.err()).contains("DELEGATION_MLNODE_PORT must be another port");
    }

    @Test
    void whatConfigEnvNamesNoMoreIsNotInForceAnyMore() throws Exception {
        configure(TOKEN, "");
        sandbox.set("DELEGATION_LOG_FORMAT", "json").set("BIGNODE_GPUS", "none").set("DELEGATION_WORKER_PORT", "9091");
        docker("echo \"${DELEGATION_LOG_FORMAT-none}\" >'" + sandbox.path("docker-saw-format") + "'");

        assertThat(run("rebuild.sh").exit()).isZero();

        assertThat(sandbox.path("docker-saw-format")).hasContent("none");
        assertThat(calls().getLast()).startsWith("compose " + FILES + " up");
    }

    @Test
    void aNameThatIsNoSettingIsToldWithoutItsValue() throws Exception {
        configure(TOKEN, "DELEGATION_MARGN=" + TOKEN + "\nexport BIGNODE_GPU=none\nDELEGATION_HOST=10.0.0.5\nDELEGATION_MARGIN=1e-5\nBIGNODE_IMAGE=bignode:mine\n");

        Outcome outcome = run("rebuild.sh");

        assertThat(outcome.exit()).as(outcome.err()).isZero();
        assertThat(outcome.err())
                .contains("config.env sets DELEGATION_MARGN,", "config.env sets BIGNODE_GPU,", "config.env sets DELEGATION_HOST,")
                .doesNotContain("sets DELEGATION_MARGIN,", "sets BIGNODE_IMAGE,", "sets DELEGATION_AUTH_TOKEN,", TOKEN);
    }

    @Test
    void aMistypedNameIsToldBesideTheFaultThatComesOfIt() throws Exception {
        sandbox.file("join/config.env", "DELEGATION_AUTH_TOKN=" + TOKEN + "\nHF_HOME='" + sandbox.path("shared cache") + "'\n");

        Outcome outcome = run("deploy-local.sh");

        assertThat(outcome.exit()).isEqualTo(3);
        assertThat(outcome.err()).contains("config.env sets DELEGATION_AUTH_TOKN,", "DELEGATION_AUTH_TOKEN is not set").doesNotContain(TOKEN);
    }

    @Test
    void aWorkersHostIsDeployedFromTheSameFolder() throws Exception {
        configure("", "BIGNODE_ROLE=worker\nDELEGATION_JOIN=head.example.org:9091\nDELEGATION_JOIN_TOKEN=" + TOKEN + "\n");

        Outcome outcome = run("deploy-local.sh");

        assertThat(outcome.exit()).as(outcome.err()).isZero();
        assertThat(calls()).contains("compose -f docker-compose.yml -f docker-compose.worker.yml up --detach --wait --wait-timeout 180 bignode-worker");
        assertThat(outcome.err()).contains("bignode-worker has joined head.example.org:9091").doesNotContain(TOKEN);
    }

    @Test
    void aWorkerWithoutAHeadIsToldWhatIsMissing() throws Exception {
        configure("", "BIGNODE_ROLE=worker\n");

        Outcome outcome = run("deploy-local.sh");

        assertThat(outcome.exit()).isEqualTo(3);
        assertThat(outcome.err()).contains("DELEGATION_JOIN must be the head's HOST:PORT", "DELEGATION_JOIN_TOKEN is not set")
                .doesNotContain("DELEGATION_AUTH_TOKEN");
    }

    @Test
    void aHeadWithoutADeviceIsDeployedAndSaysWhatWorkersNeed() throws Exception {
        configure(TOKEN, "BIGNODE_GPUS=none\nDELEGATION_DEVICES=none\nDELEGATION_WORKER_PORT=9091\n");
        docker("[[ $* != exec*/health/ready ]] || exit 22");

        Outcome outcome = run("deploy-local.sh");

        assertThat(outcome.exit()).as(outcome.err()).isZero();
        assertThat(outcome.err()).contains("no device works yet", "bignode worker --join", "join-token");
        assertThat(outcome.out()).contains("mlnode-308 is healthy");
    }

    /** Where the log is JSON, the command stands in the middle of a line. */
    @ParameterizedTest
    @ValueSource(strings = {"deploy/join/checks.sh", "deploy/join/README.md"})
    void theWorkersCommandIsTakenFromALogOfEitherKind(String file) throws Exception {
        String told = "bignode worker --join THIS-HOST:9091 --fingerprint " + "5f2c".repeat(16);
        Matcher pattern = Pattern.compile("grep -o '(bignode worker --join[^']*)'").matcher(Files.readString(Sandbox.project().resolve(file)));
        assertThat(pattern.find()).isTrue();

        for (String line : List.of("14:02:11 INFO workers join with: " + told, "{\"message\":\"workers join with: " + told + "\",\"thread\":\"main\"}")) {
            sandbox.allow("grep").file("log", line + "\n");
            Path script = sandbox.script("look", "exec grep -o '" + pattern.group(1) + "' '" + sandbox.path("log") + "'\n");
            assertThat(sandbox.run(script).out()).isEqualTo(told + "\n");
        }
    }

    @Test
    void aNodeOfTheProjectThatWasCalledByTheFolderIsReplaced() throws Exception {
        configure(TOKEN, "");
        docker("[[ $1 != inspect ]] || { echo join; exit 0; }");

        Outcome outcome = run("rebuild.sh");

        assertThat(outcome.exit()).isZero();
        assertThat(outcome.err()).contains("belongs to the compose project join");
        assertThat(calls()).containsSubsequence(INSPECT, "stop mlnode-308", "rm mlnode-308", "compose " + FILES
                + " up --detach --wait --wait-timeout 180 mlnode-308");
    }

    @ParameterizedTest
    @ValueSource(strings = {"up", "up -d", "up --detach mlnode-308", "up -t 5 prometheus mlnode-308", "up --scale prometheus=2", "up --timeout=5", "up -dt 5"})
    void composeReplacesANodeOfTheOldProjectWhereItMakesOne(String command) throws Exception {
        configure(TOKEN, "BIGNODE_MONITORING=on\n");
        docker("[[ $1 != inspect ]] || { echo join; exit 0; }");

        assertThat(sandbox.run(sandbox.path("join/compose.sh"), command.split(" ")).exit()).isZero();

        assertThat(calls()).containsSubsequence(INSPECT, "stop mlnode-308", "rm mlnode-308");
        assertThat(calls().getLast()).endsWith(" --profile monitoring " + command);
    }

    /** It would be gone, and nothing would start it again. */
    @ParameterizedTest
    @ValueSource(strings = {
        "up -d prometheus", "up --timeout 5 prometheus grafana", "up --attach mlnode-308 prometheus", "up --no-start", "up --no-start mlnode-308",
        "up --dry-run", "up --help", "ps", "up -dt 5 grafana"
    })
    void composeLeavesANodeOfTheOldProjectAloneWhereItMakesNone(String command) throws Exception {
        configure(TOKEN, "BIGNODE_MONITORING=on\n");
        docker("[[ $1 != inspect ]] || { echo join; exit 0; }");

        assertThat(sandbox.run(sandbox.path("join/compose.sh"), command.split(" ")).exit()).isZero();

        assertThat(calls()).doesNotContain("stop mlnode-308", "rm mlnode-308");
        assertThat(calls().getLast()).endsWith(" --profile monitoring " + command);
    }

    @ParameterizedTest
    @CsvSource({"up -d, compose build", "up -d --no-build, image inspect", "up --build -d, compose build", "up --pull always, compose pull"})
    void composeLeavesANodeOfTheOldProjectAloneWhereTheNewImageCannotBeHad(String command, String tried) throws Exception {
        configure(TOKEN, "");
        docker("case $* in inspect*) echo join; exit 0 ;; 'image inspect'* | *' build '* | *' pull '*) exit 1 ;; esac");

        Outcome outcome = sandbox.run(sandbox.path("join/compose.sh"), command.split(" "));

        assertThat(outcome.exit()).isEqualTo(3);
        assertThat(outcome.err()).contains("the image bignode:latest could not be pulled or built", "mlnode-308 is left as it was");
        assertThat(calls().getLast().replace(FILES + " ", "")).startsWith(tried);
        assertThat(calls()).doesNotContain("stop mlnode-308", "rm mlnode-308");
    }

    @ParameterizedTest
    @CsvSource({"'', build", "BIGNODE_IMAGE=registry.example.org/bignode:1, pull"})
    void composeGetsTheNewImageBeforeANodeOfTheOldProjectGoes(String setting, String how) throws Exception {
        configure(TOKEN, setting + "\n");
        Path got = sandbox.path("got");
        docker("case $* in inspect*) echo join; exit 0 ;; 'image inspect'*) [[ -f '" + got + "' ]] || exit 1 ;; *' " + how + " '*) : >'" + got + "' ;; esac");

        assertThat(sandbox.run(sandbox.path("join/compose.sh"), "up", "-d").exit()).isZero();

        assertThat(calls()).containsSubsequence("compose " + FILES + " " + how + " mlnode-308", "stop mlnode-308", "rm mlnode-308", "compose " + FILES
                + " up -d");
    }

    @Test
    void composeReplacesAWorkerOfTheOldProjectByItsOwnName() throws Exception {
        configure("", "BIGNODE_ROLE=worker\nDELEGATION_JOIN=head.example.org:9091\nDELEGATION_JOIN_TOKEN=" + TOKEN + "\n");
        docker("[[ $1 != inspect ]] || { echo join; exit 0; }");

        assertThat(sandbox.run(sandbox.path("join/compose.sh"), "up", "bignode-worker").exit()).isZero();

        assertThat(calls()).containsSubsequence("stop bignode-worker", "rm bignode-worker");
    }

    @Test
    void withTlsTheCommandsItPrintsSpeakHttpsByTheNameInTheCertificate() throws Exception {
        configure(TOKEN, "DELEGATION_TLS_CERT=/etc/bignode/tls.crt\nDELEGATION_TLS_KEY=/etc/bignode/tls.key\n");
        sandbox.command("openssl", "printf 'X509v3 Subject Alternative Name:\\n    DNS:bignode.example.org, DNS:other.example.org\\n'\n");

        assertThat(run("deploy-local.sh").out())
                .contains("curl --cacert ./config/tls.crt --connect-to ::localhost: https://bignode.example.org:9090/health")
                .doesNotContain("http://");
    }

    @ParameterizedTest
    @CsvSource({"0.0.0.0, localhost", "127.0.0.1, localhost", "192.0.2.7, 192.0.2.7", "::1, [::1]", "[2001:db8::7], [2001:db8::7]"})
    void theCommandsItPrintsNameTheAddressThatIsPublished(String bind, String host) throws Exception {
        configure(TOKEN, "BIGNODE_BIND='" + bind + "'\n");

        assertThat(run("deploy-local.sh").out()).contains("curl http://" + host + ":9090/health");
    }

    @Test
    void aComposeThatIsTooOldIsTold() throws Exception {
        configure(TOKEN, "");
        docker("[[ $* != 'compose version --short' ]] || { echo v2.17.3; exit 0; }");

        assertThat(run("deploy-local.sh").err()).contains("Compose v2.17.3 is too old", "2.18");
    }

    @ParameterizedTest
    @ValueSource(strings = {"deploy-local.sh", "rebuild.sh"})
    void showUsageForAnArgument(String script) throws Exception {
        assertThat(sandbox.run(sandbox.path("join/" + script), "--help").exit()).isEqualTo(2);
    }

    private Outcome run(String script) throws IOException, InterruptedException {
        return sandbox.run(sandbox.path("join/" + script));
    }

    private void configure(String token, String more) throws IOException {
        sandbox.file("join/config.env", "DELEGATION_AUTH_TOKEN=" + token + "\nHF_HOME='" + sandbox.path("shared cache") + "'\n" + more);
    }

    /** A docker that does these lines first; they may exit. */
    private void docker(String lines) throws IOException {
        sandbox.command(
                "docker",
                "echo \"$*\" >>'" + sandbox.path("calls") + "'\n" + lines + "\n"
                        + "[[ $1 != info ]] || echo '{\"nvidia\":{},\"runc\":{}}'\n"
                        + "[[ $* != *' up '* ]] || echo \"$DELEGATION_AUTH_TOKEN\" >'" + sandbox.path("docker-saw-token") + "'\n");
    }

    private List<String> calls() throws IOException {
        return Files.exists(sandbox.path("calls")) ? Files.readAllLines(sandbox.path("calls")) : List.of();
    }
}
