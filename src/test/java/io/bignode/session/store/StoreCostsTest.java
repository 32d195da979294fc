package io.bignode.session.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import io.bignode.monitor.Alarms;
import io.bignode.protocol.Epoch;
import io.bignode.protocol.Found;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.Provenance;
import io.bignode.protocol.WorkOrder;
import io.bignode.session.LeaseResult;
import io.bignode.session.LeasedRange;
import io.bignode.session.Order;
import io.bignode.session.Session;
import io.bignode.session.SessionRules;
import io.bignode.session.Sessions;
import io.bignode.session.StartOutcome;
import io.bignode.session.StoreObserver;
import io.bignode.session.Terms;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What found nonces cost a head in its store as production has it: leases of {@value #OF_A_LEASE} of them, from as many sessions, are issued and land, so many a second
 * as {@code bignode.results} tells. What is due when one commit ends goes into the next one, as with the head's thread.
 */
@Tag("measured")
@Timeout(300)
class StoreCostsTest {
    private static final int OF_A_LEASE = 100;
    private static final int SESSIONS = 100;
    private static final int RATE = Integer.getInteger("bignode.results", 10_000);
    private static final Duration WARM = Duration.ofSeconds(Integer.getInteger("bignode.seconds", 30) / 3);
    private static final Duration TIME = Duration.ofSeconds(Integer.getInteger("bignode.seconds", 30));

    /** Of the first function: a distance. */
    private static final int DISTANCE = 10;

    /** Of the second function: a vector, as base64 in a list. */
    private static final int VECTOR = 150;

    @TempDir
    Path folder;

    private final Alarms alarms = new Alarms(InstantSource.system());

    /** Bytes of files or databases. */
    private interface Bytes {
        long count() throws IOException, SQLException;
    }

    @Test
    void sqliteWithDistances() throws Exception {
        sqlite(DISTANCE);
    }

    @Test
    void sqliteWithVectors() throws Exception {
        sqlite(VECTOR);
    }

    @Test
    void postgresWithDistances() throws Exception {
        postgres(DISTANCE);
    }

    @Test
    void postgresWithVectors() throws Exception {
        postgres(VECTOR);
    }

    private void sqlite(int proof) throws Exception {
        try (SqlStore store = SqlStore.inFolder(folder, alarms, StoreCostsTest::died)) {
            measure("SQLite", proof, store, () -> number(Path.of("/proc/self/io"), "write_bytes:"), () -> filesIn(folder));
        }
    }

    private void postgres(int proof) throws Exception {
        // Its tests' server does not wait for the disk.
        try (EmbeddedPostgres server = EmbeddedPostgres.builder().setDataDirectory(folder.resolve("data")).setServerConfig("synchronous_commit", "on")
                .setServerConfig("fsync", "on").start()) {
            String url = server.getJdbcUrl("postgres", "postgres");
            try (SqlStore store = SqlStore.inPostgres(url, alarms, StoreCostsTest::died).orElseThrow();
                    Connection look = DriverManager.getConnection(url)) {
                Bytes log = () -> Databases.number(look, "SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint");
                measure("PostgreSQL", proof, store, log, () -> Databases.number(look, "SELECT pg_database_size(current_database())"));
            }
        }
    }

    private static void died(Thread thread, Throwable cause) {
        throw new AssertionError("the store's thread ended", cause);
    }

    private void measure(String name, int proof, SqlStore store, Bytes written, Bytes kept) throws Exception {
        Sessions sessions = new Sessions(SessionRules.of(SESSIONS, Duration.ofDays(1)), InstantSource.system(), System::nanoTime, store);
        List<Session> running = new ArrayList<>();
        for (int i = 0; i < SESSIONS; i++) running.add(start(sessions, i));
        List<String> proofs = proofs(proof);
        run(sessions, running, proofs, WARM);
        Commits commits = new Commits();
        store.observe(commits);
        long writtenBefore = written.count();
        long keptBefore = kept.count();
        long processor = processorNanos();
        long began = System.nanoTime();
        List<Long> waits = run(sessions, running, proofs, TIME);
        double seconds = (System.nanoTime() - began) / 1e9;
        double results = (double) waits.size() * OF_A_LEASE;
        double micros = (processorNanos() - processor) * 1e-3 / results;
        List<Long> took = commits.take();
        System.out.printf(Locale.ROOT, "| %s | %d | %.0f | %.2f | %.0f | %.0f | %.0f | %.1f / %.1f | %.1f / %.1f |%n", name, proof, results / seconds, micros,
                (written.count() - writtenBefore) / results, (kept.count() - keptBefore) / results, took.size() / seconds, millis(took, 0.5), millis(took, 0.99),
                millis(waits, 0.5), millis(waits, 0.99));
        assertThat(results / seconds).as("results a second").isGreaterThan(0.95 * RATE);
        assertThat(alarms.list()).isEmpty();
    }

    private static Session start(Sessions sessions, int number) {
        WorkOrder work = new WorkOrder("transformer-distance", "2048x16", "{\"public_key\":\"" + "0".repeat(600) + number + "\"}");
        Order order = new Order("default", "key" + number, new NonceSequence(number, SESSIONS), number, work, 1, new Epoch(7, "block"), Optional.empty(),
                "key" + number, Terms.PLAIN);
        return ((StartOutcome.Started) sessions.start(order)).session();
    }

    /** Leases and lands what is due, round by round; returns how long each lease's result waited until it was durable. */
    private static List<Long> run(Sessions sessions, List<Session> running, List<String> proofs, Duration time) {
        List<Long> waits = new ArrayList<>();
        long step = Duration.ofSeconds(1).toNanos() * OF_A_LEASE / RATE;
        long began = System.nanoTime();
        long due = 0;
        while (System.nanoTime() - began < time.toNanos()) {
            List<LeaseResult> results = new ArrayList<>();
            List<Long> times = new ArrayList<>();
            for (long now = System.nanoTime(); began + due * step - now <= 0; due++) {
                Session session = running.get((int) (due % SESSIONS));
                session.polled();
                results.add(result(session, "farm-" + due % 32 + "/cuda:" + due % 8, proofs));
                times.add(began + due * step);
            }
            sessions.land(results);
            long durable = System.nanoTime();
            times.forEach(then -> waits.add(durable - then));
            LockSupport.parkNanos(began + due * step - System.nanoTime());
        }
        return waits;
    }

    /** Different ones, of which no database makes fewer bytes. */
    private static List<String> proofs(int length) {
        Random random = new Random(1);
        List<String> proofs = new ArrayList<>();
        for (int i = 0; i < OF_A_LEASE; i++) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            proofs.add(length == DISTANCE ? String.format(Locale.ROOT, "%.8f", 1.3 + random.nextDouble()) : Base64.getEncoder().encodeToString(bytes).substring(0, length));
        }
        return proofs;
    }

    private static LeaseResult result(Session session, String device, List<String> proofs) {
        LeasedRange lease = session.take(device, OF_A_LEASE).orElseThrow();
        long[] nonces = session.order().nonces().nonces(lease.range());
        List<Found> found = IntStream.range(0, nonces.length).mapToObj(i -> new Found(nonces[i], proofs.get(i))).toList();
        return new LeaseResult(lease.leaseId(), OF_A_LEASE, found, 1_000_000_000, Provenance.of(device), false);
    }

    private static long processorNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static double millis(List<Long> nanos, double share) {
        List<Long> sorted = nanos.stream().sorted().toList();
        return sorted.get((int) (share * (sorted.size() - 1))) * 1e-6;
    }

    private static long filesIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        }
    }

    private static long number(Path file, String name) throws IOException {
        return Files.readAllLines(file).stream().filter(line -> line.startsWith(name)).mapToLong(line -> Long.parseLong(line.substring(name.length()).strip()))
                .findFirst().orElseThrow();
    }

    /** How long each commit took. */
    private static final class Commits implements StoreObserver {
        private final List<Long> took = new ArrayList<>();

        @Override
        public synchronized void committed(long nanos) {
            took.add(nanos);
        }

        synchronized List<Long> take() {
            return List.copyOf(took);
        }
    }
}
