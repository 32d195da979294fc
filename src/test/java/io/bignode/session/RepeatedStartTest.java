package io.bignode.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.ManualTime;
import io.bignode.protocol.Found;
import io.bignode.protocol.NonceRange;
import io.bignode.session.StartOutcome.Redirected;
import io.bignode.session.StartOutcome.Replaced;
import io.bignode.session.StartOutcome.Running;
import io.bignode.session.StartOutcome.Started;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Starts of orders that run already. */
@ExtendWith(Quiet.class)
class RepeatedStartTest {
    private static final SessionRules RULES =
            new SessionRules(1, Duration.ofSeconds(330), Duration.ofSeconds(120), Duration.ofDays(1), 100).waiting(9, Duration.ofSeconds(240));
    private static final Terms WAITS = new Terms(50, true, false);
    private static final Order ORDER = Orders.of("a");
    private static final Order CHANGED = Orders.asking("{\"r_target\": 9}", ORDER);

    private final ManualTime time = new ManualTime();
    private final MemoryStore store = new MemoryStore();
    private Sessions sessions = new Sessions(RULES, time, time, store);
    private final Hands hands = new Hands(sessions);
    private final Session session = ((Started) sessions.start(ORDER)).session();

    @Test
    void otherResultsAreFoundByANewSessionThatGoesOnAfterTheNoncesOfTheOldOne() {
        hands.land(session, hands.take(session, 4).orElseThrow(), 4, List.of(new Found(2, "1.0")));
        Replaced replaced = (Replaced) sessions.start(CHANGED);
        Session next = replaced.session();
        assertThat(replaced.before()).isSameAs(session);
        assertThat(next.id()).isNotEqualTo(session.id());
        assertThat(next.order()).isEqualTo(CHANGED);
        assertThat(session.status()).isEqualTo(SessionStatus.STOPPED);
        assertThat(session.delivery().unsettled().found()).containsExactly(new Found(2, "1.0"));
        assertThat(hands.take(session, 4)).isEmpty();
        assertThat(hands.take(next, 4)).contains(new NonceRange(4, 4));
        assertThat(sessions.start(CHANGED)).isEqualTo(new Running(next));
        assertThat(sessions.runningCount()).isEqualTo(1);
    }

    @Test
    void aSessionThatWaitsKeepsItsPlaceInLine() {
        Session second = ((Started) sessions.start(Orders.on(WAITS, Orders.of("b")))).session();
        Session third = ((Started) sessions.start(Orders.on(WAITS, Orders.of("c")))).session();
        Session changed = ((Replaced) sessions.start(Orders.on(WAITS, Orders.asking("{\"r_target\": 9}", Orders.of("b"))))).session();
        assertThat(second.status()).isEqualTo(SessionStatus.STOPPED);
        assertThat(sessions.turn(changed)).hasValueSatisfying(turn -> assertThat(turn.position()).isEqualTo(1));
        assertThat(sessions.turn(third)).hasValueSatisfying(turn -> assertThat(turn.position()).isEqualTo(2));
        sessions.stop("alice", session.id());
        assertThat(changed.leasable()).isTrue();
    }

    @Test
    void anotherAddressToPushToIsTakenAtOnceAndForGood() {
        URI address = URI.create("https://node.example/a");
        assertThat(sessions.start(Orders.pushedTo(Optional.of(address), ORDER))).isEqualTo(new Redirected(session));
        assertThat(session.order().callback()).contains(address);
        assertThat(sessions.pushable()).containsExactly(session);
        assertThat(sessions.start(Orders.pushedTo(Optional.of(address), ORDER))).as("a retry").isEqualTo(new Running(session));
        sessions = new Sessions(RULES, time, time, store);
        Session again = sessions.find("alice", session.id()).orElseThrow();
        assertThat(again.order().callback()).contains(address);
        assertThat(sessions.start(ORDER)).isEqualTo(new Redirected(again));
        assertThat(again.order().callback()).isEmpty();
        assertThat(sessions.pushable()).isEmpty();
    }

    /** A head was killed after the new session was durable and before the old one was stopped. */
    @Test
    void aHeadKilledMeanwhileLeavesTheNewSessionAlone() {
        Order order = CHANGED;
        store.write(List.of(new Change.SessionStarted("newer", 1, order, time.instant().plusMillis(1))));
        sessions = new Sessions(RULES, time, time, store);
        assertThat(sessions.find("alice", session.id()).orElseThrow().status()).isEqualTo(SessionStatus.STOPPED);
        Session newer = sessions.find("alice", "newer").orElseThrow();
        assertThat(newer.leasable()).isTrue();
        assertThat(sessions.start(CHANGED)).isEqualTo(new Running(newer));
    }
}
