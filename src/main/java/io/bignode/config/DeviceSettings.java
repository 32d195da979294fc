package io.bignode.config;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Which devices compute, and how.
 *
 * @param choice         the devices to use
 * @param margin         nonces whose distance is within this of r_target are not reported
 * @param cudaLibraries  the only folder to look for CUDA's libraries in, where one is given
 * @param cudaHome       a CUDA toolkit's folder, where one is named
 * @param gpuMemoryBytes the most memory to take of each GPU
 * @param kernelsDir     where compiled kernels are kept
 * @param hopperFfn      whether our own feed-forward kernel is used on Hopper GPUs
 */
public record DeviceSettings(
        DeviceChoice choice,
        double margin,
        Optional<Path> cudaLibraries,
        Optional<Path> cudaHome,
        long gpuMemoryBytes,
        Path kernelsDir,
        boolean hopperFfn) {
    /** Four times the mean deviation that was measured between this program and the function's executable statement on main-net. */
    private static final double USUAL_MARGIN = 5e-6;

    private static final double MOST_MARGIN = 0.01;

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
        int gib = reader.integer("DELEGATION_GPU_MEMORY_GIB", 1, 1 << 20, 1 << 20);
        return new DeviceSettings(
                choice(reader),
                reader.number("DELEGATION_MARGIN", 0, MOST_MARGIN, USUAL_MARGIN),
                Settings.folder(reader, "DELEGATION_CUDA_LIBRARIES"),
                Settings.folder(reader, "CUDA_HOME"),
                (long) gib << 30,
                cacheDir.resolve("kernels"),
                reader.flag("DELEGATION_HOPPER_FFN", false));
    }

    private static DeviceChoice choice(EnvironmentReader reader) {
        String text = reader.text("DELEGATION_DEVICES").orElse("all");
        Optional<DeviceChoice> choice = DeviceChoice.parse(text);
        if (choice.isEmpty()) {
            reader.fault("DELEGATION_DEVICES", "is " + EnvironmentReader.quoted(text)
                    + "; it must be all, cpu, none, or GPUs with commas between them, each once, for instance 0,2 or GPU-3f2a1b6c");
        }
        return choice.orElse(DeviceChoice.ALL);
    }
}
