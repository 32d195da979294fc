package io.bignode.engine.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.bignode.fixtures.Golden;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Simulated NVIDIA GPUs: libraries built from {@code src/test/native}, and what they are told to do. One machine of them for each process. */
public final class SimulatedGpu {
    private static final Path SOURCES = Path.of("src/test/native").toAbsolutePath();
    private static final Path BUILT = Path.of("target/simulated-gpu").toAbsolutePath();
    private static final List<String> FLAGS = List.of("-std=c++17", "-march=native", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-pthread");

    /** Of what computes. The simulated compiler waits for the real one, and is compiled itself in half the time where it need not be fast. */
    private static final List<String> FAST = List.of("-O3");
    private static final List<String> FAST_ENOUGH = List.of("-O0");

    /** With which kernels are compiled, and the header that is before each of them. */
    private static final List<String> KERNEL_FLAGS =
            List.of("-std=c++17", "-O2", "-march=native", "-ffp-contract=off", "-fno-gnu-unique", "-w", "-fPIC", "-pthread");

    private final Path folder;
    private final SymbolLookup driver;

    private SimulatedGpu(Path folder) {
        this.folder = folder;
        this.driver = SymbolLookup.libraryLookup(folder.resolve("libcuda.so.1"), Arena.global());
    }

    /** Statuses of the driver. */
    public static final int OUT_OF_MEMORY = 2;

    /** A context is broken after this. */
    public static final int ILLEGAL_ADDRESS = 700;

    /**
     * A machine with so many GPUs, all alike; what was there before is gone.
     *
     * @param memoryBytes of each
     */
    public static SimulatedGpu with(int devices, long memoryBytes) {
        requireCompiler();
        SimulatedGpu machine = new SimulatedGpu(build());
        machine.configure(devices, memoryBytes, 2, 9, 0);
        return machine;
    }

    private static void requireCompiler() {
        boolean compiler = Stream.of(System.getenv("PATH").split(":")).anyMatch(path -> Files.isExecutable(Path.of(path, "g++")));
        boolean x86 = System.getProperty("os.arch").equals("amd64");
        if (!compiler || !x86) System.out.println("skipped: the simulated GPU needs g++ on x86-64 (apt-get install g++)");
        Assumptions.assumeTrue(compiler && x86, "the simulated GPU needs g++ on x86-64");
    }

    /** Says what the machine has; nothing is allocated then, and no fault ordered. */
    public void configure(int devices, long memoryBytes, int multiprocessors, int major, int minor) {
        call(FunctionDescriptor.ofVoid(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT), "sim_configure", devices, memoryBytes, multiprocessors, major, minor);
    }

    /** Says which version of CUDA the driver supports, for instance 12080; the next {@link #configure} has it forgotten. */
    public void driverVersion(int version) {
        call(FunctionDescriptor.ofVoid(JAVA_INT), "sim_driver_version", version);
    }

    /** Where the libraries are. */
    public Path folder() {
        return folder;
    }

    /** Compiled kernels, kept from one run of the tests to the next, for as long as the simulator that compiled them is the same. */
    public static Path kernels() {
        requireCompiler();
        return build().resolve("kernels");
    }

    /**
     * Says in which order threads take turns from now on; what a kernel computes must not depend on it.
     *
     * @param order 0 ascending, 1 descending, any other number an order drawn from it
     */
    public void order(int order) {
        call(FunctionDescriptor.ofVoid(JAVA_INT), "sim_order", order);
    }

    /** Orders that a function fails: the call after {@code after} more. */
    public void fail(int device, String function, long after, int status, boolean sticky) {
        try (Arena arena = Arena.ofConfined()) {
            call(
                    FunctionDescriptor.ofVoid(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT), "sim_fail", device, arena.allocateFrom(function), after, status,
                    sticky ? 1 : 0);
        }
    }

    /** Orders that kernels launched after {@code after} more never end. */
    public void hang(int device, long after) {
        call(FunctionDescriptor.ofVoid(JAVA_INT, JAVA_LONG), "sim_hang", device, after);
    }

    /** Says how long work takes by the events' clock: a kernel, or {@code product N} by the N-th proposal; what has no order takes none from then on. */
    public void takes(int device, String work, double millis) {
        try (Arena arena = Arena.ofConfined()) {
            call(FunctionDescriptor.ofVoid(JAVA_INT, ADDRESS, JAVA_DOUBLE), "sim_takes", device, arena.allocateFrom(work), millis);
        }
    }

    /** Has work of this name, after {@code after} more, wait in its stream until it is released. */
    public void hold(int device, String work, long after) {
        try (Arena arena = Arena.ofConfined()) {
            call(FunctionDescriptor.ofVoid(JAVA_INT, ADDRESS, JAVA_LONG), "sim_hold", device, arena.allocateFrom(work), after);
        }
    }

    /** Whether work of this name waits. */
    public boolean held(int device, String work) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) call(FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS), "sim_held", device, arena.allocateFrom(work)) != 0;
        }
    }

    /** Lets it go on. */
    public void release(int device, String work) {
        try (Arena arena = Arena.ofConfined()) {
            call(FunctionDescriptor.ofVoid(JAVA_INT, ADDRESS), "sim_release", device, arena.allocateFrom(work));
        }
    }

    /** How often a function of the driver was called, or work of this name begun. */
    public long calls(int device, String name) {
        try (Arena arena = Arena.ofConfined()) {
            return (long) call(FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS), "sim_calls", device, arena.allocateFrom(name));
        }
    }

    /** Device memory in use. */
    public long allocated(int device) {
        return (long) call(FunctionDescriptor.of(JAVA_LONG, JAVA_INT), "sim_allocated", device);
    }

    /** Kernels launched so far. */
    public long launched(int device) {
        return (long) call(FunctionDescriptor.of(JAVA_LONG, JAVA_INT), "sim_launched", device);
    }

    /** What an engine is to know of the machine. */
    CudaOptions options(long capBytes) {
        return new CudaOptions(Optional.of(folder), List.of(), (_, _) -> true, capBytes, kernels(), OwnFfn.NEVER, false, Optional.empty(), () -> {});
    }

    /** The same, of GPUs that have to prove themselves. */
    CudaOptions provingOptions() {
        return new CudaOptions(Optional.of(folder), List.of(), (_, _) -> true, Long.MAX_VALUE, kernels(), OwnFfn.NEVER, true, Optional.empty(), () -> {});
    }

    private Object call(FunctionDescriptor descriptor, String function, Object... arguments) {
        MethodHandle handle = Linker.nativeLinker().downcallHandle(driver.findOrThrow(function), descriptor);
        try {
            return handle.invokeWithArguments(arguments);
        } catch (Throwable failure) {
            throw new AssertionError(function, failure);
        }
    }

    /** Builds the libraries once for each state of their sources; whoever comes meanwhile waits. */
    private static Path build() {
        try {
            ByteArrayOutputStream sources = new ByteArrayOutputStream();
            try (Stream<Path> files = Files.list(SOURCES)) {
                for (Path file : files.sorted().toList()) sources.writeBytes(Files.readAllBytes(file));
            }
            sources.writeBytes((FLAGS + " " + FAST + " " + FAST_ENOUGH + " " + KERNEL_FLAGS).getBytes(StandardCharsets.UTF_8));
            Path built = BUILT.resolve(Golden.sha256(sources.toByteArray()).substring(0, 16));
            Files.createDirectories(BUILT);
            try (FileChannel file = FileChannel.open(BUILT.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock _ = file.lock()) {
                if (!Files.isDirectory(built)) compile(built);
            }
            return built;
        } catch (IOException broken) {
            throw new AssertionError("the simulated GPU could not be built", broken);
        }
    }

    private static void compile(Path built) throws IOException {
        Path draft = Files.createTempDirectory(BUILT, "draft");
        library(draft, FAST, "driver.cpp", "libcuda.so.1", "-ldl");
        library(draft, FAST, "cublaslt.cpp", "libcublasLt.so.13", "-L" + draft, "-l:libcuda.so.1", "-Wl,-rpath,$ORIGIN");
        library(draft, FAST_ENOUGH, "builtins.cpp", "libnvrtc-builtins.so.13.0", "-Wl,-soname,libnvrtc-builtins.so.13.0");
        library(
                draft, FAST_ENOUGH, "nvrtc.cpp", "libnvrtc.so.13", "-DKERNEL_COMMAND=\"g++ " + String.join(" ", KERNEL_FLAGS) + " -I" + built + " -I" + SOURCES + "\"", "-ldl");
        library(draft, FAST_ENOUGH, "nvml.cpp", "libnvidia-ml.so.1");
        // Compiled once: it takes twice as long as a kernel behind it.
        List<String> header = new ArrayList<>(List.of("g++"));
        header.addAll(KERNEL_FLAGS);
        header.addAll(List.of("-x", "c++-header", "-o", draft.resolve("cuda_words.h.gch").toString(), SOURCES.resolve("cuda_words.h").toString()));
        run(header);
        Files.move(draft, built, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void library(Path folder, List<String> optimised, String source, String name, String... more) throws IOException {
        List<String> command = new ArrayList<>(List.of("g++"));
        command.addAll(FLAGS);
        command.addAll(optimised);
        command.addAll(List.of("-o", folder.resolve(name).toString(), SOURCES.resolve(source).toString()));
        command.addAll(List.of(more));
        run(command);
    }

    private static void run(List<String> command) throws IOException {
        Process compiler = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (InputStream output = compiler.getInputStream()) {
            String text = new String(output.readAllBytes(), StandardCharsets.UTF_8);
            if (compiler.waitFor() != 0) throw new AssertionError(String.join(" ", command) + "\n" + text);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new AssertionError(stop);
        }
    }
}
