package io.bignode.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.ManualTime;
import io.bignode.protocol.Found;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.NonceSequence;
import io.bignode.session.StartOutcome.Running;
import io.bignode.session.StartOutcome.Started;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SessionsTest {
    private static final SessionRules RULES =
            new SessionRules(2, Duration.ofSeconds(330), Duration.ofSeconds(120), Duration.ofDays(1), 3);
    private final ManualTime time = new ManualTime();
    private final Sessions sessions = new Sessions(RULES, time, time, new MemoryStore());
    private final Hands hands = new Hands(sessions);

    @Test
    void aNewSessionInitialisesUntilADeviceIsReadyAndThenGenerates() {
        Session session = start("a");
        assertThat(session.status()).isEqualTo(SessionStatus.INITIALIZING);
        assertThat(session.active()).isTrue();
        session.generating();
        assertThat(session.status()).isEqualTo(SessionStatus.GENERATING);
        assertThat(session.id()).matches("[0-9a-f]{32}");
    }

    @Test
    void startingWhatRunsAnswersWithTheRunningSession() {
        Session session = start("a");
        assertThat(sessions.start(Orders.of("a"))).isEqualTo(new Running(session));
        assertThat(sessions.list("alice")).containsExactly(session);
    }

    @Test
    void theSameKeyOfAnotherTenantIsAnotherSession() {
        Session alices = start("a");
        Session bobs = started(sessions.start(Orders.of("bob", "a", new NonceSequence(0, 1))));
        assertThat(bobs).isNotSameAs(alices);
        assertThat(sessions.list("bob")).containsExactly(bobs);
        assertThat(sessions.find("bob", alices.id())).isEmpty();
        assertThat(sessions.stop("bob", alices.id())).isEmpty();
        assertThat(alices.status()).isEqualTo(SessionStatus.INITIALIZING);
    }

    @Test
    void aTenantsLimitCountsItsOwnRunningSessionsAlone() {
        Session first = started(sessions.start(alone(Orders.of("a"))));
        time.pass(Duration.ofSeconds(30));
        assertThat(sessions.start(alone(Orders.of("a")))).as("a retry of what runs").isEqualTo(new Running(first));
        assertThat(sessions.start(alone(Orders.of("b")))).isEqualTo(new StartOutcome.Refused(new Obstacle.TenantFull(1), false));
        started(sessions.start(alone(Orders.of("bob", "a", new NonceSequence(0, 1)))));
        sessions.stop("alice", first.id());
        started(sessions.start(alone(Orders.of("b"))));
    }

    /** A request that is answered as a whole has the largest nonce alone. */
    private static Order single(String tenant, String key) {
        return Orders.by("requests", Orders.of(tenant, key, new NonceSequence(Long.MAX_VALUE, 1)));
    }

    @Test
    void ordersOfASingleNonceTakeNoPlaceAndHaveALimitOfTheirOwn() {
        Sessions limited = new Sessions(RULES.single(3), time, time, new MemoryStore());
        Session first = started(limited.start(single("alice", "1")));
        for (String key : List.of("2", "3")) started(limited.start(single("alice", key)));
        Order fourth = Orders.on(new Terms(Integer.MAX_VALUE, true, false), single("alice", "4"));
        assertThat(limited.start(fourth)).as("it does not wait either").isEqualTo(new StartOutcome.Refused(new Obstacle.TooManySingle(3), false));
        started(limited.start(single("bob", "1")));
        for (String key : List.of("a", "b")) started(limited.start(Orders.of(key)));
        assertThat(limited.start(Orders.of("c"))).isEqualTo(new StartOutcome.Refused(new Obstacle.NodeFull(2), false));
        limited.stop("alice", first.id());
        started(limited.start(fourth));
    }

    @Test
    void whereTooManyEndedTheOldestOfASingleNonceGoFirst() {
        Session stage = start("a");
        sessions.stop("alice", stage.id());
        for (int request = 0; request < 4; request++) {
            time.pass(Duration.ofSeconds(1));
            Session asked = started(sessions.start(single("alice", Integer.toString(request))));
            sessions.stop("alice", asked.id());
        }
        sessions.tick();
        assertThat(sessions.list("alice")).hasSize(3).contains(stage);
    }

    @Test
    void aPlaceIsFreeWhenTheFirstSessionExpires() {
        start("a");
        time.pass(Duration.ofSeconds(30));
        start("b");
        assertThat(sessions.start(Orders.of("c"))).isEqualTo(new StartOutcome.Refused(new Obstacle.NodeFull(2), false));
        assertThat(sessions.start(Orders.of("a"))).isInstanceOf(Running.class);
        time.pass(Duration.ofMillis(299_900));
        assertThat(sessions.start(Orders.of("c"))).isInstanceOf(StartOutcome.Refused.class);
        time.pass(Duration.ofMillis(100));
        assertThat(sessions.start(Orders.of("c"))).isInstanceOf(Started.class);
    }

    @Test
    void aStoppedSessionMakesRoomAndStoppingAgainChangesNothing() {
        Session session = start("a");
        start("b");
        assertThat(sessions.stop("alice", session.id())).contains(session);
        assertThat(sessions.stop("alice", session.id())).contains(session);
        assertThat(session.status()).isEqualTo(SessionStatus.STOPPED);
        assertThat(sessions.start(Orders.of("c"))).isInstanceOf(Started.class);
    }

    @Test
    void afterItsLifeASessionExpiresAndGetsNoMoreRanges() {
        Session session = start("a");
        time.pass(Duration.ofSeconds(119));
        session.polled();
        time.pass(Duration.ofSeconds(119));
        session.polled();
        time.pass(Duration.ofSeconds(91));
        assertThat(session.timeLeft()).isEqualTo(Duration.ofSeconds(1));
        assertThat(hands.take(session, 1)).isPresent();
        time.pass(Duration.ofSeconds(1));
        assertThat(hands.take(session, 1)).isEmpty();
        sessions.tick();
        assertThat(session.status()).isEqualTo(SessionStatus.EXPIRED);
        assertThat(session.timeLeft()).isZero();
        session.fail("too late");
        assertThat(session.status()).isEqualTo(SessionStatus.EXPIRED);
    }

    @Test
    void aSessionNobodyPollsYieldsUntilItIsPolledAgain() {
        AtomicInteger changes = new AtomicInteger();
        Session session = start("a");
        sessions.onChange(_ -> changes.incrementAndGet());
        time.pass(Duration.ofSeconds(120));
        assertThat(sessions.leasable()).isEmpty();
        assertThat(hands.take(session, 1)).isEmpty();
        assertThat(session.status()).isEqualTo(SessionStatus.INITIALIZING);
        session.polled();
        assertThat(changes).hasValue(1);
        assertThat(sessions.leasable()).containsExactly(session);
        session.polled();
        assertThat(changes).as("a poll in time changes nothing").hasValue(1);
    }

    @Test
    void anOrderGoesOnWhereItsLastSessionEnded() {
        Session first = start("a");
        NonceRange computed = hands.take(first, 4).orElseThrow();
        NonceRange flying = hands.take(first, 4).orElseThrow();
        NonceRange returned = hands.take(first, 4).orElseThrow();
        hands.land(first, computed, 4, List.of());
        hands.land(first, returned, 0, List.of());
        sessions.stop("alice", first.id());
        Session second = start("a");
        assertThat(second).isNotSameAs(first);
        assertThat(hands.take(second, 2)).contains(new NonceRange(8, 2));
        hands.land(first, flying, 1, List.of(new Found(4, "1.0")));
        assertThat(hands.take(second, 9)).contains(new NonceRange(5, 3));
        assertThat(hands.take(second, 9)).contains(new NonceRange(10, 2));
        assertThat(hands.take(second, 9)).contains(new NonceRange(12, 9));
        assertThat(first.delivery().unsettled().found()).containsExactly(new Found(4, "1.0"));
        assertThat(second.delivery().unsettled().found()).isEmpty();
    }

    @Test
    void endedSessionsArePurgedAfterTheRetention() {
        Session session = start("a");
        hands.take(session, 4);
        sessions.stop("alice", session.id());
        time.pass(RULES.retention());
        sessions.tick();
        assertThat(sessions.find("alice", session.id())).as("a lease is in flight").contains(session);
        hands.land(session, new NonceRange(0, 4), 4, List.of());
        time.pass(RULES.retention());
        sessions.tick();
        assertThat(sessions.find("alice", session.id())).isEmpty();
        assertThat(hands.take(start("a"), 1)).contains(new NonceRange(0, 1));
    }

    @Test
    void theSessionsThatEndedFirstArePurgedWhenThereAreTooMany() {
        List<Session> ended = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            Session session = start("order" + i);
            ended.add(session);
            sessions.stop("alice", session.id());
            time.pass(Duration.ofSeconds(1));
        }
        sessions.tick();
        assertThat(sessions.list("alice")).containsExactlyElementsOf(ended.subList(2, 5));
    }

    @Test
    void anOrderIsRememberedAsLongAsOneOfItsSessionsIs() {
        Session old = start("a");
        NonceRange flying = hands.take(old, 4).orElseThrow();
        sessions.stop("alice", old.id());
        Session second = start("a");
        sessions.stop("alice", second.id());
        time.pass(RULES.retention());
        sessions.tick();
        assertThat(sessions.list("alice")).as("the newer one is purged, the older one has a lease in flight").containsExactly(old);
        Session third = start("a");
        assertThat(hands.take(third, 4)).contains(new NonceRange(4, 4));
        hands.land(old, flying, 0, List.of());
        assertThat(hands.take(third, 4)).contains(flying);
    }

    @Test
    void aFailedSessionTellsWhy() {
        Session session = start("a");
        session.fail("out of memory");
        assertThat(session.status()).isEqualTo(SessionStatus.ERROR);
        assertThat(session.error()).contains("out of memory");
        assertThat(session.active()).isFalse();
    }

    @Test
    void onceClosedNoSessionStartsAndTheRunningOnesGoOn() {
        Session session = start("a");
        sessions.close();
        assertThat(sessions.start(Orders.of("a"))).isEqualTo(new StartOutcome.Closing());
        assertThat(hands.take(session, 1)).isPresent();
    }

    @Test
    void startingTheSameOrderFromManyThreadsMakesOneSession() throws Exception {
        for (int round = 0; round < 50; round++) {
            Sessions crowded = new Sessions(RULES, time, time, new MemoryStore());
            CountDownLatch go = new CountDownLatch(1);
            Set<Session> seen = new HashSet<>();
            int started = 0;
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<StartOutcome>> starts = new ArrayList<>();
                Callable<StartOutcome> one = () -> {
                    go.await();
                    return crowded.start(Orders.of("a"));
                };
                for (int i = 0; i < 8; i++) starts.add(threads.submit(one));
                go.countDown();
                for (Future<StartOutcome> start : starts) {
                    if (start.get() instanceof Started) started++;
                    seen.add(start.get() instanceof Running(Session session) ? session : started(start.get()));
                }
            }
            assertThat(seen).hasSize(1);
            assertThat(started).isEqualTo(1);
        }
    }

    private static Order alone(Order order) {
        return Orders.on(new Terms(1, false, false), order);
    }

    private Session start(String key) {
        return started(sessions.start(Orders.of(key)));
    }

    private static Session started(StartOutcome outcome) {
        return ((Started) outcome).session();
    }
}
