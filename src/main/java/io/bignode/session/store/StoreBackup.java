package io.bignode.session.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.sqlite.SQLiteConfig;

/**
 * Copies the store of a data folder into a file, whole, while a head writes it or while none does. The copy is made under another name beside the file
 * and gets the file's name when it is whole and on the disk: half a copy would pass for a database.
 */
public final class StoreBackup {
    private static final int BUSY_MILLIS = 5000;

    private StoreBackup() {}

    /** The outcome of a backup. */
    public sealed interface Outcome {
        /**
         * The copy is there and whole.
         *
         * @param bytes its size
         */
        record Made(long bytes) implements Outcome {}

        /**
         * There is no copy. A file of that name that was there before is untouched.
         *
         * @param why and what to do about it
         */
        record Refused(String why) implements Outcome {}
    }

    /**
     * Copies the store. A half copy that a killed process left beside the same file is removed.
     *
     * @param folder the data folder
     * @param target a file that does not exist yet; only its owner may read it, as it holds what the store holds
     */
    public static Outcome make(Path folder, Path target) {
        Path file = folder.resolve("sessions.db");
        if (!Files.exists(file)) return new Outcome.Refused("there is no store in " + folder + ": set DELEGATION_DATA_DIR to the node's folder");
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) return taken(target);
        Path draft = target.resolveSibling(draftsOf(target) + ProcessHandle.current().pid());
        try {
            removeLeftovers(target);
            // SQLite takes an empty file for a new database: nobody else can make one of that name meanwhile, nor read it.
            Files.createFile(draft, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } catch (IOException refused) {
            return new Outcome.Refused(target + " cannot be made (" + refused.getClass().getSimpleName()
                    + "): see that its folder is there and can be written");
        }
        Thread whenStopped = Thread.ofPlatform().name("backup-draft").unstarted(() -> remove(draft));
        try {
            Runtime.getRuntime().addShutdownHook(whenStopped);
            copy(file, draft);
            // SQLite does not sync the copy.
            try (FileChannel copy = FileChannel.open(draft, StandardOpenOption.WRITE)) {
                copy.force(true);
            }
            long bytes = Files.size(draft);
            publish(draft, target);
            return new Outcome.Made(bytes);
        } catch (FileAlreadyExistsException there) {
            return taken(target);
        } catch (SQLException | IOException failed) {
            return new Outcome.Refused(file + " cannot be copied to " + target + ": "
                    + (failed instanceof SQLException sql ? Databases.message(sql) : failed.getMessage()));
        } finally {
            remove(draft);
            forget(whenStopped);
        }
    }

    private static Outcome taken(Path target) {
        return new Outcome.Refused(target + " exists already and is left as it is: give a name that is free");
    }

    private static String draftsOf(Path target) {
        return "." + target.getFileName() + ".part-";
    }

    /** Removes half copies whose processes are gone. One whose process number another process has by now stays. */
    private static void removeLeftovers(Path target) throws IOException {
        String begin = draftsOf(target);
        DirectoryStream.Filter<Path> left = path -> {
            String name = path.getFileName().toString();
            return name.startsWith(begin) && name.substring(begin.length()).matches("[0-9]{1,18}") && isGone(Long.parseLong(name.substring(begin.length())));
        };
        try (DirectoryStream<Path> drafts = Files.newDirectoryStream(target.toAbsolutePath().getParent(), left)) {
            for (Path draft : drafts) Files.deleteIfExists(draft);
        }
    }

    private static boolean isGone(long pid) {
        return pid == ProcessHandle.current().pid() || ProcessHandle.of(pid).isEmpty();
    }

    private static void copy(Path file, Path draft) throws SQLException {
        SqliteLibrary.load();
        SQLiteConfig config = new SQLiteConfig();
        config.setBusyTimeout(BUSY_MILLIS);
        try (Connection connection = config.createConnection("jdbc:sqlite:" + file);
                PreparedStatement copy = connection.prepareStatement("VACUUM INTO ?")) {
            copy.setString(1, draft.toString());
            copy.execute();
        }
    }

    /** Gives the copy its name, unless a file of that name was made meanwhile. */
    private static void publish(Path draft, Path target) throws IOException {
        try {
            Files.createLink(target, draft);
        } catch (FileAlreadyExistsException | NoSuchFileException e) {
            throw e;
        } catch (UnsupportedOperationException | FileSystemException e) {
            Files.move(draft, target); // a file system without hard links
        }
    }

    private static void remove(Path draft) {
        try {
            Files.deleteIfExists(draft);
        } catch (IOException stays) {
            System.getLogger(StoreBackup.class.getName()).log(System.Logger.Level.WARNING, "{0} cannot be removed: it is no backup, remove it", draft);
        }
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException stopping) {
            // the process ends already and runs its hooks, of which this one has nothing left to remove
        }
    }
}
