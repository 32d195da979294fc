package io.bignode.session.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.Program;
import io.bignode.fixtures.Waiting;
import io.bignode.monitor.Alarms;
import io.bignode.protocol.NonceSequence;
import io.bignode.session.Change;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A backup is whole, of a store that is being written too, and takes no other file's place. */
class StoreBackupTest {
    @TempDir
    private Path folder;

    private static SqlStore open(Path in) throws Exception {
        return SqlStore.inFolder(in, new Alarms(InstantSource.system()), (_, _) -> {});
    }

    @Test
    void ofAStoreThatIsOpenItHoldsWhatWasWritten() throws Exception {
        Path copy = folder.resolve("copy.db");
        try (SqlStore store = open(Files.createDirectory(folder.resolve("data")))) {
            store.load();
            assertThat(store.write(List.of(new Change.LineageBegun(1, "default", "key", new NonceSequence(0, 1)))).await()).isTrue();

            assertThat(StoreBackup.make(folder.resolve("data"), copy)).isEqualTo(new StoreBackup.Outcome.Made(Files.size(copy)));
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(copy))).isEqualTo("rw-------");
            assertThat(store.write(List.of(new Change.LineageBegun(2, "default", "another", new NonceSequence(0, 1)))).await()).isTrue();
        }
        Path restored = Files.createDirectory(folder.resolve("restored"));
        Files.copy(copy, restored.resolve("sessions.db"));
        try (SqlStore store = open(restored)) {
            assertThat(store.load().toString()).contains("key").doesNotContain("another");
        }
        assertThat(StoreBackup.make(folder.resolve("data"), folder.resolve("stopped.db"))).isInstanceOf(StoreBackup.Outcome.Made.class);
    }

    @Test
    void itTakesNoOtherFilesPlaceAndLeavesNoHalfOne() throws Exception {
        Path data = Files.createDirectory(folder.resolve("data"));
        Path other = Files.writeString(folder.resolve("other"), "precious");
        assertThat(StoreBackup.make(data, other)).isInstanceOfSatisfying(StoreBackup.Outcome.Refused.class, refused ->
                assertThat(refused.why()).contains("there is no store in"));

        Files.writeString(data.resolve("sessions.db"), "no database");
        assertThat(StoreBackup.make(data, other)).isInstanceOfSatisfying(StoreBackup.Outcome.Refused.class, refused ->
                assertThat(refused.why()).contains("exists already"));
        assertThat(other).hasContent("precious");
        assertThat(StoreBackup.make(data, folder.resolve("half"))).isInstanceOfSatisfying(
                StoreBackup.Outcome.Refused.class, refused -> assertThat(refused.why()).contains("cannot be copied"));
        assertThat(folder.resolve("half")).doesNotExist();
        assertThat(StoreBackup.make(data, folder.resolve("nowhere/copy.db"))).isInstanceOfSatisfying(
                StoreBackup.Outcome.Refused.class, refused -> assertThat(refused.why()).contains("see that its folder is there"));
    }

    /** A store that another program has locked: whoever copies it waits for some seconds. */
    private static Connection locked(Path data) throws Exception {
        Connection other = DriverManager.getConnection("jdbc:sqlite:" + Files.createDirectory(data).resolve("sessions.db"));
        try (Statement statement = other.createStatement()) {
            statement.execute("CREATE TABLE something (a)");
            statement.execute("BEGIN EXCLUSIVE");
        }
        return other;
    }

    @Test
    void itHasItsNameOnlyWhenItIsWhole() throws Exception {
        Path copy = folder.resolve("copy.db");
        Path killed = Files.writeString(folder.resolve(".copy.db.part-999999999"), "of a process that was killed");
        Path others = Files.writeString(folder.resolve(".copy.db.part-first"), "no draft");
        try (Connection other = locked(folder.resolve("data")); Statement statement = other.createStatement()) {
            Future<StoreBackup.Outcome> outcome = CompletableFuture.supplyAsync(() -> StoreBackup.make(folder.resolve("data"), copy));
            awaitPart(ProcessHandle.current().pid());
            assertThat(copy).doesNotExist();
            assertThat(killed).doesNotExist();

            statement.execute("ROLLBACK");
            assertThat(outcome.get(30, TimeUnit.SECONDS)).isEqualTo(new StoreBackup.Outcome.Made(Files.size(copy)));
        }
        assertThat(folder).isDirectoryNotContaining("glob:**/.copy.db.part-[0-9]*");
        assertThat(others).exists();
    }

    @Test
    void aFileThatAppearsMeanwhileIsLeftAsItIs() throws Exception {
        Path copy = folder.resolve("copy.db");
        try (Connection other = locked(folder.resolve("data")); Statement statement = other.createStatement()) {
            Future<StoreBackup.Outcome> outcome = CompletableFuture.supplyAsync(() -> StoreBackup.make(folder.resolve("data"), copy));
            awaitPart(ProcessHandle.current().pid());
            Files.writeString(copy, "precious");
            statement.execute("ROLLBACK");
            assertThat(outcome.get(30, TimeUnit.SECONDS)).isInstanceOfSatisfying(
                    StoreBackup.Outcome.Refused.class, refused -> assertThat(refused.why()).contains("exists already"));
        }
        assertThat(copy).hasContent("precious");
        assertThat(folder).isDirectoryNotContaining("glob:**/.copy.db.part-*");
    }

    @Test
    void oneThatIsToldToStopLeavesNothing() throws Exception {
        Path copy = folder.resolve("copy.db");
        try (Connection _ = locked(folder.resolve("data"))) {
            ProcessBuilder builder = Program.bignode("backup", copy.toString());
            builder.environment().put("DELEGATION_DATA_DIR", folder.resolve("data").toString());
            Process process = builder.redirectErrorStream(true).redirectOutput(Redirect.DISCARD).start();
            try {
                awaitPart(process.pid());
                process.destroy();
                assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            } finally {
                process.destroyForcibly();
            }
        }
        assertThat(copy).doesNotExist();
        assertThat(folder).isDirectoryNotContaining("glob:**/.copy.db.part-*");
    }

    /** Waits for what a process writes before the copy has its name. */
    private void awaitPart(long pid) {
        Waiting.until("there is a part of a copy", () -> Files.exists(folder.resolve(".copy.db.part-" + pid)));
    }
}
