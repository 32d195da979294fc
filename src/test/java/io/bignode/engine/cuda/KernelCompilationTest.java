package io.bignode.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every kernel compiles for every architecture it is for, without warnings and without registers spilled to memory. */
class KernelCompilationTest {
    private static final Path KERNELS = Path.of("src/main/resources/kernels");

    /** Architectures of the compute capabilities in use, as the compiler's options; Ampere, Ada, Hopper, Blackwell. */
    private static final List<String> ARCHITECTURES = List.of("sm_80", "sm_86", "sm_89", "sm_90", "sm_100", "sm_120");

    private static final String MAIN_NET = "-DHEAD_DIM=28";

    @TempDir
    Path folder;

    /** For one architecture, with one set of constants. */
    @TestFactory
    Stream<DynamicTest> everyKernelCompiles() throws IOException {
        return kernels((architecture, defines) -> architecture.startsWith("sm_90") && !isFurther(defines));
    }

    @TestFactory
    @Tag("full")
    Stream<DynamicTest> everyKernelCompilesForEveryOtherArchitectureAndOtherHeads() throws IOException {
        return kernels((architecture, defines) -> !architecture.startsWith("sm_90") || isFurther(defines));
    }

    private static boolean isFurther(String defines) {
        return !defines.isEmpty() && !defines.equals(MAIN_NET);
    }

    private Stream<DynamicTest> kernels(BiPredicate<String, String> wanted) throws IOException {
        boolean compiler = Stream.of(System.getenv("PATH").split(":")).anyMatch(path -> Files.isExecutable(Path.of(path, "nvcc")));
        if (!compiler) System.out.println("skipped: no nvcc on the PATH, so that kernels are not compiled for real GPUs");
        Assumptions.assumeTrue(compiler, "no nvcc on the PATH");
        List<DynamicTest> tests = new ArrayList<>();
        try (Stream<Path> files = Files.list(KERNELS)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".cu")).sorted().toList()) {
                for (String architecture : architectures(file)) {
                    for (String defines : defines(file)) {
                        if (!wanted.test(architecture, defines)) continue;
                        String name = (file.getFileName() + " " + architecture + " " + defines).strip();
                        tests.add(DynamicTest.dynamicTest(name, () -> compiles(file, architecture, defines)));
                    }
                }
            }
        }
        return tests.stream();
    }

    /** A kernel whose name ends with an architecture uses instructions of that one alone. */
    private static List<String> architectures(Path file) {
        return file.toString().endsWith("_sm90.cu") ? List.of("sm_90a") : ARCHITECTURES;
    }

    private static List<String> defines(Path file) {
        // Main-net's heads, test-net's, the widest, and one that needs a lot of padding.
        return file.endsWith("attention.cu") ? List.of(MAIN_NET, "-DHEAD_DIM=32", "-DHEAD_DIM=128", "-DHEAD_DIM=2") : List.of("");
    }

    private void compiles(Path file, String architecture, String defines) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                "nvcc", "-std=c++17", "-cubin", "-gencode=arch=" + architecture.replace("sm_", "compute_") + ",code=" + architecture, "-Werror", "all-warnings",
                "-Xptxas", "-v,--warn-on-spills", "-o", folder.resolve("kernel.cubin").toString(), file.toString()));
        if (!defines.isEmpty()) command.add(defines);
        Process nvcc = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(nvcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(nvcc.waitFor()).as(output).isZero();
        // That matrix products were serialised, or a change of register counts ignored, is no warning to the compiler.
        assertThat(output).contains("0 bytes spill stores, 0 bytes spill loads").doesNotContainPattern("[1-9]\\d* bytes spill").doesNotContain("warning")
                .doesNotContain("Potential Performance Loss");
    }
}
