package io.bignode.session.store;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.Properties;

/**
 * A store in PostgreSQL. An advisory lock of the writing connection keeps other heads out: it ends with the connection, so that a head that
 * lost its connection cannot write any more before it has the lock again.
 */
final class PostgresDatabase implements Database {
    /** The key of the advisory lock: the letters "bignode" as a number. */
    private static final long LOCK = 0x6269676e6f6465L;

    private final String url;
    private final String name;

    /** A store at a URL {@code jdbc:postgresql://…}, which may hold a password. */
    PostgresDatabase(String url) {
        this.url = url;
        this.name = url.replaceFirst("\\?.*", "").replaceFirst("//[^/@]*@", "//");
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String bytesType() {
        return "BYTEA";
    }

    @Override
    public Optional<Connection> writer(boolean make) throws SQLException {
        Connection connection = connect();
        try (Statement statement = connection.createStatement()) {
            if (!statement.execute("SELECT pg_try_advisory_lock(" + LOCK + ")")) throw new SQLException("no answer about the lock");
            try (ResultSet result = statement.getResultSet()) {
                if (!result.next() || !result.getBoolean(1)) {
                    connection.close();
                    return Optional.empty();
                }
            }
            // The server notices within some 15 s that a head's host is gone, and gives the lock to the other head.
            statement.execute("SET tcp_keepalives_idle = 5");
            statement.execute("SET tcp_keepalives_interval = 3");
            statement.execute("SET tcp_keepalives_count = 3");
            statement.execute("SET synchronous_commit = on");
            connection.setAutoCommit(false);
            return Optional.of(connection);
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    @Override
    public boolean keptByConnection() {
        return true;
    }

    @Override
    public Connection reader() throws SQLException {
        Connection connection = connect();
        connection.setReadOnly(true);
        connection.setAutoCommit(false);
        return connection;
    }

    private Connection connect() throws SQLException {
        Properties defaults = new Properties();
        defaults.setProperty("ApplicationName", "bignode");
        defaults.setProperty("connectTimeout", "10");
        defaults.setProperty("socketTimeout", "30");
        defaults.setProperty("tcpKeepAlive", "true");
        defaults.setProperty("reWriteBatchedInserts", "true");
        // Errors go to the log and into alarms; the rows they are about do not.
        defaults.setProperty("logServerErrorDetail", "false");
        // Parameters of the URL override those that are set here.
        return DriverManager.getConnection(url, defaults);
    }

    @Override
    public void check(Connection writer) {
        // The server checks its own files.
    }

    @Override
    public Optional<String> checkAll(Connection reader) {
        return Optional.empty();
    }

    @Override
    public boolean damaged(SQLException failure) {
        String state = failure.getSQLState();
        return state != null && state.startsWith("XX");
    }

    @Override
    public String fix(SQLException failure) {
        String state = failure.getSQLState() == null ? "" : failure.getSQLState();
        if (damaged(failure)) return "stop the head and restore a backup of the database";
        if (state.startsWith("53")) return "free space or connections of the database server; nothing else has to be done";
        if (state.startsWith("08") || state.startsWith("57")) return "see that the database server runs and can be reached from here";
        if (state.startsWith("28") || state.equals("3D000")) return "see that DELEGATION_DB_URL names the right database, user and password";
        if (state.startsWith("25") || state.startsWith("42")) return "see that the user may create tables and write in the database";
        return "look at the database server's log";
    }

    @Override
    public void close() {
        // The server releases the lock when the connection ends.
    }
}
