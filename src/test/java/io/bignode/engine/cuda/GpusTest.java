package io.bignode.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.engine.cuda.NativeLibrary.Lookup;
import io.bignode.engine.cuda.NativeLibrary.Places;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Looking for GPUs where libraries are missing or broken: always an answer with its reason. */
class GpusTest {
    @TempDir
    Path folder;

    private Gpus look() {
        return Gpus.look(new CudaOptions(Optional.of(folder), Optional.empty(), (_, _) -> true, Long.MAX_VALUE, folder.resolve("kernels"), false));
    }

    @Test
    void withoutADriverThereIsNoGpuAndTheFixIsNamed() {
        Gpus gpus = look();
        assertThat(gpus.engines()).isEmpty();
        assertThat(gpus.detection().gpus()).isEmpty();
        assertThat(gpus.detection().driver()).isEmpty();
        assertThat(gpus.detection().problem()).hasValueSatisfying(
                problem -> assertThat(problem).contains("libcuda.so.1", folder.toString(), "install NVIDIA's driver", "--gpus all"));
    }

    @Test
    void aFileThatIsNoLibraryIsNamed() throws IOException {
        Files.writeString(folder.resolve("libcuda.so.1"), "this is no library");
        assertThat(look().detection().problem()).hasValueSatisfying(
                problem -> assertThat(problem).contains(folder.resolve("libcuda.so.1").toString(), "cannot be loaded"));
    }

    @Test
    void aLibraryIsFoundInTheToolkitThatIsNamed() throws IOException {
        // Any library of the system serves: what counts is where it is looked for.
        Path toolkit = Files.createDirectories(folder.resolve("targets/x86_64-linux/lib"));
        assertThat(new Places(Optional.empty(), Optional.of(folder)).toolkitFolders()).startsWith(toolkit);
        Lookup lookup = NativeLibrary.find(new Places(Optional.empty(), Optional.of(folder)), List.of("libnothing.so.13", "libnothing.so.12"), "the fix");
        assertThat(lookup).isInstanceOfSatisfying(Lookup.Missing.class, missing ->
                assertThat(missing.reason()).contains("libnothing.so.13", "libnothing.so.12", "loader's path", "the fix"));
    }

    @Test
    void theFirstNameThatIsThereWins() {
        Lookup lookup = NativeLibrary.find(new Places(Optional.empty(), Optional.empty()), List.of("libnothing.so.13", "libm.so.6"), "the fix");
        assertThat(lookup).isInstanceOfSatisfying(Lookup.Found.class, found -> assertThat(found.library().name()).isEqualTo("libm.so.6"));
    }
}
