package io.bignode.node;

import io.bignode.config.Setting;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The folder in which libraries that come in jars unpack their native code: SQLite, OpenBLAS, Netty and JLine. Each process has one of its own and
 * removes it at its end. What a killed process left is removed by the next one: the lock in it, which the system takes back, tells that its owner died.
 */
public final class NativeFolder implements AutoCloseable {
    /** What SQLite's driver, JavaCPP (OpenBLAS), Netty and JLine read when they are loaded. */
    private static final List<String> PROPERTIES =
            List.of("org.sqlite.tmpdir", "org.bytedeco.javacpp.cachedir", "io.netty.native.workdir", "jline.tmpdir");

    private static final String LOCK = "owner.lock";

    /** A folder without its lock may be one that is being made; one that is older than this was not finished. */
    private static final Duration MAKING = Duration.ofMinutes(1);

    private static final FileAttribute<?> PRIVATE = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    /**
     * The folders of this process. Their lock files must not be opened in a search for leftovers: closing a file gives back all locks that the process has
     * on it.
     */
    private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

    private static @Nullable NativeFolder ofThisProcess;

    private final Path path;
    private final FileChannel lock;
    private final Path parent;
    private final boolean parentIsOurs;

    /**
     * Where such a folder may be made.
     *
     * @param parent the folder to make it in
     * @param prefix what its name begins with
     * @param isOurs whether nothing else lies in the parent, which is made when it is missing and removed when it is empty
     */
    record Place(Path parent, String prefix, boolean isOurs) {
        /** Below a data folder. */
        static Place under(Path dataDir) {
            return new Place(dataDir.resolve("native"), "run-", true);
        }

        /** In the system's temporary folder, which all its users share. */
        static Place temporary() {
            return new Place(Path.of(System.getProperty("java.io.tmpdir")), "bignode-native-", false);
        }
    }

    private NativeFolder(Place place, Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
        this.parent = place.parent();
        this.parentIsOurs = place.isOurs();
    }

    /**
     * Has the native libraries of this process unpacked under its data folder, or in the temporary folder where nothing may be executed there. To be
     * called before any of them is loaded; a second call changes nothing.
     *
     * @return where they are unpacked; empty where the operator chose that for each of them
     * @throws CommandException when there is no such folder
     */
    public static synchronized Optional<Path> use(Path dataDir) {
        return use(List.of(Place.under(dataDir), Place.temporary()));
    }

    /**
     * The same for a command that is no node. A data folder that is not there is not made for it, and that of another user is only taken where the
     * temporary folder will not do: what a killed command of root leaves there would be in the node's way.
     *
     * @param dataDir the data folder, where there is one
     * @throws CommandException when there is no such folder
     */
    public static synchronized Optional<Path> useForCommand(Optional<Path> dataDir) {
        List<Place> places = new ArrayList<>(List.of(Place.temporary()));
        dataDir.filter(Files::isDirectory).ifPresent(folder -> places.add(FileOwners.isOurs(folder) ? 0 : 1, Place.under(folder)));
        return use(places);
    }

