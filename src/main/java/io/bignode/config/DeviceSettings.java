package io.bignode.config;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Which devices compute, and how.
 *
 * @param choice         the devices to use
 * @param margin         nonces whose distance is within this of r_target are not reported
 * @param cudaLibraries  the only folder to look for CUDA's libraries in, where one is given
 * @param cudaEnvironments a CUDA toolkit, a virtual environment and a conda environment to look for CUDA's libraries in, as far as they are named
 * @param gpuMemoryBytes the most memory to take of each GPU
 * @param kernelsDir     where compiled kernels are kept
 * @param tuningDir      where measurements of GPUs are kept
 * @param hopperFfn      where our own feed-forward kernel is used on Hopper GPUs
 * @param backends       the vLLM backends that are devices, too
 */
public record DeviceSettings(
        DeviceChoice choice,
        double margin,
        Optional<Path> cudaLibraries,
        List<Path> cudaEnvironments,
        long gpuMemoryBytes,
        Path kernelsDir,
        Path tuningDir,
        HopperFfn hopperFfn,
        List<URI> backends) {
    /** The GPUs of a host with backends are theirs. */
    private static final String NO_DEVICES = "none";

    /** Where our own feed-forward kernel is used. */
    public enum HopperFfn {
        /** Where it was measured to be faster. */
        AUTO,
        /** Wherever it can be. */
        ON,
        /** Nowhere. */
        OFF
    }

    /** Copies the lists. */
    public DeviceSettings {
        backends = List.copyOf(backends);
        cudaEnvironments = List.copyOf(cudaEnvironments);
    }

    /**
     * Reads the devices' settings alone, for commands that serve nobody: nothing is made.
     *
     * @throws InvalidSettingsException with every fault
     */
    public static DeviceSettings load(Map<String, String> environment) throws InvalidSettingsException {
        EnvironmentReader reader = new EnvironmentReader(environment);
        DeviceSettings settings = read(reader, Settings.cacheDir(reader, Settings.dataDir(reader)));
        reader.check();
        return settings;
    }

    /** Reads the variables; faults are noted in the reader. */
    static DeviceSettings read(EnvironmentReader reader, Path cacheDir) {
        int gib = reader.integerIfSet(Setting.GPU_MEMORY_GIB).orElse((int) Setting.GPU_MEMORY_GIB.max());
        List<URI> backends = BackendUrls.read(reader);
        return new DeviceSettings(
                choice(reader, backends.isEmpty() ? Setting.DEVICES.usual() : NO_DEVICES),
                reader.number(Setting.MARGIN),
                Settings.folder(reader, Setting.CUDA_LIBRARIES),
                Stream.of(Setting.CUDA_HOME, Setting.VIRTUAL_ENV, Setting.CONDA_PREFIX).flatMap(named -> Settings.folder(reader, named).stream()).toList(),
                (long) gib << 30,
                cacheDir.resolve("kernels"),
                cacheDir.resolve("tuning"),
                hopperFfn(reader),
                backends);
    }

    private static HopperFfn hopperFfn(EnvironmentReader reader) {
        String text = reader.textOrUsual(Setting.HOPPER_FFN);
        return switch (text) {
            case "auto" -> HopperFfn.AUTO;
            case "on", "true" -> HopperFfn.ON;
            case "off", "false" -> HopperFfn.OFF;
            default -> {
                reader.fault(Setting.HOPPER_FFN, "is " + EnvironmentReader.quoted(text) + "; it must be auto, on or off");
                yield HopperFfn.AUTO;
            }
        };
    }

    private static DeviceChoice choice(EnvironmentReader reader, String usual) {
        String text = reader.text(Setting.DEVICES).orElse(usual);
        Optional<DeviceChoice> choice = DeviceChoice.parse(text);
        if (choice.isEmpty()) {
            reader.fault(Setting.DEVICES, "is " + EnvironmentReader.quoted(text)
                    + "; it must be all, cpu, none, or GPUs with commas between them, each once, for instance 0,2 or GPU-3f2a1b6c");
        }
        return choice.orElse(DeviceChoice.ALL);
    }
}
