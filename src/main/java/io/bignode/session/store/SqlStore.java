package io.bignode.session.store;

import io.bignode.monitor.Alarms;
import io.bignode.session.Change;
import io.bignode.session.CommitTicket;
import io.bignode.session.SessionStore;
import io.bignode.session.SessionStore.FoundPage;
import io.bignode.session.SessionStore.History;
import io.bignode.session.SessionStore.StoreException;
import io.bignode.session.StoreImage;
import io.bignode.session.StoreObserver;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/** A store in an SQL database. */
public final class SqlStore implements SessionStore {
    /** How many bytes of found nonces may wait in memory for a database that cannot be written. */
    private static final long STUCK_BYTES = 64L << 20;

    /** How long after its start a head reads the whole store for damage: the first minute is the sessions'. */
    private static final Duration LOOK_AFTER = Duration.ofMinutes(1);

    private static final String DAMAGE_ALARM = "store-damaged";

    private final Database database;
    private final Alarms alarms;
    private final long incarnation;
    private final Duration lookAfter;
    private final ReadPool readers;
    private final PendingChanges pending;
    private final GroupWriter writer;
    private final CountDownLatch closed = new CountDownLatch(1);

    private SqlStore(Database database, Alarms alarms, Duration lookAfter, long incarnation, PendingChanges pending, GroupWriter writer) {
        this.lookAfter = lookAfter;
        this.database = database;
        this.alarms = alarms;
        this.incarnation = incarnation;
        this.readers = new ReadPool(database);
        this.pending = pending;
        this.writer = writer;
    }

    /**
     * Opens the store in a data folder, and makes one where there is none.
     *
     * @param onDeath told when the store cannot be written any more, whatever is tried; should end the process
     * @throws StoreRefused when it cannot be used, another head using it included
     */
    public static SqlStore inFolder(Path folder, Alarms alarms, Thread.UncaughtExceptionHandler onDeath) throws StoreRefused {
        return inFolder(folder, () -> 0, LOOK_AFTER, alarms, onDeath);
    }

    /**
     * Opens the store in a data folder.
     *
     * @param maxPages  the most pages its file may have; 0 for no limit
     * @param lookAfter when all of it is looked through for damage
     */
    static SqlStore inFolder(
            Path folder, IntSupplier maxPages, Duration lookAfter, Alarms alarms, Thread.UncaughtExceptionHandler onDeath)
            throws StoreRefused {
        return open(new SqliteDatabase(folder, maxPages), alarms, lookAfter, onDeath).orElseThrow();
    }

    /**
     * Opens the store at a PostgreSQL URL.
     *
     * @param onDeath told when another head took over, or the store cannot be written any more; should end the process
     * @return empty while another head has it
     * @throws StoreRefused when it cannot be used
     */
    public static Optional<SqlStore> inPostgres(String url, Alarms alarms, Thread.UncaughtExceptionHandler onDeath) throws StoreRefused {
        return open(new PostgresDatabase(url), alarms, LOOK_AFTER, onDeath);
    }

    private static Optional<SqlStore> open(
            Database database, Alarms alarms, Duration lookAfter, Thread.UncaughtExceptionHandler onDeath) throws StoreRefused {
        boolean opened = false;
        try {
            Optional<Connection> connection = database.writer(true);
            if (connection.isEmpty()) return Optional.empty();
            try {
                SqlStore store = open(database, connection.get(), alarms, lookAfter, onDeath);
                opened = true;
                return Optional.of(store);
            } finally {
                if (!opened) ReadPool.close(connection.get());
            }
        } catch (SQLException e) {
            throw new StoreRefused(database.name() + " cannot be opened: " + Databases.message(e) + "; " + database.fix(e), e);
        } finally {
            if (!opened) database.close();
        }
    }

    private static SqlStore open(
            Database database, Connection connection, Alarms alarms, Duration lookAfter, Thread.UncaughtExceptionHandler onDeath)
            throws SQLException, StoreRefused {
        Migrations.run(database, connection);
        database.check(connection);
        try (Statement statement = connection.createStatement()) {
            statement.execute("UPDATE head SET incarnation = incarnation + 1");
            try (ResultSet head = statement.executeQuery("SELECT incarnation, last_group FROM head")) {
                if (!head.next()) throw new SQLException("the head's row is missing", Databases.DAMAGED);
                long incarnation = head.getLong(1);
                PendingChanges pending = new PendingChanges();
                GroupWriter writer = new GroupWriter(database, connection, incarnation, head.getLong(2), pending, alarms, onDeath);
                connection.commit();
                return new SqlStore(database, alarms, lookAfter, incarnation, pending, writer);
            }
        }
    }

    @Override
    public StoreImage load() {
        StoreImage image = read(StoreReads::image);
        writer.start();
        Thread.ofPlatform().daemon().name("store-check").start(this::lookForDamage);
        return image;
    }

    /** Reads the whole store once while the head serves, so that damage in data that nobody asks for is known while there is still a backup of it. */
    private void lookForDamage() {
        try {
            if (closed.await(lookAfter.toMillis(), TimeUnit.MILLISECONDS)) return;
            readers.read(database::checkAll).ifPresent(damage -> alarms.raise(
                    DAMAGE_ALARM, database.name() + " is damaged: " + damage, database.fix(new SQLException(damage, Databases.DAMAGED))));
        } catch (InterruptedException e) {
            // nobody who knows this thread interrupts it
        } catch (SQLException e) {
            noteDamage(e);
        }
    }

    @Override
    public long incarnation() {
        return incarnation;
    }

    @Override
    public CommitTicket write(List<Change> changes) {
        return pending.add(changes);
    }

    @Override
    public FoundPage found(String sessionId, long after, long upTo, int maxBytes) {
        // Waiting batches are read before the stored ones: a batch that is being written is then seen twice or once, and never missed.
        NavigableMap<Long, Change.BatchFound> waiting = pending.batches(sessionId);
        return read(connection -> {
            PageBuilder page = new PageBuilder(after, maxBytes);
            StoreReads.found(connection, sessionId, upTo, page);
            for (Change.BatchFound batch : waiting.tailMap(page.last(), false).values()) {
                if (page.full() || batch.number() > upTo) break;
                page.add(batch.number(), batch.found(), FoundBytes.encode(batch.found()).length);
            }
            if (page.last() < upTo && !page.full()) {
                throw new SQLException("batch " + (page.last() + 1) + " of session " + sessionId + " is missing", Databases.DAMAGED);
            }
            return page.page();
        });
    }

    @Override
    public Optional<String> refusal() {
        return pending.failure();
    }

    @Override
    public boolean ownershipLost() {
        return pending.ownershipLost();
    }

    @Override
    public boolean full() {
        return pending.stuckBytes() > STUCK_BYTES;
    }

    @Override
    public long pendingBytes() {
        return pending.bytes();
    }

    @Override
    public void observe(StoreObserver observer) {
        writer.observe(observer);
    }

    @Override
    public List<History> history(int limit) {
        return read(connection -> StoreReads.history(connection, limit));
    }

    private <T> T read(ReadPool.Work<T> work) {
        try {
            return readers.read(work);
        } catch (SQLException e) {
            noteDamage(e);
            throw new StoreException(database.name() + " cannot be read: " + Databases.message(e) + "; " + database.fix(e), e);
        }
    }

    private void noteDamage(SQLException e) {
        if (!database.damaged(e)) return;
        alarms.raise(DAMAGE_ALARM, database.name() + " is damaged: " + Databases.message(e), database.fix(e));
    }

    @Override
    public void close() {
        closed.countDown();
        writer.close();
        readers.close();
        database.close();
    }
}