    private static Optional<Path> use(List<Place> places) {
        if (ofThisProcess != null) return Optional.of(ofThisProcess.path);
        List<String> unset = PROPERTIES.stream().filter(name -> System.getProperty(name) == null).toList();
        if (unset.isEmpty()) return Optional.empty();
        NativeFolder made = in(places, Files::isExecutable);
        unset.forEach(name -> System.setProperty(name, made.path.toString()));
        ofThisProcess = made;
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("native-folder").unstarted(NativeFolder::remove));
        return Optional.of(made.path);
    }

    /** Removes this process's folder. A process that ends by itself does so anyway; one that is halted must call it before. */
    static synchronized void remove() {
        if (ofThisProcess != null) ofThisProcess.close();
        ofThisProcess = null;
    }

    /**
     * Makes a folder in the first place where that can be done, and removes the folders there whose processes are gone.
     *
     * @param mayExecute whether the system would execute this file
     * @throws CommandException when none will do
     */
    static NativeFolder in(List<Place> places, Predicate<Path> mayExecute) {
        List<String> refusals = new ArrayList<>();
        for (Place place : places) {
            try {
                NativeFolder made = makeAgain(place, mayExecute);
                if (made != null) return made;
                refusals.add(place.parent() + " is mounted noexec");
            } catch (IOException e) {
                refusals.add(place.parent() + " cannot be written (" + FileFault.reason(e) + ")");
            }
        }
        throw CommandException.environment("native libraries (SQLite, OpenBLAS) cannot be unpacked: " + String.join("; ", refusals)
                + ". Mount one of these without noexec and let this user write there, set " + Setting.DATA_DIR + " to a folder where that is so, or name one:"
                + " " + Setting.JAVA_OPTS + "=-Djava.io.tmpdir=FOLDER");
    }

    /** A process that ends may remove the empty parent just when this one wants to use it. */
    private static @Nullable NativeFolder makeAgain(Place place, Predicate<Path> mayExecute) throws IOException {
        try {
            return make(place, mayExecute);
        } catch (NoSuchFileException e) {
            return make(place, mayExecute);
        }
    }

    /** The folder; empty where the system executes no file of this place. */
    private static @Nullable NativeFolder make(Place place, Predicate<Path> mayExecute) throws IOException {
        if (place.isOurs()) makeFolders(place.parent());
        // The folder has another name until its lock is held, so that processes that remove leftovers do not take it for one.
        Path draft = Files.createTempDirectory(place.parent(), "." + place.prefix(), PRIVATE);
        Path path = place.parent().resolve(draft.getFileName().toString().substring(1));
        FileChannel lock = null;
        try {
            OWN.addAll(List.of(draft, path));
            lock = FileChannel.open(draft.resolve(LOCK), Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), PRIVATE);
            boolean usable = mayExecute.test(draft.resolve(LOCK));
            if (!usable || lock.tryLock() == null) {
                lock.close();
                removeAll(draft);
                if (place.isOurs()) removeIfEmpty(place.parent());
                if (usable) throw new IOException("files there cannot be locked");
                return null;
            }
            removeLeftovers(place, Files.getOwner(draft));
            return new NativeFolder(place, Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE), lock);
        } catch (IOException e) {
            if (lock != null) lock.close();
            removeAll(draft);
            throw e;
        }
    }

    private static void makeFolders(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) Files.createDirectories(folder, PRIVATE);
    }

    private static void removeLeftovers(Place place, UserPrincipal owner) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(place.parent(), "{,.}" + place.prefix() + "*")) {
            for (Path entry : entries) {
                // In a shared folder a link of another user may lead anywhere.
                if (!OWN.contains(entry) && isFolderOf(entry, owner)) removeIfLeft(entry);
            }
        }
    }

    private static boolean isFolderOf(Path entry, UserPrincipal owner) {
        try {
            return Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS) && Files.getOwner(entry, LinkOption.NOFOLLOW_LINKS).equals(owner);
        } catch (IOException e) {
            return false; // another process removes it just now
        }
    }

    private static void removeIfLeft(Path folder) throws IOException {
        try (FileChannel lock = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.WRITE)) {
            if (lock.tryLock() != null) removeAll(folder);
        } catch (NoSuchFileException e) {
            if (age(folder).compareTo(MAKING) > 0) removeAll(folder);
        }
    }

    private static Duration age(Path folder) {
        try {
            return Duration.between(Files.getLastModifiedTime(folder).toInstant(), Instant.now());
        } catch (IOException e) {
            return Duration.ZERO; // another process removes it just now
        }
    }

    /** A file that another process removes at the same time is as good as removed. */
    private static void removeAll(Path folder) throws IOException {
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) return;
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                if (failure instanceof NoSuchFileException) return FileVisitResult.CONTINUE;
                throw failure;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) throws IOException {
                if (failure != null) throw failure;
                Files.deleteIfExists(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static void removeIfEmpty(Path folder) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            if (entries.iterator().hasNext()) return;
        }
        Files.deleteIfExists(folder);
    }

    /** Where libraries are unpacked. */
    Path path() {
        return path;
    }

    /** Removes the folder. Libraries that are loaded stay loaded. */
    @Override
    public void close() {
        try (lock) {
            removeAll(path);
            if (parentIsOurs) removeIfEmpty(parent);
        } catch (IOException e) {
            // The next process removes what is left.
            System.getLogger(NativeFolder.class.getName()).log(System.Logger.Level.DEBUG, "removing " + path, e);
        }
    }
}
