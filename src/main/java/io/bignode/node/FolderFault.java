package io.bignode.node;

import io.bignode.config.DataFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Says in plain words why a folder cannot be had. */
public final class FolderFault {
    private FolderFault() {}

    /**
     * Makes a folder, which may lie in the data folder; says why it cannot be made or written, as the end of a sentence that begins with its name.
     */
    public static Optional<String> making(Path folder, Path dataDir) {
        try {
            // Made as part of the way to another folder, it would be open to everybody.
            if (folder.startsWith(dataDir)) DataFolder.make(dataDir);
            Files.createDirectories(folder);
            return Files.isWritable(folder) ? Optional.empty() : Optional.of("cannot be written by user " + System.getProperty("user.name"));
        } catch (IOException refused) {
            return Optional.of("cannot be created (" + FileFault.reason(refused) + ")");
        }
    }

    /**
     * Whether a folder that exists and may be written is of a file system that keeps no new ones, as /proc and /sys are; nothing is made. The folder itself is
     * asked: where the root is no mount point, as in a chroot, the JDK finds no file store for it.
     */
    public static boolean keepsNothing(Path existing) {
        return existing.toFile().getTotalSpace() == 0;
    }
}
