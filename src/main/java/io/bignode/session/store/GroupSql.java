package io.bignode.session.store;

import io.bignode.session.Change;
import io.bignode.session.LeaseResult;
import io.bignode.session.LeasedRange;
import io.bignode.session.Order;
import io.bignode.session.Relay;
import io.bignode.session.SessionProgress;
import io.bignode.session.Terms;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Writes a group of changes through one connection. Each kind of row has one statement, which is executed for all its rows at once.
 *
 * <p>A group has a number, which is written with it. After a commit whose answer was lost, the number in the database tells whether the group is there.
 */
final class GroupSql {
    private static final int BATCHES_AT_ONCE = 256;

    /** Sets the parameters of a statement for one row. */
    private interface Fill<T> {
        void row(Row.Writer row, T value) throws SQLException;
    }

    private final Connection connection;

    GroupSql(Connection connection) {
        this.connection = connection;
    }

    /** Writes a group and commits. */
    void write(ChangeSet group, long number) throws SQLException {
        lineages(group);
        sessions(group);
        leases(group);
        all("INSERT INTO batch (session, number, found, engine, device, worker) VALUES (?, ?, ?, ?, ?, ?)", group.batches(), (row, batch) -> row
                .text(batch.sessionId())
                .number(batch.number())
                .bytes(FoundBytes.encode(batch.found()))
                .text(batch.provenance().engine())
                .text(batch.provenance().device())
                .text(batch.provenance().worker())
                .add());
        history(group);
        all("UPDATE head SET last_group = ?", List.of(number), (row, value) -> row.number(value).add());
        connection.commit();
    }

    private void lineages(ChangeSet group) throws SQLException {
        all(
                "INSERT INTO lineage (id, tenant, order_key, nonce_offset, nonce_stride, next_index) VALUES (?, ?, ?, ?, ?, 0)",
                group.begun.values(),
                (row, change) -> row.number(change.lineage())
                        .text(change.tenant())
                        .text(change.key())
                        .number(change.nonces().offset())
                        .number(change.nonces().stride())
                        .add());
        all(
                "UPDATE lineage SET next_index = ? WHERE id = ?",
                group.next.entrySet(),
                (row, change) -> row.number(change.getValue()).number(change.getKey()).add());
        Map<Boolean, List<Map.Entry<ChangeSet.GapStart, Long>>> gaps = group.gaps.entrySet().stream()
                .collect(Collectors.partitioningBy(gap -> gap.getValue() == ChangeSet.CLOSED));
        all(
                "DELETE FROM gap WHERE lineage = ? AND first_index = ?",
                gaps.getOrDefault(true, List.of()),
                (row, gap) -> row.number(gap.getKey().lineage()).number(gap.getKey().first()).add());
        all(
                "INSERT INTO gap (lineage, first_index, end_index) VALUES (?, ?, ?)"
                        + " ON CONFLICT (lineage, first_index) DO UPDATE SET end_index = excluded.end_index",
                gaps.getOrDefault(false, List.of()),
                (row, gap) -> row.number(gap.getKey().lineage()).number(gap.getKey().first()).number(gap.getValue()).add());
        tried(group);
        all("DELETE FROM gap WHERE lineage = ?", group.forgotten, (row, id) -> row.number(id).add());
        all("DELETE FROM lineage WHERE id = ?", group.forgotten, (row, id) -> row.number(id).add());
    }

    private void tried(ChangeSet group) throws SQLException {
        Map<Boolean, List<Map.Entry<ChangeSet.Index, Optional<String>>>> waiting =
                group.tried.entrySet().stream().collect(Collectors.partitioningBy(one -> one.getValue().isPresent()));
        all(
                "DELETE FROM tried WHERE lineage = ? AND nonce_index = ?",
                waiting.getOrDefault(false, List.of()),
                (row, one) -> row.number(one.getKey().lineage()).number(one.getKey().index()).add());
        all(
                "INSERT INTO tried (lineage, nonce_index, device) VALUES (?, ?, ?)"
                        + " ON CONFLICT (lineage, nonce_index) DO UPDATE SET device = excluded.device",
                waiting.getOrDefault(true, List.of()),
                (row, one) -> row.number(one.getKey().lineage()).number(one.getKey().index()).text(one.getValue().orElseThrow()).add());
        all("DELETE FROM tried WHERE lineage = ?", group.forgotten, (row, id) -> row.number(id).add());
    }

    private void sessions(ChangeSet group) throws SQLException {
        all(
                "INSERT INTO session (id, lineage, node_id, weight, work_function, cost_class, work_body, block_height, block_hash, callback,"
                        + " created_at, status, computed, found, batches, settled, polled_at, participant, tenant_max, waits, lingers)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'INITIALIZING', 0, 0, 0, 0, ?, ?, ?, ?, ?)",
                group.started.values(),
                GroupSql::started);
        all(
                "UPDATE session SET callback = ?, tenant_max = ?, waits = ?, lingers = ? WHERE id = ?",
                group.amended.values(),
                (row, change) -> terms(row.text(change.callback().map(Object::toString).orElse(null)), change.terms()).text(change.sessionId()).add());
        all(
                "UPDATE session SET status = ?, error = ?, computed = ?, found = ?, batches = ?, settled = ?, polled_at = ?, ended_at = ?,"
                        + " place = ?, device_nanos = ?, uncomputable = ?, first_found_at = ?, relay = ?, relay_over = ? WHERE id = ?",
                group.moved.values(),
                GroupSql::moved);
        all("DELETE FROM session WHERE id = ?", group.purged.keySet(), (row, id) -> row.text(id).add());
        all(
                "INSERT INTO purged (session, batches) VALUES (?, ?) ON CONFLICT (session) DO UPDATE SET batches = excluded.batches",
                group.purged.entrySet(),
                (row, change) -> row.text(change.getKey()).number(change.getValue()).add());
    }

