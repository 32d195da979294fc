package io.bignode.engine.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.bignode.engine.DeviceException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * NVIDIA's management library, as far as the driver API does not tell: the driver's own version.
 *
 * @see <a href="https://docs.nvidia.com/deploy/nvml-api/">NVML</a>
 */
final class Nvml implements AutoCloseable {
    private final MethodHandle init;
    private final MethodHandle shutdown;
    private final MethodHandle driverVersion;
    private final MethodHandle errorString;

    /** Initialises the library; {@link #close} undoes it. */
    Nvml(NativeLibrary library) {
        // nvmlReturn_t nvmlInit_v2(void)
        init = library.status("nvmlInit_v2");
        // nvmlReturn_t nvmlShutdown(void)
        shutdown = library.status("nvmlShutdown");
        // nvmlReturn_t nvmlSystemGetDriverVersion(char *version, unsigned int length)
        driverVersion = library.status("nvmlSystemGetDriverVersion", ADDRESS, JAVA_INT);
        // const char *nvmlErrorString(nvmlReturn_t result)
        errorString = library.text("nvmlErrorString", JAVA_INT);
        run("nvmlInit", () -> (int) init.invokeExact());
    }

    /** The driver's version, for instance {@code 580.159.04}. */
    String driverVersion() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(80);
            run("nvmlSystemGetDriverVersion", () -> (int) driverVersion.invokeExact(text, 80));
            return text.getString(0);
        }
    }

    @Override
    public void close() {
        run("nvmlShutdown", () -> (int) shutdown.invokeExact());
    }

    private void run(String function, NativeLibrary.StatusCall call) {
        int status = NativeLibrary.status(function, call);
        if (status == 0) return;
        try {
            throw new DeviceException(function + ": " + ((MemorySegment) errorString.invokeExact(status)).reinterpret(1024).getString(0));
        } catch (DeviceException described) {
            throw described;
        } catch (Throwable failure) {
            throw new DeviceException("nvmlErrorString could not be called", failure);
        }
    }
}
