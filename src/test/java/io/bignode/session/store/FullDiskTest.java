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
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is full, played by a limit to the file's pages. */
@Timeout(60)
@ExtendWith(Quiet.class)
class FullDiskTest {
    private static final SessionRules RULES = SessionRules.of(10, Duration.ofSeconds(330));

    @TempDir
    Path folder;

    private final ManualTime time = new ManualTime();
    private final Alarms alarms = new Alarms(InstantSource.system());
    private final AtomicInteger maxPages = new AtomicInteger(60);

    private SqlStore open() throws StoreRefused {
        return SqlStore.inFolder(folder, maxPages::get, Duration.ZERO, alarms, (_, death) -> {
            throw new AssertionError(death);
        });
    }

    @Test
    void runningSessionsGoOnFromMemoryAndNothingIsLostWhenThereIsRoomAgain() throws Exception {
        SqlStore store = open();
        Sessions sessions = new Sessions(RULES, time, time, store);
        Hands hands = new Hands(sessions);
        Session session = ((StartOutcome.Started) sessions.start(Orders.of("a"))).session();
        List<Long> computed = new ArrayList<>();
        while (alarms.list().isEmpty()) compute(hands, session, computed);
        assertThat(alarms.list().getFirst().text()).contains("sessions.db cannot be written").contains("full");
        assertThat(alarms.list().getFirst().fix()).contains("free space for " + folder);

        for (int i = 0; i < 10; i++) compute(hands, session, computed);
        assertThat(sessions.start(Orders.of("b"))).isInstanceOf(StartOutcome.NotStored.class);
        assertThat(sessions.start(Orders.of("a"))).as("what runs is told of").isInstanceOf(StartOutcome.Running.class);
        assertThat(nonces(session)).as("from the disk and from memory").isEqualTo(computed);
        assertThat(store.full()).isFalse();

        maxPages.set(0);
        Waiting.until("the alarm is over", () -> alarms.list().isEmpty());
        assertThat(sessions.start(Orders.of("b"))).isInstanceOf(StartOutcome.Started.class);
        compute(hands, session, computed);
        store.close();

        try (SqlStore again = open()) {
            Sessions restored = new Sessions(RULES, time, time, again);
            assertThat(nonces(restored.find("alice", session.id()).orElseThrow())).isEqualTo(computed);
            assertThat(restored.list("alice")).hasSize(2);
        }
    }

    @Test
    void aStartThatMeetsTheFullDiskIsRefusedAndLeavesNothing() throws Exception {
        SqlStore store = open();
        Sessions sessions = new Sessions(RULES, time, time, store);
        int started = 0;
        StartOutcome outcome = sessions.start(Orders.of("order" + started));
        while (outcome instanceof StartOutcome.Started(Session session)) {
            sessions.stop("alice", session.id());
            outcome = sessions.start(Orders.of("order" + ++started));
        }
        assertThat(outcome).isInstanceOf(StartOutcome.NotStored.class);
        assertThat(started).isGreaterThan(10);
        assertThat(sessions.list("alice")).hasSize(started);
        maxPages.set(0);
        store.close();
        try (SqlStore again = open()) {
            assertThat(new Sessions(RULES, time, time, again).list("alice")).hasSize(started);
        }
    }

    @Test
    void leasesStopWhenMemoryHoldsAsMuchAsItMay() throws Exception {
        try (SqlStore store = open()) {
            Sessions sessions = new Sessions(RULES, time, time, store);
            Hands hands = new Hands(sessions);
            Session session = ((StartOutcome.Started) sessions.start(Orders.of("a"))).session();
            int leases = 0;
            while (session.leasable()) {
                NonceRange range = hands.take(session, 50_000).orElseThrow();
                hands.land(session, range, range.count(), found(range));
                leases++;
            }
            assertThat(store.full()).isTrue();
            assertThat(leases).isBetween(10, 100);
            maxPages.set(0);
            Waiting.until("the session goes on", session::leasable);
        }
    }

    private static void compute(Hands hands, Session session, List<Long> computed) {
        NonceRange range = hands.take(session, 100).orElseThrow();
        hands.land(session, range, range.count(), found(range));
        LongStream.range(range.first(), range.end()).forEach(computed::add);
    }

    private static List<Found> found(NonceRange range) {
        return LongStream.range(range.first(), range.end()).mapToObj(nonce -> new Found(nonce, "1.398077123456789")).toList();
    }

    private static List<Long> nonces(Session session) {
        List<Long> nonces = new ArrayList<>();
        long cursor = 0;
        Batches batches = session.delivery().after(cursor).orElseThrow();
        while (!batches.found().isEmpty()) {
            batches.found().forEach(found -> nonces.add(found.nonce()));
            cursor = batches.cursor();
            batches = session.delivery().after(cursor).orElseThrow();
        }
        return nonces;
    }
}
