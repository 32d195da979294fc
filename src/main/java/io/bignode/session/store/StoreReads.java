package io.bignode.session.store;

import io.bignode.protocol.Epoch;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.Provenance;
import io.bignode.protocol.WorkOrder;
import io.bignode.session.LeaseResult;
import io.bignode.session.LeasedRange;
import io.bignode.session.Order;
import io.bignode.session.Relay;
import io.bignode.session.SessionProgress;
import io.bignode.session.SessionStatus;
import io.bignode.session.SessionStore.History;
import io.bignode.session.StoreImage;
import io.bignode.session.Terms;
import java.net.URI;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads from a store. Each call is a transaction of its own. */
final class StoreReads {
    /** How many rows the database's driver fetches at a time. */
    private static final int ROWS_AHEAD = 32;

    /** Reads the current row of a result. */
    private interface Read<T> {
        T row(Row.Reader row) throws SQLException;
    }

    private StoreReads() {}

    /** Everything but the batches. */
    static StoreImage image(Connection connection) throws SQLException {
        Map<Long, NavigableMap<Long, Long>> gaps = new HashMap<>();
        for (long[] gap : all(
                connection,
                "SELECT lineage, first_index, end_index FROM gap",
                row -> new long[] {row.number(), row.number(), row.number()})) {
            gaps.computeIfAbsent(gap[0], _ -> new TreeMap<>()).put(gap[1], gap[2]);
        }
        record Tried(long lineage, long index, String device) {}
        Map<Long, NavigableMap<Long, String>> tried = new HashMap<>();
        for (Tried one : all(connection, "SELECT lineage, nonce_index, device FROM tried", row -> new Tried(row.number(), row.number(), row.text()))) {
            tried.computeIfAbsent(one.lineage(), _ -> new TreeMap<>()).put(one.index(), one.device());
        }
        Map<Long, StoreImage.Lineage> lineages = new TreeMap<>();
        for (StoreImage.Lineage lineage : all(
                connection,
                "SELECT id, tenant, order_key, nonce_offset, nonce_stride, next_index FROM lineage",
                row -> lineage(row, gaps, tried))) {
            lineages.put(lineage.id(), lineage);
        }
        List<StoreImage.Stored> sessions = all(
                connection,
                "SELECT id, lineage, node_id, weight, work_function, cost_class, work_body, block_height, block_hash, callback, created_at,"
                        + " status, error, computed, found, batches, settled, polled_at, ended_at, place, device_nanos, uncomputable, first_found_at, relay, relay_over,"
                        + " participant, tenant_max, waits, lingers FROM session ORDER BY created_at, id",
                row -> session(row, lineages));
        List<LeasedRange> flights =
                all(connection, "SELECT id, session, first_index, nonces, device, leased_at FROM lease ORDER BY leased_at, id", StoreReads::flight);
        List<LeaseResult> held =
                all(connection, "SELECT lease, computed, found, device_nanos, engine, device, worker, uncomputed FROM held ORDER BY lease", StoreReads::held);
        connection.commit();
        return new StoreImage(List.copyOf(lineages.values()), sessions, flights, held);
    }

    private static StoreImage.Lineage lineage(Row.Reader row, Map<Long, NavigableMap<Long, Long>> gaps, Map<Long, NavigableMap<Long, String>> tried)
            throws SQLException {
        long id = row.number();
        String tenant = row.text();
        String key = row.text();
        NonceSequence nonces = new NonceSequence(row.number(), row.number());
        return new StoreImage.Lineage(
                id, tenant, key, nonces, row.number(), gaps.getOrDefault(id, new TreeMap<>()), tried.getOrDefault(id, new TreeMap<>()));
    }

