package io.bignode.session.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * A store in a file of the data folder. The folder's lock keeps other heads out; the write-ahead log lets polls read while the writer
 * writes, and is synced at every commit.
 */
final class SqliteDatabase implements Database {
    /** The tables that are read whole at every start; the others may be large. */
    private static final List<String> SMALL = List.of("head", "lineage", "gap", "session", "lease", "held", "purged", "history");

    /** The application ID in the file's header, the letters "bnod", which tells that the file is a store of this program. */
    static final int APPLICATION = 0x626e6f64;

    /** The write-ahead log is cut back to this many bytes after it has grown. */
    private static final int LOG_BYTES = 64 << 20;

    private static final int BUSY_MILLIS = 5000;

    private final Path folder;
    private final Path file;
    private final FolderLock lock;
    private final IntSupplier maxPages;

    /**
     * A store in this folder, whose lock is taken.
     *
     * @param maxPages asked at every connection: the most pages the file may have, 0 for no limit
     */
    SqliteDatabase(Path folder, IntSupplier maxPages) throws StoreRefused {
        this.folder = folder;
        this.file = folder.resolve("sessions.db");
        this.maxPages = maxPages;
        this.lock = FolderLock.take(folder);
    }

    @Override
    public String name() {
        return file.toString();
    }

    @Override
    public String bytesType() {
        return "BLOB";
    }

    @Override
    public Optional<Connection> writer(boolean make) throws SQLException, StoreRefused {
        boolean fresh = make && makeFile();
        if (!Files.exists(file)) throw new SQLException(file + " vanished", Databases.DAMAGED);
        Connection connection = connect(false);
        try (Statement statement = connection.createStatement()) {
            if (Databases.number(statement, "PRAGMA application_id") != APPLICATION) {
                if (!fresh && Databases.number(statement, "SELECT count(*) FROM sqlite_master") > 0) {
                    throw new StoreRefused(file + " is a database of another program; move it away");
                }
                statement.execute("PRAGMA application_id = " + APPLICATION);
            }
            if (maxPages.getAsInt() > 0) Databases.number(statement, "PRAGMA max_page_count = " + maxPages.getAsInt());
            connection.setAutoCommit(false);
            return Optional.of(connection);
        } catch (SQLException | StoreRefused | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /** Only its owner may read what is found; SQLite gives its other files the same permissions. */
    private boolean makeFile() throws StoreRefused {
        if (Files.exists(file)) return false;
        try {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            return true;
        } catch (IOException e) {
            throw new StoreRefused(file + " cannot be made: " + e.getClass().getSimpleName()
                    + "; free space there, make the folder writable, or set DELEGATION_DATA_DIR to another one", e);
        }
    }

    @Override
    public boolean keptByConnection() {
        return false;
    }

    @Override
    public Connection reader() throws SQLException {
        Connection connection = connect(true);
        connection.setAutoCommit(false);
        return connection;
    }

    private Connection connect(boolean onlyReads) throws SQLException {
        SQLiteConfig config = new SQLiteConfig();
        config.setBusyTimeout(BUSY_MILLIS);
        if (!onlyReads) {
            config.setJournalMode(SQLiteConfig.JournalMode.WAL);
            config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
            config.setJournalSizeLimit(LOG_BYTES);
        }
        config.setPragma(SQLiteConfig.Pragma.CACHE_SIZE, onlyReads ? "-2000" : "-16000");
        SqliteLibrary.load();
        Connection connection = config.createConnection("jdbc:sqlite:" + file);
        try (Statement statement = connection.createStatement()) {
            // A damaged page is to be noticed when it is read, not guessed at.
            statement.execute("PRAGMA cell_size_check = ON");
            if (onlyReads) statement.execute("PRAGMA query_only = ON");
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    @Override
    public void check(Connection writer) throws SQLException, StoreRefused {
        writer.commit();
        writer.setAutoCommit(true);
        try (Statement statement = writer.createStatement()) {
            Databases.number(statement, "PRAGMA wal_checkpoint(TRUNCATE)");
            long bytes = Databases.number(statement, "PRAGMA page_count") * Databases.number(statement, "PRAGMA page_size");
            if (bytes > Files.size(file)) throw refused("it is cut off: " + Files.size(file) + " of " + bytes + " bytes are there");
            for (String table : SMALL) {
                Optional<String> damage = check(statement, "PRAGMA quick_check('" + table + "')");
                if (damage.isPresent()) throw refused(damage.get());
            }
        } catch (IOException e) {
            throw refused(e.toString());
        } finally {
            writer.setAutoCommit(false);
        }
    }

    @Override
    public Optional<String> checkAll(Connection reader) throws SQLException {
        try (Statement statement = reader.createStatement()) {
            return check(statement, "PRAGMA quick_check(1)");
        } finally {
            reader.rollback();
        }
    }

    private static Optional<String> check(Statement statement, String pragma) throws SQLException {
        try (ResultSet result = statement.executeQuery(pragma)) {
            String answer = result.next() ? result.getString(1) : "no answer";
            return answer.equals("ok") ? Optional.empty() : Optional.of(answer.lines().limit(3).reduce((a, b) -> a + "; " + b).orElse(answer));
        }
    }

    private StoreRefused refused(String damage) {
        return new StoreRefused(file + " is damaged: " + damage + "; " + repair());
    }

    private String repair() {
        return "put a backup of sessions.db in its place, without sessions.db-wal and sessions.db-shm; or move all three away and start with no"
                + " sessions (small nodes start theirs anew)";
    }

    @Override
    public boolean damaged(SQLException failure) {
        if (Databases.DAMAGED.equals(failure.getSQLState())) return true;
        SQLiteErrorCode code = code(failure);
        return code == SQLiteErrorCode.SQLITE_CORRUPT || code == SQLiteErrorCode.SQLITE_NOTADB;
    }

    @Override
    public String fix(SQLException failure) {
        if (damaged(failure)) return "stop the head, then " + repair();
        if (SqliteLibrary.isMissing(failure)) return SqliteLibrary.FIX;
        return switch (code(failure)) {
            case SQLITE_FULL -> "free space for " + folder + "; nothing else has to be done";
            case SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM -> "make " + folder + " and the files in it writable for this user";
            case SQLITE_IOERR -> "look at the disk of " + folder + " (df, dmesg): it may be full or failing";
            default -> "look at the disk of " + folder + " and at what else uses " + file.getFileName();
        };
    }

    /** The kind of a failure is in the low byte of SQLite's error code. */
    private static SQLiteErrorCode code(SQLException failure) {
        if (!(failure instanceof SQLiteException sqlite)) return SQLiteErrorCode.UNKNOWN_ERROR;
        return SQLiteErrorCode.getErrorCode(sqlite.getResultCode().code & 0xff);
    }

    @Override
    public void close() {
        lock.close();
    }
}
