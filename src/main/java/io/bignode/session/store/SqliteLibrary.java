package io.bignode.session.store;

import java.sql.SQLException;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.sqlite.NativeLibraryNotFoundException;
import org.sqlite.SQLiteJDBCLoader;

/** SQLite's native library, which its driver unpacks and loads. Whether it can be loaded says nothing about a store's state. */
final class SqliteLibrary {
    /** What an operator should do where the library cannot be loaded. */
    static final String FIX = "let programs be executed in the folder that SQLite's native library is unpacked in, and see that the folder is writable and"
            + " has room";

    /** The driver's logger is silenced, as the exception holds all that it logs. The reference keeps the logger's level from being lost with the logger. */
    private static final Logger LOADER = Logger.getLogger(SQLiteJDBCLoader.class.getName());

    private SqliteLibrary() {}

    /**
     * Loads the library unless it is loaded. The driver itself reports a failure only once and calls the missing library the next time.
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

    /** Whether a store could not be looked at because SQLite's library could not be loaded. */
    static boolean isMissing(SQLException failure) {
        return failure.getCause() instanceof NativeLibraryNotFoundException;
    }
}
