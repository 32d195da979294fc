package io.bignode.engine.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.bignode.engine.DeviceException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Map;

/**
 * NVIDIA's run-time compiler: CUDA C++ in, machine code of one GPU architecture out.
 *
 * @see <a href="https://docs.nvidia.com/cuda/nvrtc/">NVRTC</a>
 */
final class Nvrtc {
    private static final System.Logger LOG = System.getLogger(Nvrtc.class.getName());

    private final String name;
    private final String build;
    private final MethodHandle version;
    private final MethodHandle create;
    private final MethodHandle compile;
    private final MethodHandle cubinSize;
    private final MethodHandle cubin;
    private final MethodHandle logSize;
    private final MethodHandle log;
    private final MethodHandle destroy;
    private final MethodHandle errorString;

    Nvrtc(NativeLibrary library) {
        name = library.name();
        build = library.build();
        // nvrtcResult nvrtcVersion(int *major, int *minor)
        version = library.status("nvrtcVersion", ADDRESS, ADDRESS);
        // nvrtcResult nvrtcCreateProgram(nvrtcProgram *program, const char *source, const char *name, int headers, const char *const *texts,
        //                                const char *const *names)
        create = library.status("nvrtcCreateProgram", ADDRESS, ADDRESS, ADDRESS, JAVA_INT, ADDRESS, ADDRESS);
        // nvrtcResult nvrtcCompileProgram(nvrtcProgram program, int options, const char *const *texts)
        compile = library.status("nvrtcCompileProgram", JAVA_LONG, JAVA_INT, ADDRESS);
        // nvrtcResult nvrtcGetCUBINSize(nvrtcProgram program, size_t *bytes)
        cubinSize = library.status("nvrtcGetCUBINSize", JAVA_LONG, ADDRESS);
        // nvrtcResult nvrtcGetCUBIN(nvrtcProgram program, char *cubin)
        cubin = library.status("nvrtcGetCUBIN", JAVA_LONG, ADDRESS);
        // nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram program, size_t *bytes)
        logSize = library.status("nvrtcGetProgramLogSize", JAVA_LONG, ADDRESS);
        // nvrtcResult nvrtcGetProgramLog(nvrtcProgram program, char *log)
        log = library.status("nvrtcGetProgramLog", JAVA_LONG, ADDRESS);
        // nvrtcResult nvrtcDestroyProgram(nvrtcProgram *program)
        destroy = library.status("nvrtcDestroyProgram", ADDRESS);
        // const char *nvrtcGetErrorString(nvrtcResult result)
        errorString = library.text("nvrtcGetErrorString", JAVA_INT);
    }

    /** The compiler's name, version and build, which decide what it makes of a source. */
    String version() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment major = arena.allocate(JAVA_INT);
            MemorySegment minor = arena.allocate(JAVA_INT);
            run("nvrtcVersion", () -> (int) version.invokeExact(major, minor));
            return name + " " + major.get(JAVA_INT, 0) + "." + minor.get(JAVA_INT, 0) + build;
        }
    }

    /**
     * Compiles a source.
     *
     * @param fileName what messages call it
     * @param headers  texts of the files it includes, by name
     * @param options  the compiler's options
     * @return the machine code
     * @throws DeviceException with the compiler's log when it does not compile
     */
    byte[] compile(String fileName, String source, Map<String, String> headers, List<String> options) {
        try (Arena arena = Arena.ofConfined()) {
            List<Map.Entry<String, String>> included = List.copyOf(headers.entrySet());
            MemorySegment names = strings(arena, included.stream().map(Map.Entry::getKey).toList());
            MemorySegment texts = strings(arena, included.stream().map(Map.Entry::getValue).toList());
            MemorySegment program = arena.allocate(JAVA_LONG);
            MemorySegment text = arena.allocateFrom(source);
            MemorySegment file = arena.allocateFrom(fileName);
            run("nvrtcCreateProgram", () -> (int) create.invokeExact(program, text, file, included.size(), texts, names));
            long handle = program.get(JAVA_LONG, 0);
            try {
                MemorySegment given = strings(arena, options);
                int status = NativeLibrary.status("nvrtcCompileProgram", () -> (int) compile.invokeExact(handle, options.size(), given));
                if (status != 0) {
                    throw new DeviceException("the kernel " + fileName + " does not compile with " + version() + ": " + describe(status)
                            + System.lineSeparator() + log(arena, handle));
                }
                // A product that is serialised, or a change of register counts that is ignored, is told here and nowhere else.
                String warnings = log(arena, handle).strip();
                if (!warnings.isEmpty()) LOG.log(System.Logger.Level.WARNING, "{0} says of the kernel {1}: {2}", version(), fileName, warnings);
                MemorySegment size = arena.allocate(JAVA_LONG);
                run("nvrtcGetCUBINSize", () -> (int) cubinSize.invokeExact(handle, size));
                MemorySegment code = arena.allocate(size.get(JAVA_LONG, 0));
                run("nvrtcGetCUBIN", () -> (int) cubin.invokeExact(handle, code));
                return code.toArray(JAVA_BYTE);
            } finally {
                run("nvrtcDestroyProgram", () -> (int) destroy.invokeExact(program));
            }
        }
    }

    private String log(Arena arena, long program) {
        MemorySegment size = arena.allocate(JAVA_LONG);
        run("nvrtcGetProgramLogSize", () -> (int) logSize.invokeExact(program, size));
        MemorySegment text = arena.allocate(Math.max(1, size.get(JAVA_LONG, 0)));
        run("nvrtcGetProgramLog", () -> (int) log.invokeExact(program, text));
        return text.getString(0);
    }

    private static MemorySegment strings(Arena arena, List<String> texts) {
        MemorySegment pointers = arena.allocate(ADDRESS, Math.max(1, texts.size()));
        for (int i = 0; i < texts.size(); i++) {
            pointers.setAtIndex(ADDRESS, i, arena.allocateFrom(texts.get(i)));
        }
        return pointers;
    }

    private void run(String function, NativeLibrary.StatusCall call) {
        int status = NativeLibrary.status(function, call);
        if (status != 0) throw new DeviceException(function + ": " + describe(status));
    }

    private String describe(int status) {
        try {
            return ((MemorySegment) errorString.invokeExact(status)).reinterpret(1024).getString(0);
        } catch (Throwable failure) {
            throw new DeviceException("nvrtcGetErrorString could not be called", failure);
        }
    }
}
