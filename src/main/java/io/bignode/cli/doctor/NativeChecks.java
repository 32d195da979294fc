package io.bignode.cli.doctor;

import io.bignode.cli.terminal.Finding;
import io.bignode.engine.cpu.CpuEngine;
import io.bignode.node.CommandException;
import io.bignode.node.NativeFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Doctor's checks of the native libraries that come in jars: can they be unpacked, and does OpenBLAS run on this system. */
final class NativeChecks {
    private NativeChecks() {}

    /**
     * Looks for a folder to unpack them in, which the checks after this one use.
     *
     * @param dataDir the data folder, where the settings name one
     */
    static Finding run(Optional<Path> dataDir) {
        try {
            return NativeFolder.useForCommand(dataDir)
                    .map(folder -> Finding.ok("native", "libraries are unpacked in " + folder.getParent() + " and removed from there at the end"))
                    .orElseGet(() -> Finding.ok("native", "libraries are unpacked where the JVM's options say"));
        } catch (CommandException nowhere) {
            // A data folder that is not made yet may do, and nothing is made here to find out.
            boolean known = dataDir.isEmpty() || Files.isDirectory(dataDir.get());
            return known ? Finding.fail("native", String.valueOf(nowhere.getMessage())) : Finding.warn("native", String.valueOf(nowhere.getMessage()));
        }
    }

    /**
     * Whether the processor can compute.
     *
     * @param computes whether it is to; otherwise it is only good to know that it could not step in
     * @return nothing where it can
     */
    static List<Finding> cpu(boolean computes) {
        return CpuEngine.unusable()
                .map(reason -> List.of(computes ? Finding.fail("cpu", reason) : Finding.warn("cpu", "the CPU could not replace a device: " + reason)))
                .orElse(List.of());
    }
}
