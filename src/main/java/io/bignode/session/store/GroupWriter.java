package io.bignode.session.store;

import io.bignode.monitor.Alarms;
import io.bignode.session.Change;
import io.bignode.session.CommitTicket;
import io.bignode.session.StoreObserver;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that writes. Changes gather while it writes those before them, and go into the next transaction all together; so the more
 * there is to do, the fewer syncs a change costs. Who waits for a change makes it start at once, otherwise it lingers a little for company.
 *
 * <p>A group that cannot be written stays, and is tried again every second; meanwhile whoever waits is told so.
 */
final class GroupWriter implements AutoCloseable {
    private static final String ALARM = "store";
    private static final Duration LINGER = Duration.ofMillis(20);
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final int ANSWER_SECONDS = 2;

    private final Database database;
    private final Alarms alarms;
    private final Thread.UncaughtExceptionHandler onDeath;
    private final long incarnation;
    private final Thread thread;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Condition progress = lock.newCondition();
    private ChangeSet gathering = new ChangeSet();
    private ChangeSet writing = new ChangeSet();
    private long gatheringSince;

    /** How many calls of {@link #add} there were; those up to {@code taken} are in {@code writing}, up to {@code durable} in the database. */
    private long given;

    private long durable;
    private boolean urgent;
    private boolean closing;
    private @Nullable String failure;

    /** Nothing can be written, and another head may do so. */
    private boolean ownershipLost;

    private @Nullable Throwable death;

    private volatile StoreObserver observer = StoreObserver.NOBODY;

    /** Used by the thread alone. */
    private @Nullable Connection connection;

    private long group;
    private boolean garbage = true;

