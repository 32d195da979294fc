package io.bignode.poc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PoolCacheTest {
    private static final long SIZE = 50_000;
    private static final long PLENTY = 1L << 30;

    @TempDir
    Path folder;

    private static WeightPool pool(String hash) throws InterruptedException {
        return WeightPool.generate(hash, SIZE, 2, HostMemory.PLAIN, n -> {});
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    @Test
    void aSavedPoolIsReadBackToTheSameBits() throws Exception {
        PoolCache cache = new PoolCache(folder, PLENTY);
        try (WeightPool pool = pool("a")) {
            assertThat(cache.load("a", SIZE, 2, HostMemory.PLAIN)).isEmpty();
            cache.save(pool);
            try (WeightPool read = cache.load("a", SIZE, 2, HostMemory.PLAIN).orElseThrow()) {
                assertThat(read.sha256()).isEqualTo(pool.sha256());
                assertThat(read.blockHash()).isEqualTo("a");
            }
            assertThat(cache.load("b", SIZE, 2, HostMemory.PLAIN)).isEmpty();
            assertThat(cache.load("a", SIZE + 1, 2, HostMemory.PLAIN)).isEmpty();
        }
    }

    @Test
    void aDamagedOrTruncatedFileIsDeletedAndNeverServed() throws Exception {
        PoolCache cache = new PoolCache(folder, PLENTY);
        try (WeightPool pool = pool("a")) {
            cache.save(pool);
            try (RandomAccessFile file = new RandomAccessFile(files().getFirst().toFile(), "rw")) {
                file.seek(12_345);
                int was = file.read();
                file.seek(12_345);
                file.write(was ^ 1);
            }
            assertThat(cache.load("a", SIZE, 2, HostMemory.PLAIN)).isEmpty();
            assertThat(files()).isEmpty();
            cache.save(pool);
            try (RandomAccessFile file = new RandomAccessFile(files().getFirst().toFile(), "rw")) {
                file.setLength(file.length() - 1);
            }
            assertThat(cache.load("a", SIZE, 2, HostMemory.PLAIN)).isEmpty();
            assertThat(files()).isEmpty();
        }
    }

    @Test
    void theOldestFilesGoWhenTheLimitIsReached() throws Exception {
        PoolCache cache = new PoolCache(folder, 3 * (2 * SIZE + 32));
        for (String hash : List.of("a", "b", "c")) {
            try (WeightPool pool = pool(hash)) {
                cache.save(pool);
            }
        }
        for (Path file : files()) {
            Files.setLastModifiedTime(file, FileTime.fromMillis(1000));
        }
        // Reading a pool makes it young again.
        Optional<WeightPool> used = cache.load("a", SIZE, 1, HostMemory.PLAIN);
        used.orElseThrow().close();
        for (String hash : List.of("d", "e")) {
            try (WeightPool pool = pool(hash)) {
                cache.save(pool);
            }
        }
        assertThat(files()).hasSize(3);
        for (String kept : List.of("a", "d", "e")) {
            cache.load(kept, SIZE, 1, HostMemory.PLAIN).orElseThrow().close();
        }
    }

    @Test
    void aLimitOfZeroOrBelowThePoolMeansNoFile() throws Exception {
        try (WeightPool pool = pool("a")) {
            new PoolCache(folder, 0).save(pool);
            new PoolCache(folder, 2 * SIZE).save(pool);
        }
        assertThat(files()).isEmpty();
    }

    @Test
    void aFolderThatCannotBeMadeIsNoFailure() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "not a folder");
        PoolCache cache = new PoolCache(file.resolve("pools"), PLENTY);
        try (WeightPool pool = pool("a")) {
            cache.save(pool);
        }
        assertThat(cache.load("a", SIZE, 1, HostMemory.PLAIN)).isEmpty();
    }
}
