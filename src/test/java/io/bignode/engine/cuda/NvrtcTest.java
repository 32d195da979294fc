package io.bignode.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.engine.cuda.NativeLibrary.Lookup;
import io.bignode.engine.cuda.NativeLibrary.Places;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every kernel compiles with NVIDIA's own NVRTC, as the engine calls it, where that library is: it needs no GPU. */
class NvrtcTest {
    private static final List<String> ARCHITECTURES = List.of("sm_80", "sm_86", "sm_89", "sm_90", "sm_100", "sm_103", "sm_120", "sm_121");

    private static Optional<Nvrtc> nvrtc = Optional.empty();

    @TempDir
    Path folder;

    @BeforeAll
    static void findTheLibrary() {
        Places places = Optional.ofNullable(System.getenv("DELEGATION_CUDA_LIBRARIES")).map(Path::of).map(Places::only)
                .orElseGet(() -> Places.loaderThen(LibraryFolders.of(List.of(), Path.of("/"), Path.of(System.getProperty("user.home")))));
        nvrtc = Stream.of(13, 12).map(major -> NativeLibrary.find(places, "libnvrtc.so." + major))
                .flatMap(lookup -> lookup instanceof Lookup.Found(NativeLibrary library) ? Stream.of(new Nvrtc(library)) : Stream.empty()).findFirst();
        if (nvrtc.isEmpty()) System.out.println("skipped: no NVRTC on this host (pip install nvidia-cuda-nvrtc, or DELEGATION_CUDA_LIBRARIES)");
        Assumptions.assumeTrue(nvrtc.isPresent(), "no NVRTC on this host");
    }

    private record Source(String file, String suffix, Map<String, Integer> defines) {}

    private static List<Source> sources(int... heads) {
        List<Source> sources = new ArrayList<>();
        for (String file : List.of("norm.cu", "swiglu.cu", "distances.cu", "weights.cu")) sources.add(new Source(file, "", Map.of()));
        for (int head : heads) sources.add(new Source("attention.cu", "", Map.of("HEAD_DIM", head)));
        for (int head : heads) {
            if (head <= 32) sources.add(new Source("attention_short.cu", "", Map.of("HEAD_DIM", head)));
        }
        return sources;
    }

    @TestFactory
    Stream<DynamicTest> everyKernelCompilesForAHopper() {
        List<Source> sources = sources(28);
        sources.add(new Source("ffn_sm90.cu", "a", Map.of()));
        return sources.stream().map(source -> compiles(source, "sm_90"));
    }

    @TestFactory
    @Tag("full")
    Stream<DynamicTest> everyKernelCompilesForEveryArchitecture() {
        return ARCHITECTURES.stream().flatMap(architecture -> sources(2, 28, 32, 64, 128).stream().map(source -> compiles(source, architecture)));
    }

    private DynamicTest compiles(Source source, String architecture) {
        return DynamicTest.dynamicTest(source.file() + " " + architecture + source.suffix() + " " + source.defines(), () -> {
            byte[] code = new KernelCache(nvrtc.orElseThrow(), folder).code(source.file(), architecture + source.suffix(), source.defines());
            assertThat(code).as("an ELF file").startsWith(0x7f, 'E', 'L', 'F');
        });
    }
}
