package io.bignode.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.deploy.Sandbox.Outcome;
import io.bignode.engine.cuda.SimulatedGpu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The acceptance run with the program itself on a simulated GPU, every size small: from the start to the tables, and to the end at the first part that fails. What
 * the run is to find on a GPU is another matter; that a command, an option or a field of its output is wrong shows here.
 */
@Tag("full")
@Timeout(600)
class GpuAcceptanceRunTest {
    @TempDir
    private Path folder;

    private Sandbox sandbox;
    private Path script;

    @BeforeEach
    void aHostWithOneGpu() throws IOException {
        SimulatedGpu machine = SimulatedGpu.with(1, 1L << 30);
        sandbox = new Sandbox(
                folder, "basename", "cat", "cut", "date", "dirname", "grep", "gzip", "mkdir", "mktemp", "rm", "sed", "sleep", "tail", "tar", "timeout", "g++", "sh",
                "as", "ld");
        sandbox.command("python3", "exec " + GpuAcceptanceTest.interpreter() + " \"$@\"\n");
        sandbox.set("TMPDIR", Files.createDirectories(folder.resolve("tmp")));
        script = sandbox.copy("src/bench/gpu-acceptance.sh", "dist/bench/gpu-acceptance.sh");
        sandbox.copy("src/bench/yardstick/acceptance.py", "dist/bench/yardstick/acceptance.py");
        for (String golden : new String[] {"small-models.json", "test-net.json", "main-net.json"}) {
            sandbox.copy("src/test/resources/golden/" + golden, "dist/bench/golden/" + golden);
        }
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        sandbox.script("dist/bin/bignode", """
                [[ $1 != selftest || -z ${SELFTEST_FAILS-} ]] || export SIMULATED_GPU_FAILS=cuLaunchKernel
                exec '%s' --enable-native-access=ALL-UNNAMED -cp '%s' io.bignode.Main "$@"
                """.formatted(java, System.getProperty("java.class.path")));
        sandbox.set("GPU_ACCEPTANCE_SMALL", "yes")
                .set("SIMULATED_GPU_BYTES", Long.toString(1L << 30))
                .set("DELEGATION_CUDA_LIBRARIES", machine.folder());
    }

    private Outcome run() throws Exception {
        return sandbox.run(script, "--seconds", "1", "--budget", "550", "results");
    }

    @Test
    void itGoesFromTheStartToTheTables() throws Exception {
        Outcome outcome = run();

        System.out.println(outcome.out() + outcome.err());
        assertThat(outcome.err()).contains("GPU_ACCEPTANCE_SMALL is set: every size is small");
        assertThat(outcome.out())
                .contains("| device | Simulated GPU, compute capability 9.0, 1.0 GiB |", "| sizes | all small, as GPU_ACCEPTANCE_SMALL is set")
                .contains("PASS    1 every kernel by itself: 1 devices, 0 deviations")
                .contains("| 1 deviation, main-net |", "| 3 main-net, nonces/s |", "| 3 test-net, nonces/s |", "| 4 main-net, cold start |")
                .contains("| 1 deviation, test-net with our feed-forward kernel |", "FAIL    5 device memory of main-net: the capped run took");
        assertThat(sandbox.path("results/logs.tar.gz")).isRegularFile();
        assertThat(sandbox.path("tmp")).as("what it works with is gone").isEmptyDirectory();
    }

    @Test
    void itEndsAtAFirstPartThatFails() throws Exception {
        // Doctor found all well; now every kernel's launch fails.
        sandbox.set("SELFTEST_FAILS", "yes");

        Outcome outcome = run();

        assertThat(outcome.exit()).as(outcome.err()).isEqualTo(1);
        assertThat(outcome.err()).contains("selftest failed, so that nothing else is measured").doesNotContain("bench-main-net");
        assertThat(outcome.out()).contains("| device | Simulated GPU", "NOT RUN 3 speed, main-net");
        assertThat(sandbox.path("results/results.json")).isRegularFile();
    }
}
