package io.bignode.engine.cuda;

import io.bignode.engine.DeviceException;
import io.bignode.poc.Digests;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
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
    private static final int DIGEST_CHARACTERS = 64;
    private static final Map<String, String> HEADERS = Map.of("gpu.cuh", source("gpu.cuh"), "sm90.cuh", source("sm90.cuh"));

    private static final List<String> AHEAD = List.of("norm.cu", "swiglu.cu", "distances.cu", "weights.cu");

    /** Heads of main-net, of test-net and of the golden model. */
    private static final List<Integer> AHEAD_HEADS = List.of(28, 32, 16);

    /** Heads that the self test has beside them. */
    private static final List<Integer> AHEAD_LONG_HEADS = List.of(28, 64, 128);

    private final Nvrtc compiler;
    private final Path folder;
    private final Function<String, String> sources;

    /** One lock a file, so that several kernels are compiled at a time and none twice. */
    private final Map<Path, Object> locks = new ConcurrentHashMap<>();

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
        this.folder = folder;
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
        Path kept = folder.resolve(file.replace(".cu", "") + "-" + architecture + "-" + Digests.sha256(identity.getBytes(StandardCharsets.UTF_8)));
        synchronized (locks.computeIfAbsent(kept, _ -> new Object())) {
            Optional<byte[]> found = read(kept);
            if (found.isPresent()) return found.get();
            byte[] code = compiler.compile(file, text, HEADERS, options);
            write(kept, code);
            return code;
        }
    }

    /**
     * Compiles, in threads of its own, what a GPU of this architecture needs for its self test and whatever the model: whoever asks for one of them meanwhile
     * waits for it. What does not compile is reported to them.
     *
     * @param hopperFfn whether our own feed-forward kernel is to be used
     */
    void compileAhead(String architecture, boolean hopperFfn) {
        int threads = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, AHEAD_HEADS.size() + AHEAD_LONG_HEADS.size() + AHEAD.size() + 1);
        ExecutorService compiling = Executors.newFixedThreadPool(threads, Thread.ofPlatform().daemon().name("compile-", 0).factory());
        // The one that takes longest goes first.
        if (hopperFfn && architecture.equals(HopperFfn.ARCHITECTURE)) compiling.execute(() -> compileAhead(HopperFfn.FILE, architecture + "a", Map.of()));
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

    /** The code in a file that begins with the code's digest; nothing when there is no such file or it is damaged. */
    private static Optional<byte[]> read(Path file) {
        try {
            if (!Files.isRegularFile(file)) return Optional.empty();
            byte[] all = Files.readAllBytes(file);
            int begin = Math.min(DIGEST_CHARACTERS, all.length);
            byte[] code = Arrays.copyOfRange(all, begin, all.length);
            if (Digests.sha256(code).equals(new String(all, 0, begin, StandardCharsets.US_ASCII))) return Optional.of(code);
            LOG.log(System.Logger.Level.WARNING, "the cached kernel {0} is damaged; it is compiled again", file);
        } catch (IOException unreadable) {
            LOG.log(System.Logger.Level.WARNING, "the cached kernel {0} cannot be read ({1}); it is compiled again", file, unreadable.getMessage());
        }
        return Optional.empty();
    }

    /** The whole file appears at once under its name, or not at all. */
    private void write(Path file, byte[] code) {
        try {
            Files.createDirectories(folder);
            Path draft = Files.createTempFile(folder, ".kernel", ".partial");
            try {
                byte[] digest = Digests.sha256(code).getBytes(StandardCharsets.US_ASCII);
                byte[] all = Arrays.copyOf(digest, digest.length + code.length);
                System.arraycopy(code, 0, all, digest.length, code.length);
                Files.write(draft, all);
                Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(draft);
            }
        } catch (IOException unwritable) {
            LOG.log(System.Logger.Level.WARNING, "compiled kernels are not kept in {0}: {1}", folder, unwritable.getMessage());
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
