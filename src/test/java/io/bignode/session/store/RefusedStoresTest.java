package io.bignode.session.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.bignode.fixtures.ManualTime;
import io.bignode.fixtures.Waiting;
import io.bignode.monitor.Alarms;
import io.bignode.protocol.Found;
import io.bignode.protocol.NonceRange;
import io.bignode.session.Hands;
import io.bignode.session.Orders;
import io.bignode.session.Quiet;
import io.bignode.session.Session;
import io.bignode.session.SessionRules;
import io.bignode.session.SessionStore.StoreException;
import io.bignode.session.Sessions;
import io.bignode.session.StartOutcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Stores in a folder that cannot be used, and what is said of them. */
@Timeout(60)
@ExtendWith(Quiet.class)
class RefusedStoresTest {
    private static final SessionRules RULES = SessionRules.of(10, Duration.ofSeconds(330));

    @TempDir
    Path folder;

    private final ManualTime time = new ManualTime();
    private final Alarms alarms = new Alarms(InstantSource.system());

    private SqlStore open() throws StoreRefused {
        return SqlStore.inFolder(folder, () -> 0, Duration.ZERO, alarms, (_, death) -> {
            throw new AssertionError(death);
        });
    }

    private void refused(String... words) {
        assertThatExceptionOfType(StoreRefused.class)
                .isThrownBy(() -> open().close())
                .satisfies(refused -> assertThat(refused.reason()).contains(words));
    }

    private Path file() {
        return folder.resolve("sessions.db");
    }

    /** A store with a session and some MiB of batches. */
    private String fill() throws StoreRefused {
        try (SqlStore store = open()) {
            Sessions sessions = new Sessions(RULES, time, time, store);
            Hands hands = new Hands(sessions);
            Session session = ((StartOutcome.Started) sessions.start(Orders.of("a"))).session();
            for (int i = 0; i < 40; i++) {
                NonceRange range = hands.take(session, 2000).orElseThrow();
                List<Found> found = new ArrayList<>();
                for (long nonce = range.first(); nonce < range.end(); nonce++) found.add(new Found(nonce, "1.398077123456789"));
                hands.land(session, range, range.count(), found);
            }
            return session.id();
        }
    }

    private void sql(String sql) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void overwrite(long from, byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(bytes), from);
        }
    }

    @Test
    void aSecondHeadOnTheFolderIsToldWhoHasIt() throws Exception {
        try (SqlStore first = open()) {
            assertThat(first.refusal()).isEmpty();
            refused("another head (process " + ProcessHandle.current().pid() + ")", folder.toString(), "DELEGATION_DATA_DIR");
        }
        open().close();
    }

    @Test
    void aStoreOfALaterVersionIsRefused() throws Exception {
        fill();
        sql("UPDATE schema_version SET version = 99");
        refused("schema version 99", "start the version that wrote it");
        sql("UPDATE schema_version SET version = " + Migrations.newest());
        open().close();
    }

    @Test
    void aDatabaseOfAnotherProgramIsLeftAlone() throws Exception {
        sql("CREATE TABLE recipes (name TEXT)");
        refused("another program", "move it away");
        sql("INSERT INTO recipes VALUES ('soup')");
    }

    @Test
    void aFileThatIsNoDatabaseIsRefused() throws Exception {
        Files.write(file(), "this is no database at all, but it is long enough to be looked at".repeat(100).getBytes(StandardCharsets.US_ASCII));
        refused("sessions.db", "backup");
    }

    @Test
    void aFileThatWasCutOffIsRefused() throws Exception {
        fill();
        try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() / 2);
        }
        refused("sessions.db", "put a backup of sessions.db in its place");
    }

    @Test
    void aDamagedTableOfSessionsIsRefused() throws Exception {
        fill();
        byte[] noise = new byte[2048];
        new Random(1).nextBytes(noise);
        long root = rootPage("session");
        overwrite((root - 1) * 4096, noise);
        refused("sessions.db", "damaged", "put a backup of sessions.db in its place");
    }

    @Test
    void aDamagedBatchIsNeverHandedOutAndRaisesAnAlarm() throws Exception {
        String id = fill();
        byte[] all = Files.readAllBytes(file());
        int at = indexOf(all, "1.398077123456789", all.length / 2);
        all[at + 4] ^= 1;
        Files.write(file(), all);
        try (SqlStore store = open()) {
            Session session = new Sessions(RULES, time, time, store).find("alice", id).orElseThrow();
            assertThatExceptionOfType(StoreException.class).isThrownBy(() -> {
                for (long cursor = 0; cursor < 40; ) cursor = session.delivery().after(cursor).orElseThrow().cursor();
            });
            assertThat(alarms.list()).anySatisfy(alarm -> {
                assertThat(alarm.key()).isEqualTo("store-damaged");
                assertThat(alarm.fix()).contains("put a backup");
            });
        }
    }

    @Test
    void damageInWhatNobodyReadsRaisesAnAlarmSoonAfterTheStart() throws Exception {
        fill();
        byte[] noise = new byte[4096];
        new Random(2).nextBytes(noise);
        overwrite((rootPage("batch") - 1) * 4096, noise);
        try (SqlStore store = open()) {
            store.load();
            Waiting.until("an alarm is raised", () -> !alarms.list().isEmpty());
            assertThat(alarms.list().getFirst().key()).isEqualTo("store-damaged");
        }
    }

    @Test
    void aStoreThatCannotBeMadeIsRefusedWithTheFix() throws Exception {
        Files.createDirectory(file());
        refused("sessions.db");
        Path plain = folder.resolve("plain");
        Files.writeString(plain, "");
        assertThatExceptionOfType(StoreRefused.class)
                .isThrownBy(() -> SqlStore.inFolder(plain, alarms, (_, _) -> {}))
                .satisfies(refused -> assertThat(refused.reason()).contains("cannot be written").contains("DELEGATION_DATA_DIR"));
    }

    @Test
    void onlyItsOwnerMayReadAStore() throws Exception {
        open().close();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file()))).isEqualTo("rw-------");
    }

    private long rootPage(String table) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file());
                Statement statement = connection.createStatement();
                var result = statement.executeQuery("SELECT rootpage FROM sqlite_master WHERE name = '" + table + "'")) {
            result.next();
            return result.getLong(1);
        }
    }

    private static int indexOf(byte[] all, String text, int from) {
        String haystack = new String(all, StandardCharsets.ISO_8859_1);
        return haystack.indexOf(text, from);
    }
}
