package io.bignode.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
import org.junit.jupiter.api.Test;
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
        assumeCompiler();
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

    private static void assumeCompiler() {
        boolean compiler = Stream.of(System.getenv("PATH").split(":")).anyMatch(path -> Files.isExecutable(Path.of(path, "nvcc")));
        if (!compiler) System.out.println("skipped: no nvcc on the PATH, so that kernels are not compiled for real GPUs");
        Assumptions.assumeTrue(compiler, "no nvcc on the PATH");
    }

    /** A kernel whose name ends with an architecture uses instructions of that one alone. */
    private static List<String> architectures(Path file) {
        return file.toString().endsWith("_sm90.cu") ? List.of("sm_90a") : ARCHITECTURES;
    }

    private static List<String> defines(Path file) {
        // Main-net's heads, test-net's, the widest, and one that needs a lot of padding.
        if (file.endsWith("attention_short.cu")) return List.of(MAIN_NET, "-DHEAD_DIM=32", "-DHEAD_DIM=2");
        return file.endsWith("attention.cu") ? List.of(MAIN_NET, "-DHEAD_DIM=32", "-DHEAD_DIM=128", "-DHEAD_DIM=2") : List.of("");
    }

    /** Warp instructions of a launch are counted without a GPU: what the code grows by with every tile of keys, and what is there once. */
    @Test
    @Tag("full")
    void attentionOfAMainNetNonceTakesAThirdOfTheInstructionsItTook() throws Exception {
        assumeCompiler();
        int whole = instructions("attention_short", MAIN_NET, "-DKEYS=256");
        int half = instructions("attention_short", MAIN_NET, "-DKEYS=128");
        double tile = (whole - half) / 16.0;
        double once = whole - 32 * tile;
        // 64 heads of 16 groups of queries; group g sees 2 g + 2 tiles. All of `once` is counted for each group, and the mask for each tile.
        double tiles = 64 * 272 * tile;
        double most = tiles + 64 * 16 * once;
        System.out.printf(
                "attention of a main-net nonce and layer: %.0f instructions a tile, %.2f M warp instructions on tiles, at most %.2f M%n",
                tile, tiles / 1e6, most / 1e6);
        assertThat(tiles).isLessThan(2.95e6);
        assertThat(most).isLessThan(3.7e6);
    }

    /** How many instructions a kernel's code has: sixteen bytes each in its section of the ELF file. */
    private int instructions(String kernel, String... defines) throws IOException, InterruptedException {
        Path cubin = folder.resolve("counted.cubin");
        List<String> command = new ArrayList<>(List.of(
                "nvcc", "-std=c++17", "-cubin", "-arch=sm_90", "-o", cubin.toString(), KERNELS.resolve(kernel + ".cu").toString()));
        command.addAll(List.of(defines));
        Process nvcc = new ProcessBuilder(command).inheritIO().start();
        assertThat(nvcc.waitFor()).isZero();
        ByteBuffer elf = ByteBuffer.wrap(Files.readAllBytes(cubin)).order(ByteOrder.LITTLE_ENDIAN);
        int headers = (int) elf.getLong(40);
        int headerBytes = elf.getShort(58);
        int names = (int) elf.getLong(headers + elf.getShort(62) * headerBytes + 24);
        for (int i = 0; i < elf.getShort(60); i++) {
            int header = headers + i * headerBytes;
            if (text(elf, names + elf.getInt(header)).equals(".text." + kernel)) return (int) (elf.getLong(header + 32) / 16);
        }
        throw new AssertionError("no code of " + kernel);
    }

    private static String text(ByteBuffer elf, int at) {
        int end = at;
        while (elf.get(end) != 0) end++;
        return StandardCharsets.US_ASCII.decode(elf.slice(at, end - at)).toString();
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
