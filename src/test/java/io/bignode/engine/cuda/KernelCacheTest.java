package io.bignode.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bignode.engine.DeviceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compiled kernels as files, with the simulated compiler. */
class KernelCacheTest {
    @TempDir
    Path folder;

    private final Nvrtc compiler = compiler();

    private static Nvrtc compiler() {
        NativeLibrary.Places places = NativeLibrary.Places.only(SimulatedGpu.with(1, 1 << 20).folder());
        return new Nvrtc(((NativeLibrary.Lookup.Found) NativeLibrary.find(places, "libnvrtc.so.13")).library());
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    @Test
    void whatWasCompiledOnceIsReadFromItsFile() throws IOException {
        byte[] code = new KernelCache(compiler, folder).code("swiglu.cu", "sm_90", Map.of());
        assertThat(files()).singleElement().satisfies(file -> assertThat(file.getFileName().toString()).startsWith("swiglu-sm_90-"));
        Files.setLastModifiedTime(files().getFirst(), FileTime.fromMillis(0));
        assertThat(new KernelCache(compiler, folder).code("swiglu.cu", "sm_90", Map.of())).isEqualTo(code);
        assertThat(Files.getLastModifiedTime(files().getFirst()).toMillis()).as("not written again").isZero();
    }

    @Test
    @Tag("full")
    void anotherArchitectureOrConstantIsAnotherFile() throws IOException {
        KernelCache cache = new KernelCache(compiler, folder);
        cache.code("swiglu.cu", "sm_90", Map.of());
        cache.code("swiglu.cu", "sm_80", Map.of());
        cache.code("swiglu.cu", "sm_80", Map.of("HEAD_DIM", 28));
        assertThat(files()).hasSize(3);
    }

    @Test
    @Tag("full")
    void aDamagedFileIsCompiledAgain() throws IOException {
        byte[] code = new KernelCache(compiler, folder).code("swiglu.cu", "sm_90", Map.of());
        for (byte[] damaged : List.of(new byte[0], new byte[] {1, 2, 3}, Files.readAllBytes(files().getFirst()))) {
            if (damaged.length > 100) damaged[100] ^= 1;
            Files.write(files().getFirst(), damaged);
            assertThat(new KernelCache(compiler, folder).code("swiglu.cu", "sm_90", Map.of())).hasSameSizeAs(code);
            assertThat(files()).singleElement().satisfies(file -> assertThat(Files.size(file)).isEqualTo(64L + code.length));
        }
    }

    @Test
    @Tag("full")
    void aFolderThatCannotBeWrittenCostsTimeAndNothingElse() throws IOException {
        Path occupied = Files.writeString(folder.resolve("file"), "in the way");
        assertThat(new KernelCache(compiler, occupied).code("swiglu.cu", "sm_90", Map.of())).isNotEmpty();
    }

    @Test
    void aKernelThatDoesNotCompileNamesItsLine() {
        assertThatThrownBy(() -> compiler.compile("broken.cu", "#include \"gpu.cuh\"\nint broken = \"text\";\n", Map.of("gpu.cuh", ""), List.of()))
                .isInstanceOf(DeviceException.class)
                .hasMessageContaining("broken.cu:2");
    }
}
