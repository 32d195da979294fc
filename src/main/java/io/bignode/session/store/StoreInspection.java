package io.bignode.session.store;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import org.sqlite.SQLiteConfig;

/** Looks at a store without opening it as a head does: nothing is written, no lock is taken, a head that has it open is not disturbed. */
public final class StoreInspection {
    private StoreInspection() {}

    /** The outcome of a look at a store. */
    public sealed interface Seen {
        /**
         * A store that a head can open.
         *
         * @param message which one it is
         */
        record Well(String message) implements Seen {}

        /** There is no store yet; a head's first start makes it. */
        record Absent() implements Seen {}

        /**
         * A store that no head can open.
         *
         * @param message what is wrong; holds no password
         * @param fix  what mends it
         */
        record Ill(String message, String fix) implements Seen {}

        /**
         * A store that could not be looked at on this host.
         *
         * @param message why not
         * @param fix  what mends that
         */
        record Unseen(String message, String fix) implements Seen {}
    }

    /** Looks at the store in a data folder and reads the whole of it for damage. */
    public static Seen inFolder(Path folder) {
        Path file = folder.resolve("sessions.db");
        if (!Files.exists(file)) return new Seen.Absent();
        SQLiteConfig config = new SQLiteConfig();
        config.setReadOnly(true);
        config.setBusyTimeout(5000);
        // Without a log beside it the file is whole, and nothing need be made there to read it.
        String how = Files.exists(folder.resolve("sessions.db-wal")) ? "?mode=ro" : "?mode=ro&immutable=1";
        String fix = "put a backup of sessions.db in its place, without sessions.db-wal and sessions.db-shm; or move all three away and start with no sessions";
        try {
            SqliteLibrary.load();
        } catch (SQLException missing) {
            return new Seen.Unseen(Databases.message(missing), SqliteLibrary.FIX);
        }
        try (Connection connection = config.createConnection("jdbc:sqlite:" + file.toUri().toString().replaceFirst("^file:///", "file:/") + how);
                Statement statement = connection.createStatement()) {
            String damage = text(statement, "PRAGMA quick_check(1)");
            if (!damage.equals("ok")) return new Seen.Ill(file + " is damaged: " + damage.lines().findFirst().orElse(damage), fix);
            if (Integer.parseInt(text(statement, "PRAGMA application_id")) != SqliteDatabase.APPLICATION) {
                return new Seen.Ill(file + " is a database of another program", "move it away");
            }
            return version(statement, file + ", SQLite");
        } catch (SQLException unreadable) {
            return new Seen.Ill(file + " cannot be read: " + Databases.message(unreadable), fix);
        }
    }

    /**
     * Looks at a database of PostgreSQL.
     *
     * @param url as for the JDBC driver
     */
    public static Seen inPostgres(String url) {
        Properties defaults = new Properties();
        defaults.setProperty("ApplicationName", "bignode doctor");
        defaults.setProperty("connectTimeout", "5");
        defaults.setProperty("loginTimeout", "5");
        defaults.setProperty("socketTimeout", "10");
        defaults.setProperty("readOnly", "true");
        try (Connection connection = DriverManager.getConnection(url, defaults);
                Statement statement = connection.createStatement()) {
            String message = "PostgreSQL " + connection.getMetaData().getDatabaseProductVersion();
            if (text(statement, "SELECT count(*) FROM information_schema.tables WHERE table_name = 'schema_version'").equals("0")) {
                return new Seen.Well(message + ", no tables yet: the first start makes them");
            }
            return version(statement, message);
        } catch (SQLException refused) {
            return new Seen.Ill("PostgreSQL cannot be used: " + Databases.message(refused), new PostgresDatabase(url).fix(refused));
        }
    }

    private static Seen version(Statement statement, String message) throws SQLException {
        int version = Integer.parseInt(text(statement, "SELECT max(version) FROM schema_version"));
        if (version > Migrations.newest()) {
            return new Seen.Ill(message + " has schema version " + version + ", this version of bignode knows " + Migrations.newest(),
                    "start the version of bignode that wrote it, or restore a backup");
        }
        String then = version < Migrations.newest() ? ", brought to " + Migrations.newest() + " at the start" : "";
        return new Seen.Well(message + ", schema version " + version + then);
    }

    private static String text(Statement statement, String sql) throws SQLException {
        try (ResultSet result = statement.executeQuery(sql)) {
            if (!result.next()) throw new SQLException("no answer to " + sql);
            String answer = result.getString(1);
            if (answer == null) throw new SQLException("an empty answer to " + sql);
            return answer;
        }
    }
}
