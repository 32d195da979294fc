package io.bignode.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The file in the data folder that keeps the token this node made for itself, readable by its owner alone. */
final class TokenFile {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");
    private static final int MAX_BYTES = 4096;

    private final Path folder;
    private final Path path;

    /** The token file of a data folder; neither has to exist. */
    TokenFile(Path dataDir) {
        this(dataDir, "token");
    }

    /** A token file of another name. */
    TokenFile(Path dataDir, String name) {
        this.folder = dataDir;
        this.path = dataDir.resolve(name);
    }

    /** Where it is. */
    Path path() {
        return path;
    }

    /**
     * The token in the file.
     *
     * @return empty when there is no file
     * @throws InvalidSettingsException when others may read it, or when it holds no token; says how to correct it
     */
    Optional<Token> read() throws InvalidSettingsException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) return Optional.empty();
        try {
            if (!Files.isRegularFile(path)) throw fault("is no regular file; remove it and start again");
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
            if (!permissions.stream().allMatch(permission -> permission.name().startsWith("OWNER_"))) {
                throw fault("may be read by others (" + PosixFilePermissions.toString(permissions)
                        + "); run: chmod 600 '" + path + "'");
            }
            if (Files.size(path) > MAX_BYTES) throw fault("is too large to hold a token; remove it and start again");
            String text = Files.readString(path, StandardCharsets.ISO_8859_1).strip();
            Optional<String> refusal =
                    text.isEmpty() ? Optional.of("is empty; remove it and start again") : Token.refusal(text);
            if (refusal.isPresent()) throw fault(refusal.get());
            return Optional.of(Token.of(text));
        } catch (IOException e) {
            throw fault("cannot be read: " + reason(e));
        }
    }

    /**
     * The token in the file, which is made with a random one when there is none. Of several processes that do this at once, all end up
     * with the token of the first.
     *
     * @throws InvalidSettingsException as {@link #read}, or when the file cannot be written
     */
    Token readOrMake() throws InvalidSettingsException {
        Optional<Token> kept = read();
        if (kept.isPresent()) return kept.get();
        try {
            make();
        } catch (IOException e) {
            throw fault("cannot be written: " + reason(e)
                    + "; set " + Setting.DATA_DIR + " to a folder you may write, or " + Setting.AUTH_TOKEN);
        }
        return read().orElseThrow(() -> fault("vanished as soon as it was written"));
    }

    /** The whole file appears at once under its name, or not at all: a half-written token would be a weak one. */
    private void make() throws IOException {
        DataFolder.make(folder);
        Path draft = folder.resolve("." + path.getFileName() + "." + ProcessHandle.current().pid() + "."
                + Thread.currentThread().threadId());
        FileAttribute<?> ownerOnly = PosixFilePermissions.asFileAttribute(OWNER_ONLY);
        Files.deleteIfExists(draft);
        try (FileChannel file =
                FileChannel.open(draft, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), ownerOnly)) {
            ByteBuffer text = StandardCharsets.US_ASCII.encode(Token.random().secret() + "\n");
            while (text.hasRemaining()) file.write(text);
            file.force(true);
            publish(draft);
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    private void publish(Path draft) throws IOException {
        try {
            Files.createLink(path, draft);
        } catch (FileAlreadyExistsException e) {
            return; // another process was first: its token stands
        } catch (UnsupportedOperationException | FileSystemException e) {
            Files.move(draft, path); // a file system without hard links
        }
    }

    private InvalidSettingsException fault(String message) {
        return new InvalidSettingsException(path.toString(), message);
    }

    private static String reason(IOException e) {
        return e.getClass().getSimpleName().replace("Exception", "")
                + (e.getMessage() == null ? "" : " " + e.getMessage());
    }
}
