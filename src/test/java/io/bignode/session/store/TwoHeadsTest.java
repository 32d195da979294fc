package io.bignode.session.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.bignode.fixtures.ManualTime;
import io.bignode.fixtures.Waiting;
import io.bignode.monitor.Alarms;
import io.bignode.protocol.Found;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.Provenance;
import io.bignode.session.Change;
import io.bignode.session.Hands;
import io.bignode.session.Orders;
import io.bignode.session.Quiet;
import io.bignode.session.Session;
import io.bignode.session.SessionRules;
import io.bignode.session.Sessions;
import io.bignode.session.StartOutcome;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Two heads on one PostgreSQL database. */
@Timeout(120)
@ExtendWith(Quiet.class)
class TwoHeadsTest {
    private static final SessionRules RULES = SessionRules.of(10, Duration.ofSeconds(330));
    private static final List<Found> FOUND = List.of(new Found(0, "1.0"));

    private final ManualTime time = new ManualTime();
    private final Alarms alarms = new Alarms(InstantSource.system());
    private final BlockingQueue<Throwable> deaths = new LinkedBlockingQueue<>();
    private String url;

    @BeforeEach
    void makeDatabase() throws SQLException {
        url = Postgres.database();
    }

    private Optional<SqlStore> open() throws StoreRefused {
        return SqlStore.inPostgres(url, alarms, (_, death) -> deaths.add(death));
    }

    private void sql(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Cuts the connections of whoever writes; what is already on its way may still be committed. */
    private void cut() throws SQLException {
        sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'");
    }

    @Test
    void theSecondStandsByUntilTheFirstIsGoneAndGoesOnWhereThatOneWas() throws Exception {
        SqlStore first = open().orElseThrow();
        Sessions sessions = new Sessions(RULES, time, time, first);
        Session session = ((StartOutcome.Started) sessions.start(Orders.of("a"))).session();
        Hands hands = new Hands(sessions);
        NonceRange range = hands.take(session, 4).orElseThrow();
        hands.take(session, 4);
        hands.land(session, range, 4, FOUND);
        assertThat(open()).isEmpty();
        first.close();
        try (SqlStore second = Waiting.value("the database is free", this::open)) {
            Sessions restored = new Sessions(RULES, time, time, second);
            Session again = restored.find("alice", session.id()).orElseThrow();
            assertThat(again.delivery().after(0).orElseThrow().found()).isEqualTo(FOUND);
            assertThat(restored.flights()).extracting(flight -> flight.range().first()).containsExactly(4L);
            assertThat(again.take("cpu", 4).orElseThrow().range().first()).isEqualTo(8);
        }
    }

    @Test
    void aHeadThatWasReplacedWhileItWasCutOffEndsAndPublishesNothing() throws Exception {
        SqlStore first = open().orElseThrow();
        Sessions sessions = new Sessions(RULES, time, time, first);
        Session session = ((StartOutcome.Started) sessions.start(Orders.of("a"))).session();
        Hands hands = new Hands(sessions);
        NonceRange range = hands.take(session, 4).orElseThrow();
        first.write(List.of()).await();
        cut();
        SqlStore second = Waiting.value("the database is free", this::open);
        Sessions restored = new Sessions(RULES, time, time, second);

        assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> hands.land(session, range, 4, FOUND));
        assertThat(session.delivery().after(0).orElseThrow().found()).isEmpty();
        assertThat(deaths.poll(60, TimeUnit.SECONDS)).hasMessageContaining("another head took over").hasMessageNotContaining("password");
        assertThat(restored.flights()).extracting(flight -> flight.range()).containsExactly(range);
        second.close();
        first.close();
    }

    @Test
    void aConnectionThatIsLostAndFoundLosesNothing() throws Exception {
        try (SqlStore store = open().orElseThrow()) {
            Sessions sessions = new Sessions(RULES, time, time, store);
            Session session = ((StartOutcome.Started) sessions.start(Orders.of("a"))).session();
            Hands hands = new Hands(sessions);
            for (int i = 0; i < 5; i++) {
                NonceRange range = hands.take(session, 4).orElseThrow();
                cut();
                hands.land(session, range, 4, List.of(new Found(range.first(), "1.0")));
                assertThat(store.ownershipLost()).isFalse();
                assertThat(session.totalBatches()).isEqualTo(i + 1);
            }
            assertThat(session.delivery().after(0).orElseThrow().found()).extracting(Found::nonce).containsExactly(0L, 4L, 8L, 12L, 16L);
            assertThat(deaths).isEmpty();
        }
    }

    @Test
    void aHeadToldToEndWhileItIsCutOffDoesNotHang() throws Exception {
        SqlStore store = open().orElseThrow();
        Sessions sessions = new Sessions(RULES, time, time, store);
        Session session = ((StartOutcome.Started) sessions.start(Orders.of("a"))).session();
        Hands hands = new Hands(sessions);
        NonceRange range = hands.take(session, 4).orElseThrow();
        String name = url.replaceFirst("\\?.*", "");
        name = name.substring(name.lastIndexOf('/') + 1);
        String server = url.replace("/" + name, "/postgres");
        try (Connection connection = DriverManager.getConnection(server);
                Statement statement = connection.createStatement()) {
            statement.execute("ALTER DATABASE " + name + " ALLOW_CONNECTIONS false");
            statement.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'");
        }
        Thread head = Thread.ofPlatform().start(() -> hands.land(session, range, 4, FOUND));
        Waiting.until("the store notices that it lost its ownership", store::ownershipLost);
        assertThat(sessions.start(Orders.of("b"))).isInstanceOf(StartOutcome.NotStored.class);
        assertThat(session.totalBatches()).as("nothing is told that another head may not know").isZero();
        head.interrupt();
        head.join();
        assertThat(session.totalBatches()).isZero();
        assertThat(alarms.list()).anySatisfy(alarm -> assertThat(alarm.key()).isEqualTo("store"));
        store.close();
    }

    @Test
    void whatCannotBeWrittenIsNotRepeatedInTheAlarm() throws Exception {
        SqlStore store = open().orElseThrow();
        store.load();
        Change batch = new Change.BatchFound("very-secret-word", 1, List.of(new Found(1, "very-secret-word")), Provenance.of("cpu"));
        assertThat(store.write(List.of(batch)).await()).isTrue();
        assertThat(store.write(List.of(batch)).await()).as("there is one of this number").isFalse();
        assertThat(alarms.list()).singleElement().satisfies(alarm -> assertThat(alarm.toString()).contains("duplicate").doesNotContain("secret"));
        store.close();
    }

    @Test
    void aServerThatRefusesIsToldOfWithoutThePassword() {
        String wrong = "jdbc:postgresql://127.0.0.1:1/nowhere?user=node&password=very-secret-word";
        assertThatExceptionOfType(StoreRefused.class)
                .isThrownBy(() -> SqlStore.inPostgres(wrong, alarms, (_, _) -> {}))
                .satisfies(refused -> assertThat(refused.reason())
                        .contains("jdbc:postgresql://127.0.0.1:1/nowhere cannot be opened")
                        .contains("see that the database server runs")
                        .doesNotContain("secret"));
    }
}
