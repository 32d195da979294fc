package io.bignode.engine.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;

import io.bignode.engine.DeviceException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;

/** OpenBLAS' native library: loaded when it is first asked for, and where it cannot be, the reason. */
final class OpenBlasLibrary {
    /** How the dynamic linker names what a library needs of a newer C library. */
    private static final Pattern NEEDED_GLIBC = Pattern.compile("GLIBC_(\\d+)\\.(\\d+)' not found");

    private static final OpenBlasLibrary LIBRARY = load();

    private final Optional<SymbolLookup> lookup;
    private final Optional<DeviceException> failure;

    private OpenBlasLibrary(Optional<SymbolLookup> lookup, Optional<DeviceException> failure) {
        this.lookup = lookup;
        this.failure = failure;
    }

    private static OpenBlasLibrary load() {
        try {
            Path binding = Path.of(Loader.load(openblas_nolapack.class));
            Path library = binding.resolveSibling(System.mapLibraryName("openblas_nolapack"));
            return new OpenBlasLibrary(Optional.of(SymbolLookup.libraryLookup(library, Arena.global())), Optional.empty());
        } catch (UnsatisfiedLinkError | IllegalArgumentException e) {
            return new OpenBlasLibrary(Optional.empty(), Optional.of(new DeviceException(reason(e, glibc()), e)));
        }
    }

    /** Why the processor cannot compute here; empty where it can. */
    static Optional<String> refusal() {
        return LIBRARY.failure.map(Throwable::getMessage);
    }

    /**
     * Its functions.
     *
     * @throws DeviceException where it cannot be loaded
     */
    static SymbolLookup lookup() {
        return LIBRARY.lookup.orElseThrow(() -> LIBRARY.failure.orElseThrow());
    }

    /**
     * What kept it from being loaded, in a line.
     *
     * @param failure what was thrown; the reason is often several causes down
     * @param glibc   this host's C library; empty where it is another one
     */
    static String reason(Throwable failure, Optional<String> glibc) {
        Optional<String> needed = Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
                .flatMap(OpenBlasLibrary::withSuppressed)
                .flatMap(cause -> NEEDED_GLIBC.matcher(String.valueOf(cause.getMessage())).results())
                .max(Comparator.comparingInt((MatchResult version) -> Integer.parseInt(version.group(1)))
                        .thenComparingInt(version -> Integer.parseInt(version.group(2))))
                .map(version -> version.group(1) + "." + version.group(2));
        if (needed.isPresent()) {
            return "OpenBLAS needs glibc " + needed.get() + ", this host has " + glibc.orElse("another C library")
                    + ": use a newer system, or the container's image; a head without devices of its own (DELEGATION_DEVICES=none) does without OpenBLAS";
        }
        if (glibc.isEmpty() && System.getProperty("os.name").equals("Linux")) return "OpenBLAS needs glibc, and this host has another C library: " + line(failure);
        return "OpenBLAS cannot be loaded on " + System.getProperty("os.name") + " " + System.getProperty("os.arch") + ": " + line(failure);
    }

    private static Stream<Throwable> withSuppressed(Throwable failure) {
        return Stream.concat(Stream.of(failure), Stream.of(failure.getSuppressed()));
    }

    /** The last cause knows best. */
    private static String line(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) cause = cause.getCause();
        String message = cause.getMessage() == null ? cause.toString() : cause.getMessage();
        return message.lines().findFirst().orElse(message).strip();
    }

    /** {@code const char *gnu_get_libc_version(void)}; empty where there is no such function. */
    private static Optional<String> glibc() {
        Linker linker = Linker.nativeLinker();
        Optional<MethodHandle> version = linker.defaultLookup()
                .find("gnu_get_libc_version")
                .map(address -> linker.downcallHandle(address, FunctionDescriptor.of(ADDRESS)));
        if (version.isEmpty()) return Optional.empty();
        try {
            return Optional.of(((MemorySegment) version.get().invokeExact()).reinterpret(64).getString(0));
        } catch (Throwable failure) {
            throw new DeviceException("gnu_get_libc_version failed", failure);
        }
    }
}
