package io.bignode.node;

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

    /** A file system's own folder, one that has a substitute, and files in the cache that need only be read stand in nobody's way. */
    @Test
    void whatTheNodeNeedNotWriteIsNoHindrance() throws IOException {
        make("lost+found/1", "cache/pools/1", "native/run-1/1");

        assertThat(new FileOwners(owned("lost+found", "native", "1")).refusal(folder, "bignode")).isEmpty();
    }

    @Test
    void secretsTheWorkersNameAndTheCachesFoldersAreNeededToo() throws IOException {
        make("token", "join-token", "worker-tls.p12", "worker-name", "cache/pools/1");

        assertThat(new FileOwners(owned("token", "join-token", "worker-tls.p12", "worker-name")).refusal(folder, "bignode").orElseThrow())
                .contains("token (root), join-token (root), worker-tls.p12 (root), worker-name (root). Give them to bignode");
        assertThat(new FileOwners(owned("cache", "pools", "1")).refusal(folder, "bignode").orElseThrow())
                .contains(": cache (root), cache/pools (root). Give them to bignode");
    }

    @Test
    void rootMayNotStartInTheFolderOfAnotherUser() {
        assertThat(new FileOwners(owned()).refusal(folder, "root").orElseThrow()).contains("belongs to bignode", "sudo -u bignode", "DELEGATION_DATA_DIR");
        assertThat(new FileOwners(owned(folder.getFileName().toString())).refusal(folder, "root")).isEmpty();
    }

    @Test
    void rootMayNotMakeOneInTheFolderOfAnotherUser() {
        Path missing = folder.resolve("share/bignode");
        assertThat(new FileOwners(owned()).refusal(missing, "root").orElseThrow())
                .startsWith("the data folder " + missing + " would be made in " + folder + ", which belongs to bignode").contains("sudo -u bignode");
        assertThat(new FileOwners(owned(folder.getFileName().toString())).refusal(missing, "root")).isEmpty();
        assertThat(new FileOwners(owned()).refusal(missing, "bignode")).isEmpty();
    }
}
