package io.bignode.session.store;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** Puts values into a statement, or takes them out of a result, one after the other. */
final class Row {
    private Row() {}

    /** Fills one row of a statement that is to be executed for many. */
    static final class Writer {
        private final PreparedStatement statement;
        private int column;

        Writer(PreparedStatement statement) {
            this.statement = statement;
        }

        Writer number(long value) throws SQLException {
            statement.setLong(++column, value);
            return this;
        }

        Writer real(double value) throws SQLException {
            statement.setDouble(++column, value);
            return this;
        }

        Writer text(@Nullable String value) throws SQLException {
            if (value == null) statement.setNull(++column, Types.VARCHAR);
            else statement.setString(++column, StoredText.encode(value));
            return this;
        }

        Writer bytes(byte[] value) throws SQLException {
            statement.setBytes(++column, value);
            return this;
        }

        Writer time(@Nullable Instant value) throws SQLException {
            if (value == null) statement.setNull(++column, Types.BIGINT);
            else statement.setLong(++column, ChronoUnit.MICROS.between(Instant.EPOCH, value));
            return this;
        }

        /** Ends the row: all its parameters are set. */
        void add() throws SQLException {
            statement.addBatch();
            column = 0;
        }
    }

    /** Reads the current row of a result, column by column. */
    static final class Reader {
        private final ResultSet result;
        private int column;

        Reader(ResultSet result) {
            this.result = result;
        }

        long number() throws SQLException {
            return result.getLong(++column);
        }

        double real() throws SQLException {
            return result.getDouble(++column);
        }

        String text() throws SQLException {
            String value = textOrNull();
            if (value == null) throw new SQLException("column " + column + " is empty", Databases.DAMAGED);
            return value;
        }

        @Nullable String textOrNull() throws SQLException {
            String value = result.getString(++column);
            return value == null ? null : StoredText.decode(value);
        }

        byte[] bytes() throws SQLException {
            byte[] value = result.getBytes(++column);
            if (value == null) throw new SQLException("column " + column + " is empty", Databases.DAMAGED);
            return value;
        }

        Instant time() throws SQLException {
            return Instant.EPOCH.plus(number(), ChronoUnit.MICROS);
        }

        @Nullable Instant timeOrNull() throws SQLException {
            long micros = number();
            return result.wasNull() ? null : Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
        }
    }
}