    /**
     * Writes from now on.
     *
     * @param connection the one that may write
     * @param group      the number of the last group in the database
     * @param onDeath    told when this store may not or cannot be written any more, whatever is tried; should end the process
     */
    GroupWriter(
            Database database, Connection connection, long incarnation, long group, Alarms alarms, Thread.UncaughtExceptionHandler onDeath) {
        this.database = database;
        this.connection = connection;
        this.incarnation = incarnation;
        this.group = group;
        this.alarms = alarms;
        this.onDeath = onDeath;
        this.thread = Thread.ofPlatform().daemon().name("store").uncaughtExceptionHandler(this::die).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Takes changes, which stay in the order in which they are given; none at all are durable when all before them are. */
    CommitTicket add(List<Change> changes) {
        lock.lock();
        try {
            if (gathering.isEmpty()) gatheringSince = System.nanoTime();
            changes.forEach(gathering::add);
            if (changes.isEmpty()) return new Receipt(given);
            long number = ++given;
            work.signal();
            return new Receipt(number);
        } finally {
            lock.unlock();
        }
    }

    /** A place in the order of changes. */
    private final class Receipt implements CommitTicket {
        private final long number;

        Receipt(long number) {
            this.number = number;
        }

        @Override
        public boolean await() {
            lock.lock();
            try {
                hurry(number);
                while (durable < number && failure == null) {
                    if (death != null) throw new IllegalStateException("the store is not written any more", death);
                    progress.awaitUninterruptibly();
                }
                return durable >= number;
            } finally {
                lock.unlock();
            }
        }

        @Override
        public boolean awaitKept() {
            lock.lock();
            try {
                hurry(number);
                while (durable < number && (failure == null || ownershipLost)) {
                    if (death != null) throw new IllegalStateException("the store is not written any more", death);
                    if (ownershipLost) progress.await();
                    else progress.awaitUninterruptibly();
                }
                return true;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void soon() {
            lock.lock();
            try {
                hurry(number);
            } finally {
                lock.unlock();
            }
        }
    }

    private void hurry(long number) {
        if (durable >= number || urgent) return;
        urgent = true;
        work.signal();
    }

    /** Batches of a session that are not known to be durable, by number. */
    NavigableMap<Long, Change.BatchFound> waiting(String sessionId) {
        lock.lock();
        try {
            NavigableMap<Long, Change.BatchFound> all = new TreeMap<>(writing.batches(sessionId));
            all.putAll(gathering.batches(sessionId));
            return all;
        } finally {
            lock.unlock();
        }
    }

    /** Why nothing can be written at the moment; empty when all is well. */
    Optional<String> failure() {
        lock.lock();
        try {
            return Optional.ofNullable(failure);
        } finally {
            lock.unlock();
        }
    }

    boolean ownershipLost() {
        lock.lock();
        try {
            return ownershipLost;
        } finally {
            lock.unlock();
        }
    }

    /** About how much memory what waits takes while nothing can be written; 0 when all is well. */
    long stuckBytes() {
        lock.lock();
        try {
            return failure == null ? 0 : writing.bytes() + gathering.bytes();
        } finally {
            lock.unlock();
        }
    }

    /** About how much memory what is not known to be durable takes. */
    long pendingBytes() {
        lock.lock();
        try {
            return writing.bytes() + gathering.bytes();
        } finally {
            lock.unlock();
        }
    }

    void observe(StoreObserver by) {
        observer = by;
    }

    private void run() {
        while (true) {
            long upTo;
            lock.lock();
            try {
                if (!awaitWork()) break;
                upTo = given;
                writing = gathering;
                gathering = new ChangeSet();
                urgent = false;
            } finally {
                lock.unlock();
            }
            if (writing.isEmpty()) sweep();
            else if (!writeUntilDone()) break;
            finished(upTo);
        }
        if (connection != null) ReadPool.close(connection);
    }

    /** Waits until a group should be written, or there is nothing to do but to sweep; false at the end. */
    private boolean awaitWork() {
        while (true) {
            if (!gathering.isEmpty()) {
                long left = gatheringSince + LINGER.toNanos() - System.nanoTime();
                if (urgent || closing || left <= 0) return true;
                await(left);
            } else if (closing) {
                return false;
            } else if (garbage) {
                return true;
            } else {
                work.awaitUninterruptibly();
            }
        }
    }

    /** Waits a little; both callers look again whether they have to go on waiting. */
    @SuppressWarnings("WaitNotInLoop")
    private void await(long nanos) {
        try {
            work.await(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            // nobody who knows this thread interrupts it
        }
    }

    private void finished(long upTo) {
        garbage |= !writing.purged.isEmpty();
        lock.lock();
        try {
            writing = new ChangeSet();
            durable = upTo;
            failure = null;
            ownershipLost = false;
            progress.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Tries until the group is durable; gives up only when the store is closed meanwhile. */
    private boolean writeUntilDone() {
        group++;
        while (true) {
            try {
                long begun = System.nanoTime();
                write();
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

    private void write() throws SQLException {
        if (connection == null) {
            connection = connectAgain();
            // The last attempt may have been committed although its answer was an error.
            if (number(connection, "SELECT last_group FROM head") == group) return;
        }
        new GroupSql(connection).write(writing, group);
    }

    private Connection connectAgain() throws SQLException {
        Optional<Connection> again;
        try {
            again = database.writer(false);
        } catch (StoreRefused e) {
            throw new SQLException(e.getMessage(), e);
        }
        if (again.isEmpty()) throw new IllegalStateException("another head took over " + database.name());
        if (number(again.get(), "SELECT incarnation FROM head") != incarnation) {
            ReadPool.close(again.get());
            throw new IllegalStateException("another head took over " + database.name() + " meanwhile");
        }
        return again.get();
    }

    /** Notes a failure, then waits for a while; false when there is no time left to try again. */
    private boolean failed(SQLException e) {
        String what = Databases.what(e);
        alarms.raise(ALARM, database.name() + " cannot be written, what is found is kept in memory alone: " + what, database.fix(e));
        lock.lock();
        try {
            failure = what;
            ownershipLost = database.keptByConnection() && connection == null;
            progress.signalAll();
            long until = System.nanoTime() + RETRY.toNanos();
            while (!closing && until > System.nanoTime()) await(until - System.nanoTime());
            if (!closing) return true;
        } finally {
            lock.unlock();
        }
        System.getLogger(GroupWriter.class.getName())
                .log(System.Logger.Level.ERROR, "{0} could not be written before the end: what was found last is lost", database.name());
        return false;
    }

    private void sweep() {
        try {
            if (connection == null) connection = connectAgain();
            garbage = new GroupSql(connection).sweep();
        } catch (SQLException e) {
            // Nothing is lost; it is tried again when the next session is purged.
            System.getLogger(GroupWriter.class.getName()).log(System.Logger.Level.WARNING, "deleting purged batches: {0}", Databases.what(e));
            garbage = false;
            rollBack();
        }
    }

    /**
     * A connection on which something failed is not used again, as nobody knows what state it is in; unless the place as the only head hangs
     * on it and it still answers.
     */
    private void rollBack() {
        if (connection == null) return;
        try {
            if (database.keptByConnection() && connection.isValid(ANSWER_SECONDS)) {
                connection.rollback();
                return;
            }
        } catch (SQLException e) {
            System.getLogger(GroupWriter.class.getName()).log(System.Logger.Level.DEBUG, "rolling back", e);
        }
        ReadPool.close(connection);
        connection = null;
    }

    private void die(Thread thread, Throwable why) {
        lock.lock();
        try {
            death = why;
            progress.signalAll();
        } finally {
            lock.unlock();
        }
        onDeath.uncaughtException(thread, why);
    }

    private static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            if (!result.next()) throw new SQLException("no answer to " + sql, Databases.DAMAGED);
            return result.getLong(1);
        }
    }

    /** Writes what there is, if it can, and ends the thread. */
    @Override
    public void close() {
        lock.lock();
        try {
            closing = true;
            work.signal();
        } finally {
            lock.unlock();
        }
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
