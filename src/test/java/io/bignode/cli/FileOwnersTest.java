package io.bignode.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Data folders that belong to somebody else, wholly or in part. */
class FileOwnersTest {
    @TempDir
    Path folder;

    /** All files are bignode's but those of these names, which are root's. */
    private Owned owned(String... rootsFiles) {
        return new Owned(Set.of(rootsFiles));
    }

    private record Owned(Set<String> rootsFiles) implements FileOwners.Look {
        @Override
        public String owner(Path path) {
            return rootsFiles.contains(path.getFileName().toString()) ? "root" : "bignode";
        }

        @Override
        public boolean writable(Path path) {
            return owner(path).equals("bignode");
        }
    }

    private void make(String... files) throws IOException {
        for (String file : files) {
            Path path = folder.resolve(file);
            Files.createDirectories(path.getParent());
            Files.createFile(path);
        }
    }

    @Test
    void aUserMayStartOnWhatIsItsOwn() throws IOException {
        make("sessions.db", "head.lock", "broker/journal/1.amq");

        assertThat(new FileOwners(owned()).refusal(folder, "bignode")).isEmpty();
        assertThat(new FileOwners().refusal(folder, FileOwners.own())).isEmpty();
        assertThat(FileOwners.isOurs(folder)).isTrue();
    }

    @Test
    void whatAStartAsRootLeftIsNamedWithTheFix() throws IOException {
        make("sessions.db", "head.lock", "broker/journal/1.amq", "broker/journal/2.amq");

        assertThat(new FileOwners(owned("head.lock", "2.amq")).refusal(folder, "bignode"))
                .hasValue("files in the data folder belong to another user and cannot be written: head.lock (root), broker/journal/2.amq (root). Give them to"
                        + " bignode: sudo chown -R bignode: " + folder);
    }

    @Test
    void manyAreCounted() throws IOException {
        make("broker/1", "broker/2", "broker/3", "broker/4", "broker/5", "broker/6", "broker/7");

        assertThat(new FileOwners(owned("1", "2", "3", "4", "5", "6", "7")).refusal(folder, "bignode").orElseThrow()).contains(" and 2 more. ");
    }

    /** A file system's own folder and a cache that root made stand in nobody's way. */
    @Test
    void whatTheNodeNeedNotWriteIsNoHindrance() throws IOException {
        make("lost+found/1", "cache/pools/1", "native/run-1/1");

        assertThat(new FileOwners(owned("lost+found", "cache", "native", "1")).refusal(folder, "bignode")).isEmpty();
    }

    @Test
    void rootMayNotStartInTheFolderOfAnotherUser() {
        assertThat(new FileOwners(owned()).refusal(folder, "root").orElseThrow()).contains("belongs to bignode", "sudo -u bignode", "DELEGATION_DATA_DIR");
        assertThat(new FileOwners(owned(folder.getFileName().toString())).refusal(folder, "root")).isEmpty();
    }

    @Test
    void whereThereIsNoFolderNothingIsInTheWay() {
        assertThat(new FileOwners().refusal(folder.resolve("nothing"), "root")).isEmpty();
    }
}
