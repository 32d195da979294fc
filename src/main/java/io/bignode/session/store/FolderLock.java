package io.bignode.session.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The right to use a data folder, which one process has at a time; the system takes it back from a process that dies. */
final class FolderLock implements AutoCloseable {
    private final FileChannel file;

    private FolderLock(FileChannel file) {
        this.file = file;
    }

    /**
     * Takes the lock of a folder.
     *
     * @throws StoreRefused when another process has it, or the folder cannot be written
     */
    static FolderLock take(Path folder) throws StoreRefused {
        Path path = folder.resolve("head.lock");
        try {
            FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (!locked(file)) {
                String owner = owner(file);
                file.close();
                throw new StoreRefused("another head" + owner + " uses the data folder " + folder
                        + ": stop it, or give this one a folder of its own with DELEGATION_DATA_DIR");
            }
            file.truncate(0);
            file.write(StandardCharsets.US_ASCII.encode(ProcessHandle.current().pid() + "\n"), 0);
            return new FolderLock(file);
        } catch (IOException e) {
            throw new StoreRefused("the data folder " + folder + " cannot be written: " + e.getClass().getSimpleName() + " " + e.getMessage()
                    + "; free space there, make it writable, or set DELEGATION_DATA_DIR to another folder", e);
        }
    }

    private static boolean locked(FileChannel file) throws IOException {
        try {
            return file.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false; // another head of this very process
        }
    }

    private static String owner(FileChannel file) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(20);
        file.read(text, 0);
        String pid = StandardCharsets.US_ASCII.decode(text.flip()).toString().strip();
        return pid.matches("[0-9]+") ? " (process " + pid + ")" : "";
    }

    /** Gives the lock back. */
    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            System.getLogger(FolderLock.class.getName()).log(System.Logger.Level.WARNING, "closing the data folder's lock", e);
        }
    }
}
