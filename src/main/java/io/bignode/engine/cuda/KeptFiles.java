package io.bignode.engine.cuda;

import io.bignode.poc.Digests;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Optional;

/**
 * Files of a cache, each of which begins with the digest of its content: one that is damaged or cut off counts as none. A file appears as a whole or not at
 * all, and one that cannot be written costs time and nothing else. Safe for use by several threads and processes.
 */
final class KeptFiles {
    private static final System.Logger LOG = System.getLogger(KeptFiles.class.getName());
    private static final int DIGEST_CHARACTERS = 64;

    private final Path folder;
    private final String what;
    private final String remedy;

    /**
     * Files in a folder, which is made when there is something to keep.
     *
     * @param what   what a file is, for messages
     * @param remedy what becomes of a damaged one, for messages
     */
    KeptFiles(Path folder, String what, String remedy) {
        this.folder = folder;
        this.what = what;
        this.remedy = remedy;
    }

    /** The content of the file of this name; nothing when there is no such file or it is damaged. */
    Optional<byte[]> read(String name) {
        Path file = folder.resolve(name);
        try {
            if (!Files.isRegularFile(file)) return Optional.empty();
            byte[] all = Files.readAllBytes(file);
            int begin = Math.min(DIGEST_CHARACTERS, all.length);
            byte[] content = Arrays.copyOfRange(all, begin, all.length);
            if (Digests.sha256(content).equals(new String(all, 0, begin, StandardCharsets.US_ASCII))) return Optional.of(content);
            LOG.log(System.Logger.Level.WARNING, "the cached {0} {1} is damaged; it is {2} again", what, file, remedy);
        } catch (IOException unreadable) {
            LOG.log(System.Logger.Level.WARNING, "the cached {0} {1} cannot be read ({2}); it is {3} again", what, file, unreadable.getMessage(), remedy);
        }
        return Optional.empty();
    }

    /** Keeps content under this name. */
    void write(String name, byte[] content) {
        try {
            Files.createDirectories(folder);
            Path draft = Files.createTempFile(folder, ".kept", ".partial");
            try {
                byte[] digest = Digests.sha256(content).getBytes(StandardCharsets.US_ASCII);
                byte[] all = Arrays.copyOf(digest, digest.length + content.length);
                System.arraycopy(content, 0, all, digest.length, content.length);
                Files.write(draft, all);
                Files.move(draft, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(draft);
            }
        } catch (IOException unwritable) {
            LOG.log(System.Logger.Level.WARNING, "no {0} is kept in {1}: {2}", what, folder, unwritable.getMessage());
        }
    }
}
