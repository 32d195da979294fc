package io.bignode.engine.cuda;

import io.bignode.engine.DeviceException;
import io.bignode.poc.Digests;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/**
 * Compiled kernels, kept as files: compiling takes most of a second, reading none. A file's name is the digest of everything that went into it
 * (sources, options, compiler), so that a changed kernel or compiler never meets an old file. Safe for use by several threads and processes; of
 * several threads that need the same kernel the first has it compiled and the others read it, and different kernels are compiled at the same time.
 */
final class KernelCache {
    private static final System.Logger LOG = System.getLogger(KernelCache.class.getName());
    private static final Map<String, String> HEADERS = Map.of("gpu.cuh", source("gpu.cuh"), "sm90.cuh", source("sm90.cuh"));

    private static final List<String> AHEAD = List.of("norm.cu", "swiglu.cu", "distances.cu", "weights.cu");

    /** Heads of main-net, of test-net and of the golden model. */
    private static final List<Integer> AHEAD_HEADS = List.of(28, 32, 16);

    /** Heads that the self test has beside them. */
    private static final List<Integer> AHEAD_LONG_HEADS = List.of(28, 64, 128);

    private final Nvrtc compiler;
    private final KeptFiles files;
    private final Function<String, String> sources;

    /** One lock a file, so that several kernels are compiled at a time and none twice. */
    private final Map<String, Object> locks = new ConcurrentHashMap<>();

    /**
     * A cache.
     *
     * @param folder where the files are; made when there is something to keep
     */
    KernelCache(Nvrtc compiler, Path folder) {
        this(compiler, folder, KernelCache::source);
    }

    /**
     * A cache of other kernels.
     *
     * @param sources a kernel's text by its file's name
     */
    KernelCache(Nvrtc compiler, Path folder, Function<String, String> sources) {
        this.compiler = compiler;
        this.files = new KeptFiles(folder, "kernel", "compiled");
        this.sources = sources;
    }

    /**
     * The machine code of a kernel file.
     *
     * @param file         its name in {@code resources/kernels}, for instance {@code norm.cu}
     * @param architecture the GPU's, for instance {@code sm_90}
     * @param defines      compile-time constants
     * @throws DeviceException when it does not compile
     */
    byte[] code(String file, String architecture, Map<String, Integer> defines) {
        List<String> options = new ArrayList<>(List.of("--std=c++17", "--gpu-architecture=" + architecture));
        new TreeMap<>(defines).forEach((name, value) -> options.add("-D" + name + "=" + value));
        String text = sources.apply(file);
        String identity = String.join("\0", compiler.version(), options.toString(), new TreeMap<>(HEADERS).toString(), text);
        String kept = file.replace(".cu", "") + "-" + architecture + "-" + Digests.sha256(identity.getBytes(StandardCharsets.UTF_8));
        synchronized (locks.computeIfAbsent(kept, _ -> new Object())) {
            Optional<byte[]> found = files.read(kept);
            if (found.isPresent()) return found.get();
            byte[] code = compiler.compile(file, text, HEADERS, options);
            files.write(kept, code);
            return code;
        }
    }

    /**
     * Compiles, in threads of its own, what a GPU of this architecture needs for its self test and whatever the model: whoever asks for one of them meanwhile
     * waits for it. What does not compile is reported to them.
     *
     * @param ownFfn whether our own feed-forward kernel may be used
     */
    void compileAhead(String architecture, boolean ownFfn) {
        int threads = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, AHEAD_HEADS.size() + AHEAD_LONG_HEADS.size() + AHEAD.size() + 1);
        ExecutorService compiling = Executors.newFixedThreadPool(threads, Thread.ofPlatform().daemon().name("compile-", 0).factory());
        // The one that takes longest goes first.
        if (ownFfn && architecture.equals(HopperFfn.ARCHITECTURE)) compiling.execute(() -> compileAhead(HopperFfn.FILE, architecture + "a", Map.of()));
        AHEAD_HEADS.forEach(head -> compiling.execute(() -> compileAhead("attention_short.cu", architecture, Map.of("HEAD_DIM", head))));
        AHEAD_LONG_HEADS.forEach(head -> compiling.execute(() -> compileAhead("attention.cu", architecture, Map.of("HEAD_DIM", head))));
        AHEAD.forEach(file -> compiling.execute(() -> compileAhead(file, architecture, Map.of())));
        compiling.shutdown();
    }

    private void compileAhead(String file, String architecture, Map<String, Integer> defines) {
        try {
            code(file, architecture, defines);
        } catch (DeviceException early) {
            LOG.log(System.Logger.Level.DEBUG, "compiling ahead failed", early);
        }
    }

    /** The text of a file in {@code resources/kernels}. */
    static String source(String name) {
        try (InputStream in = KernelCache.class.getResourceAsStream("/kernels/" + name)) {
            if (in == null) throw new IllegalStateException("there is no kernel " + name);
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
