package io.bignode.session.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.ManualTime;
import io.bignode.fixtures.Waiting;
import io.bignode.monitor.Alarms;
import io.bignode.protocol.Found;
import io.bignode.protocol.NonceRange;
import io.bignode.session.Batches;
import io.bignode.session.Hands;
import io.bignode.session.Orders;
import io.bignode.session.Quiet;
import io.bignode.session.Session;
import io.bignode.session.SessionRules;
import io.bignode.session.Sessions;
import io.bignode.session.StartOutcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A store with much in it; {@code src/bench/restart.sh} does the same with a GiB. */
@Timeout(120)
@ExtendWith(Quiet.class)
class LargeStoreTest {
    private static final int NONCES = 10_000;
    private static final int BATCHES = 180;
    private static final SessionRules RULES = SessionRules.of(10, Duration.ofSeconds(330));

    @TempDir
    Path folder;

    private final ManualTime time = new ManualTime();

    private SqlStore open() throws StoreRefused {
        return SqlStore.inFolder(folder, new Alarms(InstantSource.system()), (_, death) -> {
            throw new AssertionError(death);
        });
    }

    @Test
    void aRestartOverMuchIsQuickAndAnswersStaySmall() throws Exception {
        String id = fill("a");
        assertThat(Files.size(folder.resolve("sessions.db"))).isGreaterThan(50L << 20);
        long began = System.nanoTime();
        try (SqlStore store = open()) {
            Sessions sessions = new Sessions(RULES, time, time, store);
            Session session = sessions.find("alice", id).orElseThrow();
            Duration took = Duration.ofNanos(System.nanoTime() - began);
            System.out.printf("restored over %d MiB in %d ms%n", Files.size(folder.resolve("sessions.db")) >> 20, took.toMillis());
            assertThat(took).isLessThan(Duration.ofSeconds(5));
            assertThat(session.totalGenerated()).isEqualTo((long) NONCES * BATCHES);
            everythingIsThereInSmallAnswers(session);
        }
    }

    private String fill(String key) throws Exception {
        try (SqlStore store = open()) {
            Sessions sessions = new Sessions(RULES, time, time, store);
            Hands hands = new Hands(sessions);
            Session session = ((StartOutcome.Started) sessions.start(Orders.of(key))).session();
            for (int i = 0; i < BATCHES; i++) {
                NonceRange range = hands.take(session, NONCES).orElseThrow();
                List<Found> found = LongStream.range(range.first(), range.end()).mapToObj(n -> new Found(n, "1.398077123456789" + n % 10)).toList();
                hands.land(session, range, NONCES, found);
            }
            return session.id();
        }
    }

    private static void everythingIsThereInSmallAnswers(Session session) {
        long next = 0;
        long cursor = 0;
        while (next < (long) NONCES * BATCHES) {
            Batches answer = session.delivery().after(cursor).orElseThrow();
            assertThat(answer.found().size()).as("a MiB and one batch at most").isBetween(1, 4 * NONCES + NONCES);
            assertThat(answer.sessionActive()).isTrue();
            for (Found found : answer.found()) assertThat(found.nonce()).isEqualTo(next++);
            cursor = answer.cursor();
        }
        assertThat(cursor).isEqualTo(BATCHES);
    }

    @Test
    void whatIsPurgedMakesRoomForWhatComes() throws Exception {
        String id = fill("a");
        long size = Files.size(folder.resolve("sessions.db"));
        try (SqlStore store = open()) {
            Sessions sessions = new Sessions(RULES, time, time, store);
            sessions.stop("alice", id);
            time.pass(RULES.retention());
            sessions.tick();
            assertThat(sessions.list("alice")).isEmpty();
            assertThat(store.history(10)).as("history is kept").hasSize(1);
        }
        // The first head may end before it deleted everything: the next one goes on with it.
        fill("b");
        try (SqlStore store = open()) {
            store.load();
            Waiting.until("what was purged is deleted", () -> rows("batch") <= BATCHES);
            assertThat(rows("purged")).isZero();
        }
        fill("c");
        assertThat(Files.size(folder.resolve("sessions.db"))).as("two of them and not three").isLessThan(size * 5 / 2);
    }

    private long rows(String table) throws Exception {
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("sessions.db"));
                var statement = connection.createStatement();
                var result = statement.executeQuery("SELECT count(*) FROM " + table)) {
            result.next();
            return result.getLong(1);
        }
    }
}
