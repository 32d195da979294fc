package io.bignode.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.deploy.Sandbox.Outcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code src/bench/gpu-acceptance.sh} with a node, a PyTorch, an nvidia-smi and a compute-sanitizer that answer what they are told to: its table, its
 * verdicts, and that no part which fails stops the others.
 */
class GpuAcceptanceTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> TOOLS = List.of(
            "basename", "cut", "date", "dirname", "grep", "gzip", "mkdir", "mktemp", "rm", "sed", "sleep", "tail", "tar", "timeout");

    @TempDir
    private Path folder;

    private Sandbox sandbox;
    private Path script;

    @BeforeEach
    void aMachineWhereAllIsWell() throws IOException {
        boolean python = Sandbox.has("python3");
        if (!python) System.err.println("skipped: python3 is not installed (apt-get install python3)");
        Assumptions.assumeTrue(python, "python3 is not installed (apt-get install python3)");
        sandbox = new Sandbox(folder, TOOLS.toArray(String[]::new));
        sandbox.set("TMPDIR", Files.createDirectories(folder.resolve("tmp")));
        script = sandbox.copy("src/bench/gpu-acceptance.sh", "dist/bench/gpu-acceptance.sh");
        sandbox.copy("src/bench/yardstick/acceptance.py", "dist/bench/yardstick/acceptance.py");
        for (String golden : List.of("small-models.json", "test-net.json", "main-net.json")) {
            sandbox.copy("src/test/resources/golden/" + golden, "dist/bench/golden/" + golden);
        }
        sandbox.script("dist/bin/bignode", "exec python3 '" + node() + "' \"$@\"\n");
        // Its own `-c` and the report run for real; the yardstick, which would want torch, answers from the stub.
        sandbox.command("python3", """
                case "$*" in
                  *'import numpy, torch'*) [[ -z ${NO_TORCH-} ]] || { echo 'No module named torch' >&2; exit 1; } ;;
                  *agreement.py*|*torch_gpu_baseline.py*) exec %1$s '%2$s' "$@" ;;
                  *) exec %1$s "$@" ;;
                esac
                """.formatted(interpreter(), yardstick()));
        sandbox.command("nvidia-smi", """
                used=71000
                [[ -z ${DELEGATION_GPU_MEMORY_GIB-} ]] || used=7700
                echo "$used, 99, 650.5, 1755, 61"
                exec sleep 600
                """);
        sandbox.command("compute-sanitizer", """
                while [[ $1 != */bignode ]]; do
                  [[ $1 != --log-file ]] || log=$2
                  [[ $1 != --tool ]] || tool=$2
                  shift
                done
                case $tool in
                  memcheck) echo "========= ERROR SUMMARY: ${MEMORY_ERRORS:-0} errors" >"$log" ;;
                  *) echo '========= RACECHECK SUMMARY: 0 hazards displayed (0 errors, 0 warnings)' >"$log" ;;
                esac
                [[ -z ${MEMORY_ERRORS-} || $tool != memcheck ]] || exit 9
                exec "$@"
                """);
    }

    @Test
    void aFastAndExactEnginePassesEveryCriterion() throws Exception {
        Outcome outcome = run();

        assertThat(outcome.exit()).as(outcome.out() + outcome.err()).isZero();
        assertThat(verdicts(outcome)).hasSize(9).allMatch(line -> line.startsWith("PASS"));
        assertThat(outcome.out())
                .contains("| device | NVIDIA H100 80GB HBM3, compute capability 9.0, 79.6 GiB |")
                .contains("| driver | 580.159.04, CUDA 13.0 |")
                .contains("PASS    3 speed, main-net: 70 nonces/s, 92.3% of the 8192³ rate")
                .contains("1.89 × the yardstick")
                .contains("PASS    4 cold start to the first main-net batch: 1.80 s")
                .contains("mean 650 W, 1755 MHz");
        assertThat(sandbox.path("results/table.md")).content().contains("| 6 | compute-sanitizer racecheck | PASS |");
        JsonNode results = JSON.readTree(sandbox.path("results/results.json").toFile());
        assertThat(results.at("/figures/main-net_nonces_per_second").doubleValue()).isEqualTo(70.0);
        assertThat(results.get("verdicts")).hasSize(9);
        assertThat(sandbox.path("results/logs.tar.gz")).isRegularFile();
        assertThat(sandbox.path("tmp")).as("what it works with is gone").isEmptyDirectory();
    }

    @Test
    void everyCriterionCanFailAndNoneHidesAnother() throws Exception {
        sandbox.set("SHIFT", "2e-5").set("RATE", "30").set("COLD", "4.5").set("CAP_IGNORED", "yes").set("MEMORY_ERRORS", "3");

        Outcome outcome = run();

        assertThat(outcome.exit()).isEqualTo(1);
        assertThat(verdicts(outcome))
                .anyMatch(line -> line.startsWith("FAIL    1 ") && line.contains("2.00e-05"))
                .anyMatch(line -> line.startsWith("FAIL    2 ") && line.contains("lie above it for the yardstick"))
                .anyMatch(line -> line.startsWith("FAIL    3 speed, main-net: 39.6%"))
                .anyMatch(line -> line.startsWith("FAIL    4 ") && line.contains("4.50 s"))
                .anyMatch(line -> line.startsWith("FAIL    5 ") && line.contains("the cap had no effect"))
                .anyMatch(line -> line.startsWith("FAIL    6 compute-sanitizer memcheck: ERROR SUMMARY: 3 errors"))
                .anyMatch(line -> line.startsWith("FAIL    6 compute-sanitizer racecheck") && line.contains("2.0e-05"));
    }

    @Test
    @Tag("full")
    void aPartThatBreaksIsNotRunAndTheOthersGoOn() throws Exception {
        sandbox.set("BREAKS", "bench --params main-net");

        Outcome outcome = run();

        assertThat(outcome.exit()).isZero();
        assertThat(outcome.err()).contains("bench-main-net: ended with 4: bignode: internal error: CUDA_ERROR_LAUNCH_FAILED");
        assertThat(verdicts(outcome))
                .anyMatch(line -> line.startsWith("NOT RUN 3 speed, main-net") && line.contains("CUDA_ERROR_LAUNCH_FAILED"))
                .anyMatch(line -> line.startsWith("NOT RUN 4 "))
                .anyMatch(line -> line.startsWith("PASS    3 speed, test-net"))
                .anyMatch(line -> line.startsWith("PASS    1 "));
    }

    @Test
    @Tag("full")
    void withoutTorchTheEngineIsMeasuredAloneAndNothingThatNeedsTheYardstickPasses() throws Exception {
        sandbox.set("NO_TORCH", "yes");

        Outcome outcome = run();

        assertThat(outcome.exit()).isZero();
        assertThat(verdicts(outcome))
                .anyMatch(line -> line.startsWith("NOT RUN 2 ") && line.contains("No module named torch"))
                .anyMatch(line -> line.startsWith("NOT RUN 3 speed, main-net"))
                .anyMatch(line -> line.startsWith("PASS    4 "));
        assertThat(outcome.out()).contains("| 3 main-net, share of the 8192³ rate | 92.3% of 690 TFLOP/s |");
    }

    @Test
    @Tag("full")
    void aYardstickMoreExactThanTheEngineFailsTheFirstCriterion() throws Exception {
        sandbox.set("SHIFT", "9e-7").set("YARD_SHIFT", "1e-7");

        assertThat(verdicts(run())).anyMatch(line -> line.startsWith("FAIL    1 ") && line.contains("over all 9.00e-07, the yardstick"));
    }

    @Test
    @Tag("full")
    void whatNoLongerFitsTheTimeIsNotRun() throws Exception {
        Outcome outcome = sandbox.run(script, "--budget", "6", "results");

        assertThat(outcome.exit()).isZero();
        assertThat(verdicts(outcome)).hasSize(9).allMatch(line -> line.startsWith("NOT RUN"));
        assertThat(outcome.err()).contains("no time was left for it");
    }

    /** A wrong attention moves small models' distances by some 5e-6: less than what is allowed for main-net. */
    @Test
    @Tag("full")
    void smallModelsAreHeldToBoundsOfTheirOwn() throws Exception {
        sandbox.set("SHIFT", "4e-6");

        assertThat(verdicts(run())).anyMatch(line -> line.startsWith("FAIL    1 distances") && line.contains("small-tiny 4.00e-06, at most 1e-06"));
    }

    @Test
    void aDeviceThatDeviatesStopsTheRunAtOnceWithItsWholeLog() throws Exception {
        sandbox.set("DEVIATES", "attention of heads of 28 deviates");

        Outcome outcome = run();

        assertThat(outcome.exit()).isEqualTo(1);
        assertThat(outcome.err()).contains("attention of heads of 28 deviates", "nothing else is measured").doesNotContain("bench-main-net");
        assertThat(verdicts(outcome)).hasSize(9).allMatch(line -> line.startsWith("NOT RUN"));
    }

    @Test
    @Tag("full")
    void theSmallestCaseStopsTheRunTooWhenItFails() throws Exception {
        sandbox.set("BREAKS", "small-tiny");

        Outcome outcome = run();

        assertThat(outcome.exit()).isEqualTo(1);
        assertThat(outcome.err()).contains("engine-small-tiny failed").doesNotContain("bench-main-net");
    }

    @Test
    @Tag("full")
    void aMeasurementThatIsEndedEarlyLeavesItsColdStart() throws Exception {
        sandbox.set("ENDS", "bench --params main-net");

        assertThat(verdicts(run())).anyMatch(line -> line.startsWith("PASS    4 ") && line.contains("1.80 s")).anyMatch(line -> line.startsWith("NOT RUN 3 "));
    }

    @Test
    @Tag("full")
    void theLibrariesOfThePythonThatHasTorchAreTaken() throws Exception {
        Path packages = Files.createDirectories(folder.resolve("site/nvidia/cu13/lib"));
        Files.writeString(packages.resolve("libnvrtc.so.13"), "");
        sandbox.set("PYTHONPATH", folder.resolve("site")).set("SHOW_LIBRARIES", "yes");

        assertThat(run().err()).contains("LD_LIBRARY_PATH=" + packages);
    }

    @Test
    @Tag("full")
    void onlyWhatWasAskedForIsRun() throws Exception {
        Outcome outcome = sandbox.run(script, "--only", "memory,sanitizer", "--seconds", "1", "results");

        assertThat(outcome.err()).contains("bench-main-net-capped").doesNotContain("bench-test-net", "engine-small-tiny");
        assertThat(verdicts(outcome)).anyMatch(line -> line.startsWith("PASS    6 ")).anyMatch(line -> line.startsWith("NOT RUN 3 "));
    }

    @Test
    @Tag("full")
    void withoutAGpuNothingIsMeasuredOnTheCpuInstead() throws Exception {
        sandbox.set("NO_GPU", "yes");

        Outcome outcome = run();

        assertThat(outcome.exit()).isEqualTo(3);
        assertThat(outcome.err()).contains("no GPU can be used here", "FAIL  devices").doesNotContain("bench-main-net");
        assertThat(verdicts(outcome)).hasSize(9).allMatch(line -> line.startsWith("NOT RUN"));
    }

    @Test
    void wrongOptionsAndAMissingDistributionAreExplained() throws Exception {
        assertThat(sandbox.run(script, "--only", "speed,fun").err()).contains("--only does not know 'speed,fun'", "--budget");
        assertThat(sandbox.run(script, "--seconds", "many").exit()).isEqualTo(2);
        Files.delete(sandbox.path("dist/bin/bignode"));
        Outcome outcome = run();
        assertThat(outcome.exit()).isEqualTo(3);
        assertThat(outcome.err()).contains("mvn -Pdist package");
    }

    private Outcome run() throws IOException, InterruptedException {
        return sandbox.run(script, "--seconds", "2", "results");
    }

    private static List<String> verdicts(Outcome outcome) {
        return outcome.out().lines().filter(line -> line.matches("(PASS|FAIL|NOT RUN) +[1-6] .*")).toList();
    }

    /** The interpreter itself: what stands on the path may be a script that needs an environment of its own. */
    /** Python itself, whatever stands before it on this machine's path. */
    static String interpreter() throws IOException {
        Process asked = new ProcessBuilder("python3", "-c", "import sys; print(sys.executable)").start();
        return new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    /** A node whose distances are the golden ones, shifted; for other nonces they rise evenly through r_target. */
    private Path node() throws IOException {
        return sandbox.file("stubs/node.py", """
                import json, os, sys
                args, env = sys.argv[1:], os.environ
                if "BREAKS" in env and env["BREAKS"] in " ".join(args):
                    sys.exit(sys.stderr.write("bignode: internal error: CUDA_ERROR_LAUNCH_FAILED\\n") and 4)
                capped = "DELEGATION_GPU_MEMORY_GIB" in env and "CAP_IGNORED" not in env
                if "SHOW_LIBRARIES" in env and args[0] == "selftest":
                    sys.exit(sys.stderr.write("LD_LIBRARY_PATH=" + env.get("LD_LIBRARY_PATH", "") + "\\n") and 4)
                if args == ["--version"]:
                    print("bignode 0.1.0, Java 25")
                elif args[0] == "doctor":
                    gpu = dict(id="cuda:0", name="NVIDIA H100 80GB HBM3", memory_bytes=85520809984, compute_capability="9.0", used=True)
                    none = "NO_GPU" in env
                    devices = dict(computing=[] if none else ["cuda:0"], driver="580.159.04, CUDA 13.0", gpus=[] if none else [gpu])
                    print(json.dumps(dict(devices=devices)) if "--json" in args else "FAIL  devices   no driver")
                elif args[0] == "selftest":
                    deviations = [env["DEVIATES"]] if "DEVIATES" in env else []
                    print(json.dumps(dict(devices=[dict(id="cuda:0", seconds=1.2, deviations=deviations)])))
                    sys.exit(1 if deviations else 0)
                elif args[0] == "compute":
                    case, shift = json.load(open(args[1])), float(env.get("SHIFT", "5e-7"))
                    want = case["distances"] or [1.38 + 0.0000211 * n for n in case["nonces"]]
                    print(json.dumps(dict(distances=[d - shift for d in want])))
                else:
                    rate = float(env.get("RATE", "70"))
                    cold = float(env.get("COLD", "1.8"))
                    start = dict(pool_seconds=cold - 1, first_forward_seconds=1.0, total_seconds=cold)
                    sys.stderr.write(json.dumps(dict(device="NVIDIA H100", cold_start=start)) + "\\n")
                    sys.stderr.flush()
                    if "ENDS" in env and env["ENDS"] in " ".join(args):
                        sys.exit(137)
                    print(json.dumps(dict(
                        device="NVIDIA H100", batch=66, nonces=140, nonces_per_second=rate, tflops=rate * 9.1, matrix_tflops=690.0,
                        share=rate * 9.1 / 690, device_busy_share=0.995, peak_device_bytes=6 << 30 if capped else 60 << 30, resident_gib=3.1,
                        cold_start=start)))
                """);
    }

    /** A yardstick half as fast, off by a millionth to the other side. */
    private Path yardstick() throws IOException {
        return sandbox.file("stubs/yardstick.py", """
                import json, os, sys
                args = sys.argv[1:]
                if "agreement.py" in args[0]:
                    distances = {}
                    for path in args[1:]:
                        case = json.load(open(path))
                        want = case["distances"] or [1.38 + 0.0000211 * n for n in case["nonces"]]
                        distances[os.path.basename(path)[:-5]] = [d + float(os.environ.get("YARD_SHIFT", "1e-6")) for d in want]
                    print("a warning of torch's")
                    print(json.dumps(dict(device="NVIDIA H100", distances=distances)))
                else:
                    print(json.dumps(dict(nonces_per_second=37.0, matmul_8192_tflops=700.0, mean_abs_error=float(os.environ.get("YARD_SHIFT", "1e-6")))))
                """);
    }
}
