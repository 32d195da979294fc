package io.bignode.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bignode.node.NativeFolder.Place;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The folder of one process's native libraries: made, taken back from the dead, kept from the living, and refused where nothing may be executed. */
class NativeFolderTest {
    private static final Predicate<Path> EXEC = _ -> true;
    private static final Predicate<Path> NOEXEC = _ -> false;

    @TempDir
    Path folder;

    private static List<String> names(Path in) throws IOException {
        try (Stream<Path> entries = Files.list(in)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    private Path left(String name) throws IOException {
        Path left = Files.createDirectories(folder.resolve("native").resolve(name).resolve("jar/org"));
        Files.writeString(left.resolve("lib.so"), "a library");
        return left.getParent().getParent();
    }

    @Test
    void isThisUsersAloneAndLeavesNothingBehind() throws IOException {
        NativeFolder own = NativeFolder.in(List.of(Place.under(folder)), EXEC);
        assertThat(own.path()).isDirectory().hasParent(folder.resolve("native"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(own.path()))).isEqualTo("rwx------");
        Files.writeString(own.path().resolve("lib.so"), "a library");

        own.close();

        assertThat(names(folder)).isEmpty();
    }

    @Test
    void whatAKilledProcessLeftIsRemovedByTheNext() throws IOException {
        Files.createFile(left("run-1").resolve("owner.lock"));

        try (NativeFolder own = NativeFolder.in(List.of(Place.under(folder)), EXEC)) {
            assertThat(names(folder.resolve("native"))).containsExactly(own.path().getFileName().toString());
        }
    }

    @Test
    void oneThatNeverGotItsLockIsRemovedOnceItIsOld() throws IOException {
        Path old = left(".run-old");
        Path young = left(".run-young");
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofHours(1))));

        try (NativeFolder _ = NativeFolder.in(List.of(Place.under(folder)), EXEC)) {
            assertThat(old).doesNotExist();
            assertThat(young).exists();
        }
    }

    @Test
    void thatOfALivingProcessIsKept() throws IOException {
        try (NativeFolder first = NativeFolder.in(List.of(Place.under(folder)), EXEC);
                NativeFolder second = NativeFolder.in(List.of(Place.under(folder)), EXEC)) {
            assertThat(first.path()).isDirectory().isNotEqualTo(second.path());
        }
        assertThat(names(folder)).isEmpty();
    }

    @Test
    void whatElseLiesInASharedFolderIsNotTouched() throws IOException {
        Path other = Files.createDirectory(folder.resolve("bignode-notes"));

        try (NativeFolder own = NativeFolder.in(List.of(new Place(folder, "bignode-native-", false)), EXEC)) {
            assertThat(own.path().getFileName().toString()).startsWith("bignode-native-");
        }

        assertThat(names(folder)).containsExactly(other.getFileName().toString());
    }

    @Test
    void whereNothingMayBeExecutedTheNextPlaceIsTaken() throws IOException {
        Path data = Files.createDirectory(folder.resolve("data"));
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        Predicate<Path> onlyThere = file -> file.startsWith(temporary);

        try (NativeFolder own = NativeFolder.in(List.of(Place.under(data), new Place(temporary, "bignode-native-", false)), onlyThere)) {
            assertThat(own.path()).hasParent(temporary);
            assertThat(names(data)).isEmpty();
        }
    }

    @Test
    void noexecIsToldAsNoexecWithTheFix() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));

        assertThatThrownBy(() -> NativeFolder.in(List.of(Place.under(folder), Place.under(file)), NOEXEC))
                .isInstanceOf(CommandException.class)
                .hasMessageContaining(folder.resolve("native") + " is mounted noexec; " + file.resolve("native") + " cannot be written")
                .hasMessageContaining("DELEGATION_DATA_DIR")
                .hasMessageNotContaining("move");
        assertThat(names(folder)).containsExactly("file");
    }
}
