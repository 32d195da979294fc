package io.bignode.session.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.sqlite.SQLiteConfig;

/** Copies the store of a data folder into a file, whole, while a head writes it or while none does. */
public final class StoreBackup {
    private static final int BUSY_MILLIS = 5000;

    private StoreBackup() {}

    /** What came of it. */
    public sealed interface Outcome {
        /**
         * The file is there and whole.
         *
         * @param bytes its size
         */
        record Made(long bytes) implements Outcome {}

        /**
         * There is no file, or none that was not there before.
         *
         * @param why and what to do about it
         */
        record Refused(String why) implements Outcome {}
    }

    /**
     * Copies it.
     *
     * @param folder the data folder
     * @param target a file that does not exist yet; only its owner may read it, as it holds what the store holds
     */
    public static Outcome make(Path folder, Path target) {
        Path file = folder.resolve("sessions.db");
        if (!Files.exists(file)) return new Outcome.Refused("there is no store in " + folder + ": set DELEGATION_DATA_DIR to the node's folder");
        try {
            // SQLite takes an empty file for a new database: nobody else can make one of that name meanwhile, nor read it.
            Files.createFile(target, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } catch (FileAlreadyExistsException there) {
            return new Outcome.Refused(target + " exists already and is left as it is: give a name that is free");
        } catch (IOException refused) {
            return new Outcome.Refused(target + " cannot be made (" + refused.getClass().getSimpleName() + "): see that its folder is there and can be written");
        }
        try {
            copy(file, target);
            // SQLite leaves it to the system when the copy reaches the disk.
            try (FileChannel copy = FileChannel.open(target, StandardOpenOption.WRITE)) {
                copy.force(true);
            }
            return new Outcome.Made(Files.size(target));
        } catch (SQLException | IOException failed) {
            return new Outcome.Refused(withoutHalf(target, file + " cannot be copied to " + target + ": "
                    + (failed instanceof SQLException sql ? Databases.what(sql) : failed.getMessage())));
        }
    }

    private static void copy(Path file, Path target) throws SQLException {
        SqliteLibrary.load();
        SQLiteConfig config = new SQLiteConfig();
        config.setBusyTimeout(BUSY_MILLIS);
        try (Connection connection = config.createConnection("jdbc:sqlite:" + file);
                PreparedStatement copy = connection.prepareStatement("VACUUM INTO ?")) {
            copy.setString(1, target.toString());
            copy.execute();
        }
    }

    /** Half a copy would one day be taken for a whole one. */
    private static String withoutHalf(Path target, String why) {
        try {
            Files.deleteIfExists(target);
            return why;
        } catch (IOException stays) {
            return why + "; the beginning of a copy is left there: remove it";
        }
    }
}
