package io.bignode.engine.cuda;

import io.bignode.engine.DeviceException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A shared library of the host. Once loaded it stays: a driver cannot be unloaded. */
final class NativeLibrary {
    private static final System.Logger LOG = System.getLogger(NativeLibrary.class.getName());
    private static final Linker LINKER = Linker.nativeLinker();

    private final String name;
    private final SymbolLookup symbols;

    private NativeLibrary(String name, SymbolLookup symbols) {
        this.name = name;
        this.symbols = symbols;
    }

    /** What came of looking for a library. */
    sealed interface Lookup {
        /** It is loaded. */
        record Found(NativeLibrary library) implements Lookup {}

        /**
         * It is not there.
         *
         * @param reason where it was looked for
         */
        record Missing(String reason) implements Lookup {}
    }

    /**
     * Where libraries are looked for.
     *
     * @param first  folders that are looked at before the loader's own path
     * @param loader whether the loader's own path is looked at
     * @param then   folders that are looked at behind it
     */
    record Places(List<Path> first, boolean loader, List<Path> then) {
        Places {
            first = List.copyOf(first);
            then = List.copyOf(then);
        }

        /** One folder and no other. */
        static Places only(Path folder) {
            return new Places(List.of(folder), false, List.of());
        }

        /** The loader's own path, and some folders behind it. */
        static Places loaderThen(List<Path> folders) {
            return new Places(List.of(), true, folders);
        }
    }

    /**
     * Looks for a library.
     *
     * @param name a file's name, for instance {@code libcuda.so.1}
     */
    static Lookup find(Places places, String name) {
        List<String> tried = new ArrayList<>();
        for (Path folder : places.first()) {
            if (load(folder.resolve(name), tried) instanceof Lookup.Found found) return found;
            tried.add("not in " + folder);
        }
        if (places.loader()) {
            try {
                return new Lookup.Found(new NativeLibrary(name, SymbolLookup.libraryLookup(name, Arena.global())));
            } catch (IllegalArgumentException absent) {
                tried.add("not on the loader's path");
            }
        }
        for (Path folder : places.then()) {
            if (load(folder.resolve(name), tried) instanceof Lookup.Found found) return found;
        }
        if (!places.then().isEmpty()) tried.add("nor in " + places.then().stream().map(Path::toString).collect(Collectors.joining(", ")));
        return new Lookup.Missing(name + " was not found (" + String.join(", ", tried) + ")");
    }

    private static @Nullable Lookup load(Path file, List<String> tried) {
        if (!Files.exists(file)) return null;
        preloadBuiltins(file);
        try {
            return new Lookup.Found(new NativeLibrary(file.toString(), SymbolLookup.libraryLookup(file, Arena.global())));
        } catch (IllegalArgumentException broken) {
            tried.add(file + " cannot be loaded (" + broken.getMessage() + ")");
            return null;
        }
    }

    /**
     * NVRTC opens its built-in functions by their name alone, at the first compilation, and has no path of its own to look along: where its folder is not on
     * the loader's path, what lies beside it has to be loaded before.
     */
    private static void preloadBuiltins(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !file.getFileName().toString().startsWith("libnvrtc.so")) return;
        try (DirectoryStream<Path> builtins = Files.newDirectoryStream(folder, "libnvrtc-builtins.so.*")) {
            for (Path library : builtins) SymbolLookup.libraryLookup(library, Arena.global());
        } catch (IOException | IllegalArgumentException unreadable) {
            LOG.log(System.Logger.Level.WARNING, "NVRTC's built-in functions beside " + file + " cannot be loaded", unreadable);
        }
    }

    /** The name or path it was found under. */
    String name() {
        return name;
    }

    /** The file it was loaded from, as the system maps it; empty where the system does not tell. */
    Optional<Path> file() {
        if (name.contains("/")) return Optional.of(Path.of(name));
        try (Stream<String> mappings = Files.lines(Path.of("/proc/self/maps"))) {
            String stem = "/" + name;
            return mappings.filter(line -> line.contains(stem)).map(line -> Path.of(line.substring(line.indexOf('/')))).findFirst();
        } catch (IOException | UncheckedIOException unknown) {
            return Optional.empty();
        }
    }

    /** What tells one build of a version from another, which a library's own function for its version leaves out; empty where its file is not known. */
    String build() {
        Optional<Path> file = file();
        if (file.isEmpty()) return "";
        try {
            return " " + Files.size(file.get()) + " bytes of " + Files.getLastModifiedTime(file.get());
        } catch (IOException unreadable) {
            return "";
        }
    }

    /**
     * A function that returns a status as {@code int}.
     *
     * @throws DeviceException when the library has no such function: it is older than what this program needs
     */
    MethodHandle status(String function, ValueLayout... parameters) {
        return handle(function, FunctionDescriptor.of(ValueLayout.JAVA_INT, parameters));
    }

    /** The same for a function that an older library may lack. */
    Optional<MethodHandle> optionalStatus(String function, ValueLayout... parameters) {
        return symbols.find(function).map(address -> LINKER.downcallHandle(address, FunctionDescriptor.of(ValueLayout.JAVA_INT, parameters)));
    }

    /** A function that returns a C string. */
    MethodHandle text(String function, ValueLayout... parameters) {
        return handle(function, FunctionDescriptor.of(ValueLayout.ADDRESS, parameters));
    }

    /** A function that returns a {@code size_t}. */
    MethodHandle size(String function) {
        return handle(function, FunctionDescriptor.of(ValueLayout.JAVA_LONG, new MemoryLayout[0]));
    }

    /** The first of these names that the library has; a newer name may have replaced an older one of the same signature. */
    String firstOf(String... functions) {
        for (String function : functions) {
            if (symbols.find(function).isPresent()) return function;
        }
        return functions[functions.length - 1];
    }

    private MethodHandle handle(String function, FunctionDescriptor descriptor) {
        return symbols.find(function)
                .map(address -> LINKER.downcallHandle(address, descriptor))
                .orElseThrow(() -> new DeviceException(name + " has no function " + function + ": a newer version is needed"));
    }

    /** A native call that answers with a status. */
    @FunctionalInterface
    interface StatusCall {
        /** Calls. */
        int invoke() throws Throwable;
    }

    /** Calls and returns the status, whatever it says. */
    static int status(String function, StatusCall call) {
        try {
            return call.invoke();
        } catch (Throwable failure) {
            throw new DeviceException(function + " could not be called", failure);
        }
    }
}
