package io.bignode.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.bignode.delivery.Delivery;
import io.bignode.fixtures.ManualTime;
import io.bignode.protocol.Found;
import io.bignode.protocol.NonceRange;
import io.bignode.session.StartOutcome.Started;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Sessions whose small nodes take the end for good: they seem to go on until the chain's own end of the stage. */
@ExtendWith(Quiet.class)
class LingerTest {
    private static final Terms LINGERS = new Terms(50, true, true);
    private static final SessionRules RULES = new SessionRules(1, Duration.ofSeconds(330), Duration.ofSeconds(120), Duration.ofDays(1), 1);

    private final ManualTime time = new ManualTime();
    private final MemoryStore store = new MemoryStore();
    private Sessions sessions = new Sessions(RULES, time, time, store);
    private final Hands hands = new Hands(sessions);
    private final Session session = start(Orders.on(LINGERS, Orders.of("a")));

    private Session start(Order order) {
        return ((Started) sessions.start(order)).session();
    }

    private void expire() {
        for (int i = 0; i < 3; i++) {
            time.pass(Duration.ofSeconds(110));
            session.polled();
        }
        sessions.tick();
    }

    private Batches poll(Session of) {
        AtomicReference<Batches> answer = new AtomicReference<>();
        try {
            new Delivery().poll(of, OptionalLong.empty(), Duration.ZERO, answer::set);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        return answer.get();
    }

    private static Batches nothing(Session of, boolean active, SessionStatus status, int batches) {
        return new Batches(of.id(), List.of(), active, status, batches, batches);
    }

    @Test
    void afterItsLifeItSeemsToGenerateUntilItIsStopped() {
        session.generating();
        hands.land(session, hands.take(session, 4).orElseThrow(), 4, List.of(new Found(1, "1.0")));
        expire();
        assertThat(session.status()).as("the truth, for operators").isEqualTo(SessionStatus.EXPIRED);
        assertThat(session.shownStatus()).isEqualTo(SessionStatus.GENERATING);
        assertThat(hands.take(session, 1)).isEmpty();
        assertThat(sessions.runningCount()).as("it counts against no limit").isZero();
        assertThat(poll(session).found()).containsExactly(new Found(1, "1.0"));
        time.pass(Duration.ofSeconds(239));
        sessions.tick();
        assertThat(poll(session)).isEqualTo(nothing(session, true, SessionStatus.GENERATING, 1));
        assertThat(session.delivery().after(1)).contains(nothing(session, true, SessionStatus.GENERATING, 1));
        assertThat(session.delivery().following(1)).isEqualTo(nothing(session, true, SessionStatus.GENERATING, 1));
        assertThat(sessions.views(_ -> true, 1).views().getFirst().lingering()).isTrue();

        sessions.stop("alice", session.id());

        assertThat(poll(session)).isEqualTo(nothing(session, false, SessionStatus.STOPPED, 1));
        sessions.stop("alice", session.id());
        assertThat(session.status()).isEqualTo(SessionStatus.STOPPED);
    }

    @Test
    void withoutAStopItIsOverAfterThatTime() {
        expire();
        time.pass(Duration.ofSeconds(240));
        assertThat(poll(session)).isEqualTo(nothing(session, false, SessionStatus.EXPIRED, 0));
        sessions.stop("alice", session.id());
        assertThat(session.status()).as("it ended long ago").isEqualTo(SessionStatus.EXPIRED);
    }

    @Test
    void whatLingersIsNotPurgedAndMakesRoomForOthers() {
        expire();
        Session next = start(Orders.on(LINGERS, Orders.of("b")));
        sessions.stop("alice", next.id());
        Session third = start(Orders.of("c"));
        sessions.stop("alice", third.id());
        sessions.tick();
        assertThat(sessions.kept()).as("more than are kept of those that are over").contains(session);
        time.pass(Duration.ofSeconds(240));
        sessions.tick();
        assertThat(sessions.kept()).doesNotContain(session);
        assertThatIllegalArgumentException().isThrownBy(() -> RULES.waiting(1, RULES.retention()));
    }

    @Test
    void anotherHeadGoesOnWithIt() {
        expire();
        time.pass(Duration.ofSeconds(100));
        sessions = new Sessions(RULES, time, time, store);
        Session again = sessions.find("alice", session.id()).orElseThrow();
        assertThat(poll(again)).isEqualTo(nothing(again, true, SessionStatus.GENERATING, 0));
        time.pass(Duration.ofSeconds(140));
        assertThat(poll(again)).isEqualTo(nothing(again, false, SessionStatus.EXPIRED, 0));
    }

    @Test
    void oneThatFailedStaysActiveAndTellsWhy() {
        session.fail("out of memory");
        assertThat(poll(session)).isEqualTo(nothing(session, true, SessionStatus.ERROR, 0));
        sessions.stop("alice", session.id());
        assertThat(poll(session)).isEqualTo(nothing(session, false, SessionStatus.STOPPED, 0));
        assertThat(session.error()).contains("out of memory");
    }

    @Test
    void oneThatNeverHadItsTurnGoesOnInitialising() {
        Session waiting = start(Orders.on(LINGERS, Orders.of("b")));
        expire();
        assertThat(waiting.status()).isEqualTo(SessionStatus.EXPIRED);
        assertThat(poll(waiting)).isEqualTo(nothing(waiting, true, SessionStatus.INITIALIZING, 0));
    }

    @Test
    void aStopBeforeTheEndIsTheEnd() {
        sessions.stop("alice", session.id());
        assertThat(poll(session)).isEqualTo(nothing(session, false, SessionStatus.STOPPED, 0));
    }

    @Test
    void anOrderThatIsStartedAgainWhileItLingersGoesOnInANewSession() {
        hands.land(session, hands.take(session, 4).orElseThrow(), 4, List.of());
        expire();
        Session next = start(Orders.on(LINGERS, Orders.of("a")));
        assertThat(next).isNotSameAs(session);
        assertThat(hands.take(next, 1)).contains(new NonceRange(4, 1));
    }

    @Test
    void whoStartsAgainInTheDeployedDialectHasASessionThatLingers() {
        sessions.stop("alice", session.id());
        Session plain = start(Orders.of("b"));
        assertThat(sessions.start(Orders.on(LINGERS, Orders.of("b")))).isEqualTo(new StartOutcome.Running(plain));
        assertThat(sessions.start(Orders.of("b"))).as("what was granted stays").isEqualTo(new StartOutcome.Running(plain));
        assertThat(plain.order().terms()).isEqualTo(new Terms(Integer.MAX_VALUE, true, true));
        sessions = new Sessions(RULES, time, time, store);
        assertThat(sessions.find("alice", plain.id()).orElseThrow().order().terms().lingers()).isTrue();
    }
}