    private static void started(Row.Writer row, Change.SessionStarted change) throws SQLException {
        Order order = change.order();
        row.text(change.sessionId()).number(change.lineage()).number(order.nodeId()).real(order.weight());
        row.text(order.work().function()).text(order.work().costClass()).text(order.work().body());
        row.number(order.epoch().blockHeight()).text(order.epoch().blockHash());
        row.text(order.callback().map(Object::toString).orElse(null));
        row.time(change.createdAt()).time(change.createdAt()).text(order.participant());
        terms(row, order.terms()).add();
    }

    private static Row.Writer terms(Row.Writer row, Terms terms) throws SQLException {
        return row.number(terms.maxOfTenant()).number(terms.waits() ? 1 : 0).number(terms.lingers() ? 1 : 0);
    }

    private static void moved(Row.Writer row, Change.SessionMoved change) throws SQLException {
        SessionProgress progress = change.progress();
        row.text(progress.status().name()).text(progress.error()).number(progress.computed()).number(progress.found());
        row.number(progress.batches()).number(progress.settled()).time(progress.polledAt()).time(progress.endedAt());
        row.number(progress.place()).number(progress.deviceNanos()).number(progress.uncomputable()).time(progress.firstFoundAt());
        Relay relay = progress.relay();
        row.text(relay == null ? null : relay.state()).number(relay != null && relay.over() ? 1 : 0);
        row.text(change.sessionId()).add();
    }

    private void leases(ChangeSet group) throws SQLException {
        all(
                "INSERT INTO lease (id, session, first_index, nonces, device, leased_at) VALUES (?, ?, ?, ?, ?, ?)",
                group.leased.values(),
                GroupSql::leased);
        all("DELETE FROM lease WHERE id = ?", group.ended, (row, id) -> row.text(id).add());
        all(
                "INSERT INTO held (lease, computed, found, device_nanos, engine, device, worker, uncomputed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                group.held.values(),
                GroupSql::held);
        all("DELETE FROM held WHERE lease = ?", group.released, (row, id) -> row.text(id).add());
    }

    private static void leased(Row.Writer row, LeasedRange flight) throws SQLException {
        row.text(flight.leaseId()).text(flight.sessionId()).number(flight.range().first()).number(flight.range().count());
        row.text(flight.deviceId()).time(flight.leasedAt()).add();
    }

    private static void held(Row.Writer row, LeaseResult landing) throws SQLException {
        row.text(landing.leaseId()).number(landing.computed()).bytes(FoundBytes.encode(landing.found())).number(landing.deviceNanos());
        row.text(landing.provenance().engine()).text(landing.provenance().device()).text(landing.provenance().worker());
        row.text(landing.uncomputed().stream().map(String::valueOf).collect(Collectors.joining(","))).add();
    }

    private void history(ChangeSet group) throws SQLException {
        all(
                "INSERT INTO history (block_height, block_hash, tenant, device, work_function, computed, found, device_nanos) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
                        + " ON CONFLICT (block_height, block_hash, tenant, device) DO UPDATE SET work_function = excluded.work_function, computed = history.computed + excluded.computed,"
                        + " found = history.found + excluded.found, device_nanos = history.device_nanos + excluded.device_nanos",
                group.worked.values(),
                (row, change) -> row.number(change.epoch().blockHeight())
                        .text(change.epoch().blockHash())
                        .text(change.tenant())
                        .text(change.deviceId())
                        .text(change.function())
                        .number(change.computed())
                        .number(change.found())
                        .number(change.deviceNanos())
                        .add());
    }

    /**
     * Deletes some batches of a purged session and commits.
     *
     * @return whether there are more
     */
    boolean sweep() throws SQLException {
        String session;
        long batches;
        try (PreparedStatement oldest = connection.prepareStatement("SELECT session, batches FROM purged LIMIT 1");
                var result = oldest.executeQuery()) {
            if (!result.next()) {
                connection.commit();
                return false;
            }
            Row.Reader row = new Row.Reader(result);
            session = row.text();
            batches = row.number();
        }
        long left = Math.max(0, batches - BATCHES_AT_ONCE);
        all(
                "DELETE FROM batch WHERE session = ? AND number > ?",
                List.of(left),
                (row, after) -> row.text(session).number(after).add());
        if (left > 0) {
            all(
                    "UPDATE purged SET batches = ? WHERE session = ?",
                    List.of(left),
                    (row, value) -> row.number(value).text(session).add());
        } else {
            all("DELETE FROM purged WHERE session = ?", List.of(session), (row, id) -> row.text(id).add());
        }
        connection.commit();
        return true;
    }

    private <T> void all(String sql, Collection<T> values, Fill<T> fill) throws SQLException {
        if (values.isEmpty()) return;
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            Row.Writer row = new Row.Writer(statement);
            for (T value : values) fill.row(row, value);
            statement.executeBatch();
        }
    }
}
