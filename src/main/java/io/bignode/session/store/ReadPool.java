package io.bignode.session.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;

/** A few reading connections that all polls share. A poll that finds none free waits. */
final class ReadPool implements AutoCloseable {
    private static final int MOST = 4;

    /** Reads something through a connection. */
    interface Work<T> {
        T read(Connection connection) throws SQLException;
    }

    private final Database database;
    private final Semaphore free = new Semaphore(MOST, true);
    private final Deque<Connection> idle = new ArrayDeque<>();
    private boolean closed;

    ReadPool(Database database) {
        this.database = database;
    }

    /** Reads through a connection of the pool, which goes back into the pool unless reading failed. */
    <T> T read(Work<T> work) throws SQLException {
        free.acquireUninterruptibly();
        try {
            Connection connection = take();
            boolean sound = false;
            try {
                T answer = work.read(connection);
                sound = true;
                return answer;
            } finally {
                if (!sound || !giveBack(connection)) close(connection);
            }
        } finally {
            free.release();
        }
    }

    private Connection take() throws SQLException {
        synchronized (this) {
            if (closed) throw new SQLException("the store is closed");
            if (!idle.isEmpty()) return idle.pop();
        }
        return database.reader();
    }

    private synchronized boolean giveBack(Connection connection) {
        if (closed) return false;
        idle.push(connection);
        return true;
    }

    /** Closes a connection that is not needed any more. A failure to close it is ignored, as the connection is given up either way. */
    static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            System.getLogger(ReadPool.class.getName()).log(System.Logger.Level.DEBUG, "closing a connection", e);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        idle.forEach(ReadPool::close);
        idle.clear();
    }
}
