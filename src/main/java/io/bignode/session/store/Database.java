package io.bignode.session.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/** What differs between the databases a store may be kept in. */
interface Database extends AutoCloseable {
    /** The database's name in messages, without a password. */
    String name();

    /** The SQL type of a column that holds bytes. */
    String bytesType();

    /**
     * Opens the connection that writes. Only one process has such a connection at a time.
     *
     * @param make whether the database may be made where there is none
     * @return empty when another head has it
     * @throws StoreRefused when waiting would not help
     */
    Optional<Connection> writer(boolean make) throws SQLException, StoreRefused;

    /** Whether it is the writing connection itself that keeps other heads out, so that they may come in when it is lost. */
    boolean keptByConnection();

    /** Opens a connection that reads. */
    Connection reader() throws SQLException;

    /**
     * Looks for damage before anything is read. It takes little time, however large the store is.
     *
     * @throws StoreRefused when there is some
     */
    void check(Connection writer) throws SQLException, StoreRefused;

    /** Reads the whole store and returns the damage that was found. */
    Optional<String> checkAll(Connection reader) throws SQLException;

    /** What an operator should do about a failure. */
    String fix(SQLException failure);

    /** Whether a failure says that the store is damaged. */
    boolean damaged(SQLException failure);

    /** Gives back what {@link #writer} took besides the connection, such as a lock on the folder. */
    @Override
    void close();
}
