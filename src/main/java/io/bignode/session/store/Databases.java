package io.bignode.session.store;

import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** What the two kinds of database have in common. */
final class Databases {
    /** The SQL state of failures that the store itself finds, when what it reads is not what was written. */
    static final String DAMAGED = "XX001";

    private Databases() {}

    /** A failure and its causes in one line. Of a failed batch only the failing row's error is shown, as the batch's own text may repeat the values. */
    static String message(SQLException failure) {
        SQLException next = failure instanceof BatchUpdateException ? failure.getNextException() : null;
        return next == null ? withCause(failure) : withCause(next);
    }

    /** The number in the first column of the only row of a query's answer. */
    static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return number(statement, sql);
        }
    }

    static long number(Statement statement, String sql) throws SQLException {
        try (ResultSet result = statement.executeQuery(sql)) {
            if (!result.next()) throw new SQLException("no answer to " + sql, DAMAGED);
            return result.getLong(1);
        }
    }

    private static String withCause(SQLException failure) {
        String message = line(failure);
        Throwable cause = failure.getCause();
        if (cause == null) return message;
        while (cause.getCause() != null) cause = cause.getCause();
        return message.contains(line(cause)) ? message : message + " (" + line(cause) + ")";
    }

    private static String line(Throwable failure) {
        String message = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        return message.lines().findFirst().orElse(message).strip();
    }
}
