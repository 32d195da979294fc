package io.bignode.session.store;

import io.bignode.monitor.Alarms;
import io.bignode.session.StoreObserver;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that writes to the store. Changes gather while it writes those before them and go into the next transaction together, so that the more
 * there is to do, the fewer syncs each change costs.
 *
 * <p>A group that cannot be written is kept and tried again every second. Whoever waits for it is told so meanwhile.
 */
final class GroupWriter implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(GroupWriter.class.getName());
    private static final String ALARM = "store";
    private static final int ANSWER_SECONDS = 2;

    private final Database database;
    private final PendingChanges pending;
    private final Alarms alarms;
    private final Thread.UncaughtExceptionHandler onDeath;
    private final long incarnation;
    private final Thread thread;
    private volatile StoreObserver observer = StoreObserver.NOBODY;

    /** Only the writing thread uses this field and those below it. */
    private @Nullable Connection connection;

    private long group;
    private boolean garbage = true;

    /**
     * A writer that writes nothing before it is {@linkplain #start started}.
     *
     * @param connection the one that may write
     * @param group      the number of the last group in the database
     * @param pending    where changes gather
     * @param onDeath    told when this store may not or cannot be written any more, whatever is tried; should end the process
     */
    GroupWriter(
            Database database, Connection connection, long incarnation, long group, PendingChanges pending, Alarms alarms,
            Thread.UncaughtExceptionHandler onDeath) {
        this.database = database;
        this.connection = connection;
        this.incarnation = incarnation;
        this.group = group;
        this.pending = pending;
        this.alarms = alarms;
        this.onDeath = onDeath;
        this.thread = Thread.ofPlatform().daemon().name("store").uncaughtExceptionHandler(this::die).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    void observe(StoreObserver by) {
        observer = by;
    }

    private void run() {
        boolean more = true;
        while (more) more = writeNext();
        if (connection != null) ReadPool.close(connection);
    }

    /** Waits for the next group and writes it, or deletes old batches where there is nothing to write. Returns false when the store is closed. */
    private boolean writeNext() {
        Optional<ChangeSet> changes = pending.take(garbage);
        if (changes.isEmpty()) return false;
        if (changes.get().isEmpty()) sweep();
        else if (!writeUntilDone(changes.get())) return false;
        garbage |= !changes.get().purged.isEmpty();
        pending.written();
        return true;
    }

    /** Tries to write the group until it is durable, and gives up only when the store is closed meanwhile. */
    private boolean writeUntilDone(ChangeSet changes) {
        group++;
        while (true) {
            try {
                long begun = System.nanoTime();
                write(changes);
                observer.committed(System.nanoTime() - begun);
                alarms.clear(ALARM);
                return true;
            } catch (SQLException e) {
                rollBack();
                observer.failed();
                if (!failed(e)) return false;
            }
        }
    }

    private void write(ChangeSet changes) throws SQLException {
        if (connection == null) {
            connection = connectAgain();
            // The last attempt may have been committed although its answer was an error.
            if (Databases.number(connection, "SELECT last_group FROM head") == group) return;
        }
        new GroupSql(connection).write(changes, group);
    }

    private Connection connectAgain() throws SQLException {
        Optional<Connection> again;
        try {
            again = database.writer(false);
        } catch (StoreRefused e) {
            throw new SQLException(e.getMessage(), e);
        }
        if (again.isEmpty()) throw new IllegalStateException("another head took over " + database.name());
        if (Databases.number(again.get(), "SELECT incarnation FROM head") != incarnation) {
            ReadPool.close(again.get());
            throw new IllegalStateException("another head took over " + database.name() + " meanwhile");
        }
        return again.get();
    }

    /** Notes a failure, then waits before the next attempt. Returns false when there is no time left for one. */
    private boolean failed(SQLException e) {
        String message = Databases.message(e);
        alarms.raise(ALARM, database.name() + " cannot be written, what is found is kept in memory alone: " + message, database.fix(e));
        if (pending.failed(message, database.keptByConnection() && connection == null)) return true;
        LOG.log(System.Logger.Level.ERROR, "{0} could not be written before the end: what was found last is lost", database.name());
        return false;
    }

    private void sweep() {
        try {
            if (connection == null) connection = connectAgain();
            garbage = new GroupSql(connection).sweep();
        } catch (SQLException e) {
            // Nothing is lost: the deletion is tried again when the next session is purged.
            LOG.log(System.Logger.Level.WARNING, "deleting purged batches: {0}", Databases.message(e));
            garbage = false;
            rollBack();
        }
    }

    /**
     * Closes a connection on which something failed, as its state is unknown. It is kept where the right to be the only head depends
     * on this connection and it still answers.
     */
    private void rollBack() {
        if (connection == null) return;
        try {
            if (database.keptByConnection() && connection.isValid(ANSWER_SECONDS)) {
                connection.rollback();
                return;
            }
        } catch (SQLException e) {
            LOG.log(System.Logger.Level.DEBUG, "rolling back", e);
        }
        ReadPool.close(connection);
        connection = null;
    }

    private void die(Thread thread, Throwable why) {
        pending.died(why);
        onDeath.uncaughtException(thread, why);
    }

    /** Writes what is left, if the database takes it, and ends the thread. */
    @Override
    public void close() {
        pending.close();
        if (thread.getState() == Thread.State.NEW && connection != null) ReadPool.close(connection);
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
    }
}
