import io.bignode.monitor.Alarms;
import io.bignode.protocol.Epoch;
import io.bignode.protocol.Found;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.Provenance;
import io.bignode.protocol.WorkOrder;
import io.bignode.session.Change;
import io.bignode.session.Order;
import io.bignode.session.Session;
import io.bignode.session.SessionProgress;
import io.bignode.session.SessionRules;
import io.bignode.session.SessionStatus;
import io.bignode.session.Sessions;
import io.bignode.session.Terms;
import io.bignode.session.store.SqlStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Fills a store with so many MiB of batches of ten sessions, or tells how long it takes to restore them and to read all of it. */
class StoreRestart {
    private static final int SESSIONS = 10;
    private static final int NONCES = 400;

    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[1]);
        if (args[0].equals("fill")) fill(folder, Long.parseLong(args[2]) << 20);
        else restore(folder);
    }

    private static SqlStore open(Path folder) throws Exception {
        return SqlStore.inFolder(Files.createDirectories(folder), new Alarms(InstantSource.system()), (_, death) -> {
            death.printStackTrace();
            Runtime.getRuntime().halt(4);
        });
    }

    private static void fill(Path folder, long bytes) throws Exception {
        long began = System.nanoTime();
        long batches = 0;
        try (SqlStore store = open(folder)) {
            store.load();
            for (int i = 0; i < SESSIONS; i++) store.write(session(i)).await();
            for (long written = 0; written < bytes; batches++) {
                List<Found> found = new ArrayList<>();
                for (int i = 0; i < NONCES; i++) found.add(new Found(batches * NONCES + i, "1.39807712345678" + i % 10));
                written += NONCES * 30L;
                long number = batches / SESSIONS + 1;
                String id = id((int) (batches % SESSIONS));
                var receipt = store.write(List.of(
                        new Change.BatchFound(id, number, found, new Provenance("cuda", "local/cuda:0", "local")),
                        new Change.SessionMoved(id, new SessionProgress(
                                SessionStatus.GENERATING, null, number * NONCES, number * NONCES, number, 0, Instant.now(), null, 0, 0, 0, null, null))));
                if (batches % 500 == 0) receipt.await();
            }
        }
        System.out.printf(
                "filled: %d batches of %d nonces, file of %d MiB, in %.1f s%n",
                batches, NONCES, Files.size(folder.resolve("sessions.db")) >> 20, (System.nanoTime() - began) / 1e9);
    }

    private static List<Change> session(int i) {
        Order order = new Order(
                "default", "key" + i, new NonceSequence(i, SESSIONS), i, new WorkOrder("transformer-distance", "shape", "{}"), 1,
                new Epoch(1, "hash"), Optional.empty(), "key" + i, Terms.PLAIN);
        return List.of(
                new Change.LineageBegun(i + 1, "default", "key" + i, order.nonces()),
                new Change.LineageAdvanced(i + 1, 1L << 40),
                new Change.SessionStarted(id(i), i + 1, order, Instant.now()));
    }

    private static String id(int i) {
        return String.format("%032x", i);
    }

    private static void restore(Path folder) throws Exception {
        long began = System.nanoTime();
        try (SqlStore store = open(folder)) {
            Sessions sessions = new Sessions(SessionRules.of(100, Duration.ofDays(1)), InstantSource.system(), System::nanoTime, store);
            Session session = sessions.list("default").getFirst();
            int first = session.after(0).orElseThrow().found().size();
            System.out.printf("restored, first page of %d nonces read, after %.3f s%n", first, (System.nanoTime() - began) / 1e9);
            began = System.nanoTime();
            long nonces = 0;
            long longest = 0;
            for (Session one : sessions.list("default")) {
                long cursor = 0;
                while (cursor < one.totalBatches()) {
                    long polled = System.nanoTime();
                    var page = one.after(cursor).orElseThrow();
                    longest = Math.max(longest, System.nanoTime() - polled);
                    nonces += page.found().size();
                    cursor = page.cursor();
                }
            }
            System.out.printf(
                    "all %d nonces polled in %.1f s, the longest poll %.0f ms, heap of at most %d MiB%n",
                    nonces, (System.nanoTime() - began) / 1e9, longest / 1e6, Runtime.getRuntime().maxMemory() >> 20);
        }
    }
}
