package io.bignode.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.engine.Detection;
import io.bignode.engine.cuda.NativeLibrary.Lookup;
import io.bignode.engine.cuda.NativeLibrary.Places;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Looking for GPUs and for CUDA's libraries, where they are missing, broken, of several versions or in unusual folders: always an answer with its reason. */
class GpusTest {
    @TempDir
    Path folder;

    @BeforeEach
    void useNothingOfThisHost() throws IOException {
        folder = folder.toRealPath();
    }

    /** What the links lead to is not the test's to delete. */
    @AfterEach
    void removeLinks() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path link : files.filter(Files::isSymbolicLink).toList()) Files.delete(link);
        }
    }

    private Gpus look() {
        CudaOptions options =
                new CudaOptions(Optional.of(folder), List.of(), (_, _) -> true, Long.MAX_VALUE, folder.resolve("kernels"), OwnFfn.NEVER, false, Optional.empty(), () -> {});
        return Gpus.look(options, false);
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
    void aLibraryThatIsNowhereIsReportedWithThePlaces() {
        assertThat(NativeLibrary.find(Places.loaderThen(List.of(folder)), "libnothing.so.13")).isInstanceOfSatisfying(Lookup.Missing.class, missing ->
                assertThat(missing.reason()).contains("libnothing.so.13", "loader's path", folder.toString()));
    }

    /** A folder that an operator names has CUDA's libraries; the driver's own are on the loader's path, as always. */
    @Test
    void theDriversLibrariesAreFoundWhereTheLoaderLooksAlsoWhenAFolderIsNamed() {
        // Any library of the system serves: what counts is where it is looked for.
        Places driver = new Places(List.of(folder), true, List.of());
        assertThat(NativeLibrary.find(driver, "libm.so.6")).isInstanceOf(Lookup.Found.class);
        assertThat(NativeLibrary.find(Places.only(folder), "libm.so.6")).isInstanceOf(Lookup.Missing.class);
    }

    private Path made(String path) throws IOException {
        return Files.createDirectories(folder.resolve(path));
    }

    @Test
    void librariesAreFoundWherePythonHasThem() throws IOException {
        Path thirteen = made("opt/torch/.venv/lib/python3.12/site-packages/nvidia/cu13/lib");
        Path products = made("usr/local/lib/python3.10/dist-packages/nvidia/cublas/lib");
        Path compiler = made("usr/local/lib/python3.10/dist-packages/nvidia/cuda_nvrtc/lib");
        Path debian = made("usr/lib/python3/dist-packages/nvidia/cu13/lib");
        Path home = made("home/me/.local/lib/python3.11/site-packages/nvidia/cu13/lib");
        Path pyenv = made("home/me/.pyenv/versions/3.13.1/lib/python3.13/site-packages/nvidia/cu13/lib");
        made("opt/torch/.venv/lib/python3.12/site-packages/numpy/lib");
        assertThat(LibraryFolders.of(List.of(), folder, folder.resolve("home/me")))
                .containsExactlyInAnyOrder(thirteen, products, compiler, debian, home, pyenv);
    }

    @Test
    void environmentsThatAreActiveComeFirst() throws IOException {
        Path conda = made("conda/lib");
        Path wheel = made("conda/lib/python3.12/site-packages/nvidia/cu13/lib");
        Path named = made("mine/lib/python3.12/site-packages/nvidia/cu13/lib");
        Path toolkit = made("usr/local/cuda-13.0/lib64");
        assertThat(LibraryFolders.of(List.of(folder.resolve("mine"), folder.resolve("conda")), folder, folder))
                .containsExactly(folder.resolve("mine/lib"), named, conda, wheel, toolkit);
    }

    @Test
    void theNewestToolkitComesFirstAndOneOfTwoNamesIsLookedAtOnce() throws IOException {
        Path old = made("usr/local/cuda-12.4/lib64");
        Path older = made("usr/local/cuda-9.2/lib64");
        Path newest = made("usr/local/cuda-13.10/lib64");
        Path newer = made("usr/local/cuda-13.2/targets/x86_64-linux/lib");
        Files.createSymbolicLink(folder.resolve("usr/local/cuda"), folder.resolve("usr/local/cuda-13.10"));
        List<Path> folders = LibraryFolders.of(List.of(), folder, folder);
        assertThat(folders.stream().map(GpusTest::real)).containsExactly(newest, newer, old, older);
    }

    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException gone) {
            throw new AssertionError(gone);
        }
    }

    /** Puts the simulator's libraries into the folder, under the names that are given. */
    private SimulatedGpu simulated(String... names) throws IOException {
        SimulatedGpu machine = SimulatedGpu.with(1, 1L << 30);
        Map<String, String> of = Map.of("libnvrtc.so.12", "libnvrtc.so.13", "libcublasLt.so.12", "libcublasLt.so.13");
        for (String name : names) Files.createSymbolicLink(folder.resolve(name), machine.folder().resolve(of.getOrDefault(name, name)));
        Files.createSymbolicLink(folder.resolve("libcuda.so.1"), machine.folder().resolve("libcuda.so.1"));
        return machine;
    }

    @ParameterizedTest
    @CsvSource({"13000, 13", "12080, 12", "14010, 13"})
    void theLibrariesAreOfTheDriversVersionWhereSeveralAreInstalled(int driver, int chosen) throws IOException {
        simulated("libnvrtc.so.12", "libnvrtc.so.13", "libcublasLt.so.12", "libcublasLt.so.13").driverVersion(driver);
        Detection detection = look().detection();
        assertThat(detection.problem()).isEmpty();
        assertThat(detection.libraries()).contains(folder.resolve("libnvrtc.so." + chosen).toString(), folder.resolve("libcublasLt.so." + chosen).toString());
    }

    @Test
    void bothLibrariesAreOfOneVersion() throws IOException {
        simulated("libnvrtc.so.12", "libnvrtc.so.13", "libcublasLt.so.12");
        assertThat(look().detection().libraries()).contains(folder.resolve("libnvrtc.so.12").toString(), folder.resolve("libcublasLt.so.12").toString());
    }

    @Test
    void librariesThatNeedANewerDriverAreReportedAsThat() throws IOException {
        simulated("libnvrtc.so.13", "libcublasLt.so.13").driverVersion(12080);
        assertThat(look().detection().problem()).hasValueSatisfying(
                problem -> assertThat(problem).contains("libcublasLt.so.13 needs a driver of version 580 or newer", "supports CUDA 12.8"));
    }

    @Test
    void missingLibrariesAreReportedWithThePackagesThatBringThem() throws IOException {
        simulated("libnvrtc.so.13");
        assertThat(look().detection().problem()).hasValueSatisfying(problem -> assertThat(problem)
                .contains("libcublasLt.so.13 was not found", "pip install nvidia-cublas nvidia-cuda-nvrtc", "libcublas-13-0", "libcublaslt12",
                        "DELEGATION_CUDA_LIBRARIES"));
    }

    @Test
    void aDriverThatIsTooOldIsReportedWithTheOneThatIsNeeded() throws IOException {
        simulated("libnvrtc.so.12", "libcublasLt.so.12").driverVersion(11040);
        assertThat(look().detection().problem()).hasValueSatisfying(problem -> assertThat(problem).contains("supports CUDA 11.4", "525"));
    }
}
