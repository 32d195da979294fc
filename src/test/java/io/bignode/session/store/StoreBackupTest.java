package io.bignode.session.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.session.Alarms;
import io.bignode.session.Change;
import io.bignode.session.NonceSequence;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.List;
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
        assertThat(StoreBackup.make(data, other)).isInstanceOfSatisfying(StoreBackup.Outcome.Refused.class, refused -> assertThat(refused.why()).contains("there is no store in"));

        Files.writeString(data.resolve("sessions.db"), "no database");
        assertThat(StoreBackup.make(data, other)).isInstanceOfSatisfying(StoreBackup.Outcome.Refused.class, refused -> assertThat(refused.why()).contains("exists already"));
        assertThat(other).hasContent("precious");
        assertThat(StoreBackup.make(data, folder.resolve("half"))).isInstanceOfSatisfying(
                StoreBackup.Outcome.Refused.class, refused -> assertThat(refused.why()).contains("cannot be copied"));
        assertThat(folder.resolve("half")).doesNotExist();
        assertThat(StoreBackup.make(data, folder.resolve("nowhere/copy.db"))).isInstanceOfSatisfying(
                StoreBackup.Outcome.Refused.class, refused -> assertThat(refused.why()).contains("see that its folder is there"));
    }
}
