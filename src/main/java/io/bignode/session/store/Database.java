package io.bignode.session.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/** What differs between the databases a store may be kept in. */
interface Database extends AutoCloseable {
    /** Which one, for messages; without a password. */
    String name();

    /** The type of a column of bytes. */
    String bytesType();

    /**
     * Opens the connection that writes; whoever has it is the only one.
     *
     * @param make whether the database may be made where there is none
     * @return empty when another head has it
     * @throws StoreRefused when waiting would not help
     */
    Optional<Connection> writer(boolean make) throws SQLException, StoreRefused;

    /** Whether other heads are kept out by the writing connection, and no longer when it is lost. */
    boolean keptByConnection();

    /** Opens a connection that reads. */
    Connection reader() throws SQLException;

    /**
     * Looks for damage before anything is read, in little time whatever the size.
     *
     * @throws StoreRefused when there is some
     */
    void check(Connection writer) throws SQLException, StoreRefused;

    /** Looks for damage everywhere, which takes as long as reading all of it; tells what was found. */
    Optional<String> checkAll(Connection reader) throws SQLException;

    /** What to do about a failure. */
    String fix(SQLException failure);

    /** Whether a failure says that the store is damaged. */
    boolean damaged(SQLException failure);

    /** Lets go of what {@link #writer} took besides the connection. */
    @Override
    void close();
}
