package io.bignode.session.store;

import java.sql.SQLException;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.sqlite.NativeLibraryNotFoundException;
import org.sqlite.SQLiteJDBCLoader;

/** SQLite itself, the native library that its driver unpacks and loads. That it cannot be loaded says nothing about any store. */
final class SqliteLibrary {
    /** What to do where it cannot be loaded. */
    static final String FIX = "let programs be executed in the folder that SQLite's native library is unpacked in, and see that the folder is writable and"
            + " has room";

    /** Held here, as the log manager alone would forget its level. The exception tells all that it would. */
    private static final Logger LOADER = Logger.getLogger(SQLiteJDBCLoader.class.getName());

    private SqliteLibrary() {}

    /**
     * Loads it, if that was not done yet. The driver itself would report a failure once, and call a library that is not there the next time.
     *
     * @throws SQLException when it cannot be loaded; {@link #isMissing} tells that from other failures
     */
    static void load() throws SQLException {
        LOADER.setLevel(Level.OFF);
        try {
            SQLiteJDBCLoader.initialize();
        } catch (Exception e) {
            throw new SQLException("SQLite's native library cannot be loaded", e);
        }
    }

    /** Whether a store was not even looked at, as there is no SQLite to do it. */
    static boolean isMissing(SQLException failure) {
        return failure.getCause() instanceof NativeLibraryNotFoundException;
    }
}
