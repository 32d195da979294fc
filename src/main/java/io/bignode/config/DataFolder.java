package io.bignode.config;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** The folder in which a head or a worker keeps its secrets and its state. Whoever needs it first makes it, with this class. */
public final class DataFolder {
    private DataFolder() {}

    /**
     * Makes the folder where it is missing, so that only its owner may look into it; folders above it are made as the system usually makes them. One
     * that exists is left as it is.
     *
     * @throws IOException when it cannot be made
     */
    public static void make(Path folder) throws IOException {
        if (Files.isDirectory(folder)) return;
        Path parent = folder.toAbsolutePath().getParent();
        if (parent != null) Files.createDirectories(parent);
        try {
            Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException there) {
            if (!Files.isDirectory(folder)) throw there; // otherwise another process was first
        }
    }
}
