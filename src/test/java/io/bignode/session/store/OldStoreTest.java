package io.bignode.session.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.monitor.Alarms;
import io.bignode.session.Quiet;
import io.bignode.session.Session;
import io.bignode.session.SessionRules;
import io.bignode.session.SessionStatus;
import io.bignode.session.Sessions;
import io.bignode.session.Terms;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Stores that an earlier version of this program wrote. */
@ExtendWith(Quiet.class)
class OldStoreTest {
    @TempDir
    Path folder;

    /** What the first version kept: an order of the nonces 3, 10, 17, … with one session that runs and one that expired. */
    private static void write(Connection connection, String bytesType) throws Exception {
        long now = System.currentTimeMillis() * 1000;
        try (Statement statement = connection.createStatement();
                InputStream script = OldStoreTest.class.getResourceAsStream("/db/001-sessions.sql")) {
            String text = new String(script.readAllBytes(), StandardCharsets.UTF_8).replaceAll("(?m)^--.*\\n", "").strip();
            for (String sql : text.split(";\\s*(\\n|$)")) statement.execute(sql.replace("{bytes}", bytesType));
            statement.execute("CREATE TABLE schema_version (version BIGINT NOT NULL)");
            statement.execute("INSERT INTO schema_version (version) VALUES (1)");
            statement.execute("INSERT INTO lineage VALUES (4, 'alice', 'a key; \\0000', 3, 7, 12)");
            for (String[] session : new String[][] {{"runs", "GENERATING", "NULL"}, {"ended", "EXPIRED", Long.toString(now)}}) {
                statement.execute(String.format(
                        "INSERT INTO session (id, lineage, node_id, weight, work_function, cost_class, work_body, block_height, block_hash, callback,"
                                + " created_at, status, error, computed, found, batches, settled, polled_at, ended_at) VALUES ('%s', 4, 3, 2.0, 'f', 'c',"
                                + " 'b', 7, 'hash', 'https://node.example/x', %d, '%s', NULL, 12, 0, 0, 0, %d, %s)",
                        session[0], now, session[1], now, session[2]));
            }
        }
    }

    private static void isKept(SqlStore store) {
        Sessions sessions = new Sessions(SessionRules.of(10, Duration.ofSeconds(330)), InstantSource.system(), System::nanoTime, store);
        Session runs = sessions.find("alice", "runs").orElseThrow();
        assertThat(runs.status()).isEqualTo(SessionStatus.GENERATING);
        assertThat(runs.waiting()).isFalse();
        assertThat(runs.leasable()).isTrue();
        assertThat(runs.order().participant()).as("each order of that time counts for itself").isEqualTo("a key; \u0000");
        assertThat(runs.order().terms()).isEqualTo(Terms.PLAIN);
        assertThat(runs.take("cpu", 2).orElseThrow().range().first()).isEqualTo(12);
        Session ended = sessions.find("alice", "ended").orElseThrow();
        assertThat(ended.active()).isFalse();
        assertThat(ended.shownStatus()).isEqualTo(SessionStatus.EXPIRED);
    }

    @Test
    void aStoreOfTheFirstVersionOpensAndKeepsItsSessions() throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("sessions.db"))) {
            write(connection, "BLOB");
            try (Statement statement = connection.createStatement()) {
                statement.execute("PRAGMA application_id = " + SqliteDatabase.APPLICATION);
            }
        }
        for (int i = 0; i < 2; i++) {
            try (SqlStore store = SqlStore.inFolder(folder, new Alarms(InstantSource.system()), (_, death) -> {
                throw new AssertionError(death);
            })) {
                if (i == 0) isKept(store);
            }
        }
    }

    @Test
    void soDoesOneInPostgresql() throws Exception {
        String url = Postgres.database();
        try (Connection connection = DriverManager.getConnection(url)) {
            write(connection, "BYTEA");
        }
        try (SqlStore store = SqlStore.inPostgres(url, new Alarms(InstantSource.system()), (_, death) -> {
            throw new AssertionError(death);
        }).orElseThrow()) {
            isKept(store);
        }
    }
}
