package io.bignode.engine.cuda;

import io.bignode.engine.DeviceException;
import java.io.IOException;
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

/** A shared library of the host. Once loaded it stays: a driver cannot be unloaded. */
final class NativeLibrary {
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
         * @param reason where it was looked for, and what would mend it
         */
        record Missing(String reason) implements Lookup {}
    }

    /**
     * Where libraries are looked for.
     *
     * @param folder   the only folder to look in, where one is given
     * @param cudaHome a CUDA toolkit's folder, where one is named
     */
    record Places(Optional<Path> folder, Optional<Path> cudaHome) {
        private static final Path INSTALLED = Path.of("/usr/local");

        /** The folders beside the loader's own path, in the order of preference. */
        List<Path> toolkitFolders() {
            List<Path> toolkits = new ArrayList<>();
            cudaHome.ifPresent(toolkits::add);
            if (Files.isDirectory(INSTALLED)) {
                try (DirectoryStream<Path> installed = Files.newDirectoryStream(INSTALLED, "cuda*")) {
                    installed.forEach(toolkits::add);
                } catch (IOException unreadable) {
                    throw new DeviceException("cannot look for CUDA in " + INSTALLED, unreadable);
                }
            }
            List<Path> folders = new ArrayList<>();
            for (Path toolkit : toolkits) {
                for (String below : List.of("lib64", "lib", "targets/x86_64-linux/lib", "targets/sbsa-linux/lib")) {
                    Path folder = toolkit.resolve(below);
                    if (Files.isDirectory(folder)) folders.add(folder);
                }
            }
            return folders;
        }
    }

    /**
     * Looks for a library under each of its names, the first that is found is taken.
     *
     * @param names file names, for instance {@code libcuda.so.1}
     * @param fix   what a person can do when there is none
     */
    static Lookup find(Places places, List<String> names, String fix) {
        List<String> tried = new ArrayList<>();
        if (places.folder().isPresent()) {
            for (String name : names) {
                Path file = places.folder().get().resolve(name);
                if (Files.exists(file)) return load(file, tried).orElseGet(() -> missing(names, tried, fix));
            }
            tried.add("not in " + places.folder().get());
            return missing(names, tried, fix);
        }
        for (String name : names) {
            try {
                return new Lookup.Found(new NativeLibrary(name, SymbolLookup.libraryLookup(name, Arena.global())));
            } catch (IllegalArgumentException absent) {
                tried.add(name + " not on the loader's path");
            }
        }
        for (Path folder : places.toolkitFolders()) {
            for (String name : names) {
                Optional<Lookup> found = Files.exists(folder.resolve(name)) ? load(folder.resolve(name), tried) : Optional.empty();
                if (found.isPresent()) return found.get();
            }
        }
        return missing(names, tried, fix);
    }

    private static Optional<Lookup> load(Path file, List<String> tried) {
        try {
            return Optional.of(new Lookup.Found(new NativeLibrary(file.toString(), SymbolLookup.libraryLookup(file, Arena.global()))));
        } catch (IllegalArgumentException broken) {
            tried.add(file + " cannot be loaded (" + broken.getMessage() + ")");
            return Optional.empty();
        }
    }

    private static Lookup missing(List<String> names, List<String> tried, String fix) {
        return new Lookup.Missing(names.getFirst() + " was not found (" + String.join(", ", tried) + "): " + fix);
    }

    /** The name or path it was found under. */
    String name() {
        return name;
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
