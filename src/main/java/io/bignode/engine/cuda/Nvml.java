package io.bignode.engine.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.bignode.engine.DeviceException;
import io.bignode.engine.Gauges;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * NVIDIA's management library, as far as the driver API does not tell: the driver's own version, and what a GPU measures of itself.
 *
 * @see <a href="https://docs.nvidia.com/deploy/nvml-api/">NVML</a>
 */
final class Nvml implements AutoCloseable {
    /** {@code NVML_TEMPERATURE_GPU} */
    private static final int GPU_SENSOR = 0;

    private final MethodHandle init;
    private final MethodHandle shutdown;
    private final MethodHandle driverVersion;
    private final MethodHandle errorString;
    private final Optional<MethodHandle> deviceByUuid;
    private final Optional<MethodHandle> utilisation;
    private final Optional<MethodHandle> memory;
    private final Optional<MethodHandle> temperature;
    private final Optional<MethodHandle> power;
    private final Optional<MethodHandle> powerLimit;

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
        // nvmlReturn_t nvmlDeviceGetHandleByUUID(const char *uuid, nvmlDevice_t *device)
        deviceByUuid = library.optionalStatus("nvmlDeviceGetHandleByUUID", ADDRESS, ADDRESS);
        // nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t *utilization): two unsigned int, gpu and memory, in percent
        utilisation = library.optionalStatus("nvmlDeviceGetUtilizationRates", JAVA_LONG, ADDRESS);
        // nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t *memory): three unsigned long long, total, free and used
        memory = library.optionalStatus("nvmlDeviceGetMemoryInfo", JAVA_LONG, ADDRESS);
        // nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t device, nvmlTemperatureSensors_t sensor, unsigned int *celsius)
        temperature = library.optionalStatus("nvmlDeviceGetTemperature", JAVA_LONG, JAVA_INT, ADDRESS);
        // nvmlReturn_t nvmlDeviceGetPowerUsage(nvmlDevice_t device, unsigned int *milliwatts)
        power = library.optionalStatus("nvmlDeviceGetPowerUsage", JAVA_LONG, ADDRESS);
        // nvmlReturn_t nvmlDeviceGetEnforcedPowerLimit(nvmlDevice_t device, unsigned int *milliwatts)
        powerLimit = library.optionalStatus("nvmlDeviceGetEnforcedPowerLimit", JAVA_LONG, ADDRESS);
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

    /**
     * The handle of a GPU, or of the part of a GPU (MIG) that this process was given: the driver tells both by the same kind of UUID, this library by two.
     *
     * @throws DeviceException when the library does not know it
     */
    long device(String uuid) {
        if (deviceByUuid.isEmpty()) throw new DeviceException("this NVML has no nvmlDeviceGetHandleByUUID: a newer driver is needed");
        MethodHandle find = deviceByUuid.get();
        try {
            return device(find, uuid);
        } catch (DeviceException whole) {
            try {
                return device(find, uuid.replaceFirst("^GPU-", "MIG-"));
            } catch (DeviceException part) {
                whole.addSuppressed(part);
                throw whole;
            }
        }
    }

    private long device(MethodHandle find, String uuid) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(uuid);
            MemorySegment found = arena.allocate(JAVA_LONG);
            run("nvmlDeviceGetHandleByUUID", () -> (int) find.invokeExact(name, found));
            return found.get(JAVA_LONG, 0);
        }
    }

    /** What a GPU measures; nothing of what this library or this GPU has no means for. */
    Gauges gauges(long device) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(24, 8);
            OptionalDouble busy = read(utilisation, "nvmlDeviceGetUtilizationRates", function -> (int) function.invokeExact(device, out))
                    ? OptionalDouble.of(Integer.toUnsignedLong(out.get(JAVA_INT, 0)) / 100.0)
                    : OptionalDouble.empty();
            OptionalDouble used = read(memory, "nvmlDeviceGetMemoryInfo", function -> (int) function.invokeExact(device, out))
                    ? OptionalDouble.of(out.get(JAVA_LONG, 16))
                    : OptionalDouble.empty();
            OptionalDouble celsius = read(temperature, "nvmlDeviceGetTemperature", function -> (int) function.invokeExact(device, GPU_SENSOR, out))
                    ? OptionalDouble.of(Integer.toUnsignedLong(out.get(JAVA_INT, 0)))
                    : OptionalDouble.empty();
            OptionalDouble drawn = read(power, "nvmlDeviceGetPowerUsage", function -> (int) function.invokeExact(device, out))
                    ? watts(out)
                    : OptionalDouble.empty();
            OptionalDouble limit = read(powerLimit, "nvmlDeviceGetEnforcedPowerLimit", function -> (int) function.invokeExact(device, out))
                    ? watts(out)
                    : OptionalDouble.empty();
            return new Gauges(busy, used, celsius, drawn, limit, OptionalDouble.empty());
        }
    }

    private static OptionalDouble watts(MemorySegment milliwatts) {
        return OptionalDouble.of(Integer.toUnsignedLong(milliwatts.get(JAVA_INT, 0)) / 1000.0);
    }

    /** A call of a function that may be missing. */
    private interface Gauge {
        int read(MethodHandle function) throws Throwable;
    }

    /** Calls; false where there is no such function, or none for this GPU: a MIG slice has no load of its own, some boards no power meter. */
    private static boolean read(Optional<MethodHandle> function, String name, Gauge gauge) {
        return function.isPresent() && NativeLibrary.status(name, () -> gauge.read(function.get())) == 0;
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
