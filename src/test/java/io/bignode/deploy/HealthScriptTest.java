package io.bignode.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.deploy.Sandbox.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the image's health check says of the processes of a container, which are made up. */
class HealthScriptTest {
    @TempDir
    private Path folder;

    private Sandbox sandbox;
    private Path script;

    @BeforeEach
    void aContainer() throws IOException {
        sandbox = new Sandbox(folder, "stat");
        script = sandbox.copy("deploy/docker/bignode-health", "bignode-health");
        sandbox.set("BIGNODE_PROC", Files.createDirectories(sandbox.path("proc")).toString());
        sandbox.set("DELEGATION_DATA_DIR", Files.createDirectories(sandbox.path("data")).toString());
        process(1, "/usr/bin/tini", "--", "/opt/bignode/bin/bignode");
        curl(0);
    }

    private void process(int pid, String... words) throws IOException {
        sandbox.file("proc/" + pid + "/cmdline", String.join("\0", words) + "\0");
    }

    private void bignode(int pid, String command) throws IOException {
        process(pid, "/opt/bignode/runtime/bin/java", "-Xmx1g", "io.bignode.Main", command);
    }

    /** Writes down how it was called. */
    private void curl(int exit) throws IOException {
        sandbox.command("curl", "echo \"$*\" >'" + sandbox.path("asked") + "'\nexit " + exit + "\n");
    }

    private Outcome health(String... arguments) throws IOException, InterruptedException {
        return sandbox.run(script, arguments);
    }

    @Test
    void aHeadIsAskedWhetherItServesNotWhetherASessionCouldStart() throws Exception {
        bignode(7, "serve");

        assertThat(health().exit()).isZero();
        assertThat(Files.readString(sandbox.path("asked"))).isEqualTo("-fsSk -o /dev/null http://127.0.0.1:9090/health/live\n");
        sandbox.set("DELEGATION_TLS_CERT", "/etc/bignode/tls.crt").set("DELEGATION_PORT", 9443);
        assertThat(health().exit()).isZero();
        assertThat(Files.readString(sandbox.path("asked"))).contains(" https://127.0.0.1:9443/health/live");
        curl(7);
        assertThat(health().exit()).isEqualTo(1);
    }

    @Test
    void aWorkerIsWellWhileItHasJoinedAndAliveWhileItRuns() throws Exception {
        bignode(7, "worker");
        bignode(8, "doctor");
        assertThat(health().err()).contains("has not started yet");

        sandbox.file("data/worker-state", "apart");
        assertThat(health()).satisfies(outcome -> {
            assertThat(outcome.exit()).isEqualTo(1);
            assertThat(outcome.err()).contains("not connected to its head");
        });
        assertThat(health("alive").exit()).isZero();

        Path state = sandbox.file("data/worker-state", "joined");
        assertThat(health().exit()).isZero();
        Files.setLastModifiedTime(state, FileTime.from(Instant.now().minus(Duration.ofMinutes(2))));
        assertThat(health("alive")).satisfies(outcome -> {
            assertThat(outcome.exit()).isEqualTo(1);
            assertThat(outcome.err()).contains("the worker hangs");
        });
    }

    @Test
    void anAgentIsAskedAtItsOwnPort() throws Exception {
        bignode(7, "agent");

        assertThat(health().exit()).isZero();
        assertThat(Files.readString(sandbox.path("asked"))).isEqualTo("-fsS -o /dev/null http://127.0.0.1:8080/health\n");
        curl(7);
        assertThat(health().exit()).isEqualTo(1);
    }

    @Test
    void whereNeitherRunsNothingIsWell() throws Exception {
        bignode(8, "doctor");

        assertThat(health().exit()).isEqualTo(1);
        assertThat(health().err()).contains("neither bignode serve nor bignode worker nor bignode agent runs here");
    }
}