    private static StoreImage.Stored session(Row.Reader row, Map<Long, StoreImage.Lineage> lineages) throws SQLException {
        String id = row.text();
        StoreImage.Lineage lineage = lineages.get(row.number());
        if (lineage == null) throw new SQLException("the order of session " + id + " is missing", Databases.DAMAGED);
        long nodeId = row.number();
        double weight = row.real();
        WorkOrder work = new WorkOrder(row.text(), row.text(), row.text());
        Epoch epoch = new Epoch(row.number(), row.text());
        Optional<URI> callback = Optional.ofNullable(row.textOrNull()).map(URI::create);
        var createdAt = row.time();
        SessionProgress progress = new SessionProgress(
                status(row.text()),
                row.textOrNull(),
                row.number(),
                row.number(),
                row.number(),
                row.number(),
                row.time(),
                row.timeOrNull(),
                row.number(),
                row.number(),
                row.number(),
                row.timeOrNull(),
                relay(row.textOrNull(), row.number() != 0));
        String participant = row.text();
        Terms terms = new Terms((int) row.number(), row.number() != 0, row.number() != 0);
        Order order = new Order(lineage.tenant(), lineage.key(), lineage.nonces(), nodeId, work, weight, epoch, callback, participant, terms);
        return new StoreImage.Stored(id, lineage.id(), order, createdAt, progress);
    }

    private static @Nullable Relay relay(@Nullable String state, boolean over) {
        return state == null ? null : new Relay(state, over);
    }

    private static SessionStatus status(String name) throws SQLException {
        try {
            return SessionStatus.valueOf(name);
        } catch (IllegalArgumentException e) {
            throw new SQLException("a session has the status " + name, Databases.DAMAGED, e);
        }
    }

    private static LeasedRange flight(Row.Reader row) throws SQLException {
        return new LeasedRange(row.text(), row.text(), new NonceRange(row.number(), (int) row.number()), row.text(), row.time());
    }

    private static LeaseResult held(Row.Reader row) throws SQLException {
        String lease = row.text();
        int computed = (int) row.number();
        byte[] found = row.bytes();
        long deviceNanos = row.number();
        Provenance provenance = new Provenance(row.text(), row.text(), row.text());
        String nonces = row.text();
        List<Long> uncomputed = nonces.isEmpty() ? List.of() : Arrays.stream(nonces.split(",")).map(Long::valueOf).toList();
        return new LeaseResult(lease, computed, FoundBytes.decode(found), deviceNanos, provenance, true, uncomputed);
    }

    /** Adds a session's batches after those on a page, up to a number, until the page is full. */
    static void found(Connection connection, String sessionId, long upTo, PageBuilder page) throws SQLException {
        String sql = "SELECT number, found FROM batch WHERE session = ? AND number > ? AND number <= ? ORDER BY number";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setFetchSize(ROWS_AHEAD);
            statement.setString(1, StoredText.encode(sessionId));
            statement.setLong(2, page.last());
            statement.setLong(3, upTo);
            try (ResultSet result = statement.executeQuery()) {
                while (!page.full() && result.next()) {
                    Row.Reader row = new Row.Reader(result);
                    long number = row.number();
                    byte[] bytes = row.bytes();
                    page.add(number, FoundBytes.decode(bytes), bytes.length);
                }
            }
        }
        connection.commit();
    }

    /** The work of devices by block, the newest block first. */
    static List<History> history(Connection connection, int limit) throws SQLException {
        List<History> history = all(
                connection,
                "SELECT block_height, block_hash, tenant, device, work_function, computed, found, device_nanos FROM history"
                        + " ORDER BY block_height DESC, block_hash, tenant, device LIMIT " + limit,
                row -> new History(
                        new Epoch(row.number(), row.text()), row.text(), row.text(), row.text(), row.number(), row.number(), row.number()));
        connection.commit();
        return history;
    }

    private static <T> List<T> all(Connection connection, String sql, Read<T> read) throws SQLException {
        List<T> rows = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet result = statement.executeQuery()) {
            while (result.next()) rows.add(read.row(new Row.Reader(result)));
        }
        return rows;
    }
}
