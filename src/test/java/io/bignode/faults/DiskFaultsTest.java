package io.bignode.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The head's disk is full, or what the broker wrote to it is damaged. */
class DiskFaultsTest {
    private static final int EXIT_ENVIRONMENT = 3;

    @TempDir
    Path folder;

    @Test
    @Tag("full")
    @Timeout(150)
    void aFullDiskStopsNeitherTheStoreNorTheBrokersJournal() throws Exception {
        fill(Duration.ofSeconds(12));
    }

    @Test
    @Tag("faults-long")
    @Timeout(300)
    void aDiskThatIsFullForAMinuteStopsNothing() throws Exception {
        fill(Duration.ofMinutes(1));
    }

    /** The data folder is a small file system of the head's own. */
    private void fill(Duration time) throws Exception {
        Path small = Files.createDirectory(folder.resolve("head"));
        List<String> mounted = List.of("unshare", "-Urm", "sh", "-c", "mount -t tmpfs -o size=64m tmpfs '" + small + "' && exec \"$@\"", "sh");
        assumeThat(mayMount(mounted)).as("a file system of its own needs unshare and user namespaces, or root").isTrue();
        List<Recorder> recorders = new ArrayList<>();
        try (Farm farm = new Farm(folder, Map.of("DELEGATION_VERIFY_SHARE", "0"), mounted)) {
            farm.worker("farm", 8, 50_000);
            for (int i = 0; i < 2; i++) recorders.add(farm.recorder("key" + i, false));
            for (Recorder recorder : recorders) Waiting.until(Duration.ofSeconds(60), () -> "no results", () -> recorder.count() > 5000);
            Path filler = Path.of("/proc", Long.toString(farm.head.pid()), "root", small.toString(), "filler");
            fill(filler);
            farm.head.await(line -> line.contains("alarm store:"));
            List<Integer> before = recorders.stream().map(Recorder::count).toList();
            Thread.sleep(time); // the journal's files are written through more than once
            assertThat(farm.alarms()).as("the broker's journal is none of them").containsExactly("store");
            assertThat(farm.head.lines()).extracting(JavaProcess.Line::text).noneMatch(line -> line.contains("AMQ"));
            for (int i = 0; i < 2; i++) assertThat(recorders.get(i).count()).as("it goes on from memory").isGreaterThan(before.get(i) + 5000);
            Files.delete(filler);
            farm.head.await(line -> line.contains("alarm store is over"));
            for (Recorder recorder : recorders) {
                long highest = recorder.highest();
                Waiting.until(Duration.ofSeconds(60), () -> "lost: " + recorder.missing(highest).size(), () -> recorder.missing(highest).isEmpty());
                assertThat(recorder.wrongs()).isEmpty();
                assertThat(recorder.repeated()).isZero();
            }
        } finally {
            recorders.forEach(Recorder::close);
        }
    }

    private static boolean mayMount(List<String> mounted) throws InterruptedException {
        try {
            List<String> command = new ArrayList<>(mounted);
            command.add("true");
            return new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
        } catch (IOException noSuchProgram) {
            return false;
        }
    }

    /** Takes every byte that is free, the last ones too. */
    private static void fill(Path filler) throws IOException {
        byte[] block = new byte[4096];
        try (OutputStream out = Files.newOutputStream(filler)) {
            while (true) out.write(block);
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space left");
        }
    }

    @Test
    @Timeout(150)
    void anOverwrittenJournalIsRefusedOrLosesNothing() throws Exception {
        damage(Damage.OVERWRITTEN);
    }

    @Test
    @Tag("full")
    @Timeout(300)
    void aDamagedJournalIsRefusedOrLosesNothing() throws Exception {
        damage(Damage.values());
    }

    /** One after the other, in one farm. */
    private void damage(Damage... damages) throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        try (Farm farm = new Farm(folder, Map.of("DELEGATION_VERIFY_SHARE", "0"))) {
            farm.worker("farm", 4, 2000);
            try (Recorder recorder = farm.recorder("key", false)) {
                for (Damage damage : damages) {
                    int more = recorder.count() + 500;
                    Waiting.until(Duration.ofSeconds(60), () -> "no results\n" + farm.head.tail(), () -> recorder.count() > more);
                    farm.head.kill();
                    Path broker = folder.resolve("head/broker");
                    damage.inflict(broker.resolve("journal"), random);
                    JavaProcess head = farm.process();
                    head.await(Long.MIN_VALUE, Duration.ofSeconds(60), line -> line.contains("workers join with") || line.startsWith("bignode: "));
                    if (head.lines().stream().anyMatch(line -> line.text().startsWith("bignode: "))) {
                        assertThat(head.end(Duration.ofSeconds(20))).isEqualTo(EXIT_ENVIRONMENT);
                        assertThat(head.tail()).contains("the broker's journal in").contains("Move that folder away").doesNotContain("\tat ");
                        System.out.println(damage + ": refused");
                        Files.move(broker, folder.resolve("head/broker-" + damage)); // as the message says
                        farm.startHead();
                    } else {
                        System.out.println(damage + ": started");
                        farm.head = head;
                    }
                    long highest = recorder.highest();
                    Waiting.until(Duration.ofSeconds(90), () -> damage + " lost " + recorder.missing(highest) + "\n" + farm.head.tail(),
                            () -> recorder.missing(highest).isEmpty());
                    assertThat(recorder.wrongs()).isEmpty();
                    assertThat(recorder.repeated()).isZero();
                }
            }
        }
    }

    /** What can become of the journal's files. */
    private enum Damage {
        OVERWRITTEN {
            @Override
            void inflict(RandomAccessFile file, Random random) throws IOException {
                file.write(bytes(random, 4096));
            }
        },
        CUT_SHORT {
            @Override
            void inflict(RandomAccessFile file, Random random) throws IOException {
                file.setLength(1000);
            }
        },
        EMPTY {
            @Override
            void inflict(RandomAccessFile file, Random random) throws IOException {
                file.setLength(0);
            }
        },
        WRONG_BYTES {
            @Override
            void inflict(RandomAccessFile file, Random random) throws IOException {
                for (int i = 0; i < 200; i++) {
                    file.seek(100 + random.nextInt(60_000));
                    file.write(random.nextInt(256));
                }
            }
        };

        abstract void inflict(RandomAccessFile file, Random random) throws IOException;

        void inflict(Path journal, Random random) throws IOException {
            try (var files = Files.newDirectoryStream(journal, "*.amq")) {
                for (Path file : files) {
                    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
                        inflict(open, random);
                    }
                }
            }
        }

        static byte[] bytes(Random random, int count) {
            byte[] bytes = new byte[count];
            random.nextBytes(bytes);
            return bytes;
        }
    }
}
