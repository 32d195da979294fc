package io.bignode.poc;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/**
 * Files of weight pools, so that a restart within an epoch need not draw them again. A file holds the pool's values and after them the SHA-256 of each
 * {@link #PIECE} bytes; one whose digests do not match is deleted. The oldest files go when all together exceed the limit. A cache that fails is
 * no reason to fail: it says so in the log and the pool is drawn.
 */
public final class PoolCache {
    private static final System.Logger LOG = System.getLogger(PoolCache.class.getName());
    private static final String SUFFIX = ".pool";
    private static final int DIGEST = 32;

    /** Bytes under one digest: pieces are read and checked in parallel. */
    static final long PIECE = 1L << 26;

    private final Path folder;
    private final long limitBytes;

    /**
     * A cache in a folder, which is made when needed.
     *
     * @param folder     holds the files
     * @param limitBytes what they may take together; 0 for no cache
     */
    public PoolCache(Path folder, long limitBytes) {
        this.folder = folder;
        this.limitBytes = limitBytes;
    }

    /**
     * Reads a pool.
     *
     * @param threads threads that read and check
     * @param memory  where the values shall lie
     * @return empty when there is no sound file of it
     * @throws InterruptedException when interrupted
     */
    @SuppressWarnings("MustBeClosed") // the pool owns the arena, and it is closed when no pool comes of it
    public Optional<WeightPool> load(String blockHash, long size, int threads, HostMemory memory) throws InterruptedException {
        Path file = file(blockHash, size);
        if (limitBytes == 0 || !Files.exists(file)) {
            return Optional.empty();
        }
        Arena arena = Arena.ofShared();
        boolean loaded = false;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment values = memory.allocate(arena, 2 * size);
            loaded = channel.size() == fileBytes(2 * size) && readAndCheck(channel, values, threads);
            if (loaded) {
                Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
                return Optional.of(new WeightPool(blockHash, values, arena));
            }
            LOG.log(System.Logger.Level.WARNING, "the cached weight pool {0} is damaged: it is deleted and drawn again", file.getFileName());
            Files.deleteIfExists(file);
        } catch (IOException broken) {
            LOG.log(System.Logger.Level.WARNING, "the cached weight pool {0} cannot be read: {1}", file.getFileName(), broken.toString());
        } finally {
            if (!loaded) {
                arena.close();
            }
        }
        return Optional.empty();
    }

    /** Whether a pool of this many values may be cached at all. */
    public boolean takes(long size) {
        return fileBytes(2 * size) <= limitBytes;
    }

    /** Writes a pool's file and removes the oldest above the limit. */
    public void save(WeightPool pool) {
        if (!takes(pool.size())) {
            return;
        }
        long bytes = fileBytes(pool.values().byteSize());
        Path file = file(pool.blockHash(), pool.size());
        try {
            Files.createDirectories(folder);
            removeOldest(limitBytes - bytes);
            Path partial = Files.createTempFile(folder, "pool", ".partial");
            try {
                write(pool.values(), partial);
                Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(partial);
            }
        } catch (IOException broken) {
            LOG.log(System.Logger.Level.WARNING, "the weight pool is not cached: {0}", broken.toString());
        }
    }

    private static void write(MemorySegment values, Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            List<byte[]> digests = new ArrayList<>();
            for (long at = 0; at < values.byteSize(); at += PIECE) {
                MemorySegment piece = values.asSlice(at, Math.min(PIECE, values.byteSize() - at));
                digests.add(Digests.sha256Bytes(piece));
                writeFully(channel, piece.asByteBuffer());
            }
            for (byte[] digest : digests) {
                writeFully(channel, ByteBuffer.wrap(digest));
            }
        }
    }

    private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private static boolean readAndCheck(FileChannel channel, MemorySegment values, int threads) throws IOException, InterruptedException {
        try (ExecutorService readers = Executors.newFixedThreadPool(threads)) {
            List<Future<Boolean>> pieces = new ArrayList<>();
            for (long at = 0; at < values.byteSize(); at += PIECE) {
                long first = at;
                pieces.add(readers.submit(() -> readPiece(channel, values, first)));
            }
            boolean sound = true;
            for (Future<Boolean> piece : pieces) {
                sound &= piece.get();
            }
            return sound;
        } catch (ExecutionException broken) {
            throw new IOException(broken.getCause());
        }
    }

    private static boolean readPiece(FileChannel channel, MemorySegment values, long at) throws IOException {
        MemorySegment piece = values.asSlice(at, Math.min(PIECE, values.byteSize() - at));
        ByteBuffer digest = ByteBuffer.allocate(DIGEST);
        return readFully(channel, piece.asByteBuffer(), at)
                && readFully(channel, digest, values.byteSize() + at / PIECE * DIGEST)
                && Arrays.equals(digest.array(), Digests.sha256Bytes(piece));
    }

    private static boolean readFully(FileChannel channel, ByteBuffer into, long at) throws IOException {
        long position = at;
        while (into.hasRemaining()) {
            int read = channel.read(into, position);
            if (read < 0) {
                return false;
            }
            position += read;
        }
        return true;
    }

    private void removeOldest(long keepBytes) throws IOException {
        List<Path> oldestFirst;
        try (Stream<Path> files = Files.list(folder)) {
            oldestFirst = files.filter(file -> file.toString().endsWith(SUFFIX))
                    .sorted(Comparator.comparing(PoolCache::modified))
                    .toList();
        }
        long bytes = 0;
        for (Path file : oldestFirst) {
            bytes += sizeOf(file);
        }
        for (Path file : oldestFirst) {
            if (bytes <= keepBytes) {
                return;
            }
            bytes -= sizeOf(file);
            Files.deleteIfExists(file);
        }
    }

    // Another process may share the folder and delete at the same time: a file that is gone is old and empty.
    private static long sizeOf(Path file) throws IOException {
        try {
            return Files.size(file);
        } catch (NoSuchFileException gone) {
            return 0;
        }
    }

    private static FileTime modified(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException gone) {
            return FileTime.fromMillis(0);
        }
    }

    private Path file(String blockHash, long size) {
        byte[] name = (blockHash + "_" + size).getBytes(StandardCharsets.UTF_8);
        return folder.resolve(Digests.sha256(MemorySegment.ofArray(name)) + SUFFIX);
    }

    private static long fileBytes(long valueBytes) {
        return valueBytes + Math.ceilDiv(valueBytes, PIECE) * DIGEST;
    }
}
