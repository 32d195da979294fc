package io.bignode.node;

import io.bignode.config.Setting;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Checks whose files are in a data folder. A start as another user, most often as root, leaves files there that the node cannot use afterwards. */
public final class FileOwners {
    /** The files that a head or a worker must be able to use in its data folder. Libraries can be unpacked elsewhere. */
    private static final List<String> NEEDED = List.of(
            "head.lock", "sessions.db", "sessions.db-wal", "sessions.db-shm", "broker", "token", "join-token", "worker-tls.p12", "worker-name");

    /** The folders in which a node must be able to make files. The files in them need only be readable. */
    private static final List<String> FOLDERS = List.of("cache", "cache/pools");

    /** The most files that a message names. */
    private static final int NAMED = 5;

    private static final String ROOT = "root";

    private final Look look;

    /** What has to be known of files; a test plays it. */
    interface Look {
        /** The name of the user whose file it is. */
        String owner(Path path) throws IOException;

        /** Whether this process may write it. */
        boolean writable(Path path);
    }

    /** The files as the system shows them. */
    public FileOwners() {
        this(new Look() {
            @Override
            public String owner(Path path) throws IOException {
                return Files.getOwner(path).getName();
            }

            @Override
            public boolean writable(Path path) {
                return Files.isWritable(path);
            }
        });
    }

    /** A check of files that are seen in this way. */
    FileOwners(Look look) {
        this.look = look;
    }

    /**
     * Ends a command that would use a data folder in which files belong to another user.
     *
     * @throws CommandException with the reason and the fix
     */
    public static void require(Path dataDir) {
        new FileOwners().refusal(dataDir, own()).ifPresent(refusal -> {
            throw CommandException.environment(refusal);
        });
    }

    /** The user this process runs as. */
    public static String own() {
        String name = System.getProperty("user.name");
        // A container's user often has no name; its files then show its number.
        return name.equals("?") ? number().orElse(name) : name;
    }

    private static Optional<String> number() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("Uid:")).map(line -> line.split("\\s+")[2]).findFirst();
        } catch (IOException e) {
            return Optional.empty(); // no Linux
        }
    }

    /** Whether a file or folder belongs to the user this process runs as. */
    static boolean isOurs(Path path) {
        try {
            return Files.getOwner(path).getName().equals(own());
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Why a user must not start a node on this data folder.
     *
     * @param dataDir need not be there yet: then root would make it in a folder of whoever owns that
     * @return empty where no owner is in its way
     */
    public Optional<String> refusal(Path dataDir, String user) {
        try {
            return user.equals(ROOT) ? ofAnotherUser(dataDir) : withForeignFiles(dataDir, user);
        } catch (IOException e) {
            return Optional.empty(); // there is none; or whoever opens its files tells better what is wrong with them
        }
    }

    private Optional<String> ofAnotherUser(Path dataDir) throws IOException {
        Path existing = dataDir.toAbsolutePath();
        while (!Files.exists(existing) && existing.getParent() != null) existing = existing.getParent();
        String user = look.owner(existing);
        if (user.equals(ROOT)) return Optional.empty();
        String whose = Files.exists(dataDir) ? " belongs to " : " would be made in " + existing + ", which belongs to ";
        return Optional.of("the data folder " + dataDir + whose + user + ", who could not use the files that root makes in it. Start as that user: sudo -u "
                + user + " …; or set " + Setting.DATA_DIR + " to another folder");
    }

    private Optional<String> withForeignFiles(Path dataDir, String user) throws IOException {
        List<String> foreign = new ArrayList<>();
        for (String name : NEEDED) collect(dataDir, dataDir.resolve(name), user, foreign);
        for (String name : FOLDERS) {
            Path folder = dataDir.resolve(name);
            if (Files.isDirectory(folder) && isForeign(folder, user)) foreign.add(named(dataDir, folder));
        }
        if (foreign.isEmpty()) return Optional.empty();
        String more = foreign.size() > NAMED ? " and " + (foreign.size() - NAMED) + " more" : "";
        return Optional.of("files in the data folder belong to another user and cannot be written: "
                + String.join(", ", foreign.subList(0, Math.min(NAMED, foreign.size()))) + more + ". Give them to " + user + ": sudo chown -R " + user + ": "
                + dataDir);
    }

    private boolean isForeign(Path path, String user) throws IOException {
        return !look.owner(path).equals(user) && !look.writable(path);
    }

    private String named(Path dataDir, Path path) throws IOException {
        return dataDir.relativize(path) + " (" + look.owner(path) + ")";
    }

    private void collect(Path dataDir, Path path, String user, List<String> foreign) throws IOException {
        if (!Files.exists(path)) return;
        if (isForeign(path, user)) {
            foreign.add(named(dataDir, path));
        } else if (Files.isDirectory(path)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
                for (Path entry : entries) collect(dataDir, entry, user, foreign);
            }
        }
    }
}
