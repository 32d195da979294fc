package io.bignode.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.ManualTime;
import io.bignode.protocol.NonceSequence;
import io.bignode.session.SessionView.Turn;
import io.bignode.session.StartOutcome.Refused;
import io.bignode.session.StartOutcome.Running;
import io.bignode.session.StartOutcome.Started;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Orders for which there is no room at the moment. */
@ExtendWith(Quiet.class)
class WaitingTest {
    private static final Terms WAITS = new Terms(50, true, false);
    private static final SessionRules RULES =
            new SessionRules(1, Duration.ofSeconds(330), Duration.ofSeconds(120), Duration.ofDays(1), 100).waiting(3, Duration.ofSeconds(240));

    private final ManualTime time = new ManualTime();
    private final MemoryStore store = new MemoryStore();
    private final Set<String> tooLarge = new HashSet<>();
    private final Set<String> hungry = new HashSet<>();
    private boolean devices = true;
    private Sessions sessions = open(RULES);

    private Sessions open(SessionRules rules) {
        Sessions opened = new Sessions(rules, time, time, store);
        opened.admitBy(() -> new Room.Look() {
            @Override
            public void taken(Order order) {}

            @Override
            public Optional<Obstacle> obstacle(Order order) {
                if (!devices) return Optional.of(new Obstacle.NoDevice());
                if (tooLarge.contains(order.key())) return Optional.of(new Obstacle.FitsNoDevice("9 GiB needed"));
                return hungry.contains(order.key()) ? Optional.of(new Obstacle.NoMemory("9 GiB needed")) : Optional.empty();
            }
        });
        return opened;
    }

    private static Order order(String key) {
        return Orders.on(WAITS, Orders.of(key));
    }

    private Session start(Order order) {
        return ((Started) sessions.start(order)).session();
    }

    private Session start(String key) {
        return start(order(key));
    }

    private Optional<Turn> turn(Session session) {
        return sessions.turn(session);
    }

    private static Optional<Turn> place(int position, Obstacle obstacle) {
        return Optional.of(new Turn(position, obstacle));
    }

    private static final Obstacle FULL = new Obstacle.NodeFull(1);

    @Test
    void aTenantThatFillsItsOwnPlacesInTheLineTakesNoneOfAnothers() {
        start("runs");
        for (int i = 0; i < 3; i++) start("waits-" + i);
        assertThat(sessions.start(order("one-too-many"))).isInstanceOf(StartOutcome.Refused.class);

        Order others = Orders.on(WAITS, Orders.of("bob", "others", new NonceSequence(0, 1)));
        assertThat(turn(start(others))).isEqualTo(place(4, FULL));
    }

    @Test
    void oneWithoutTimeEnoughIsNotAdmittedAndExpiresAsOneThatWaited() {
        Session runs = start("runs");
        time.pass(Duration.ofSeconds(1));
        Session waits = start("waits");
        passPolled(Duration.ofSeconds(327));
        sessions.stop(runs.order().tenant(), runs.id());
        sessions.tick();
        assertThat(waits.waiting()).as("with 3 s left").isTrue();

        passPolled(Duration.ofSeconds(4));
        assertThat(waits.status()).isEqualTo(SessionStatus.EXPIRED);
    }

    /** Time in which everybody is polled. */
    private void passPolled(Duration duration) {
        for (Duration left = duration; left.isPositive(); left = left.minusSeconds(60)) {
            time.pass(left.compareTo(Duration.ofSeconds(60)) < 0 ? left : Duration.ofSeconds(60));
            sessions.kept().forEach(Session::polled);
            sessions.tick();
        }
    }

    @Test
    void anOrderWithoutRoomWaitsInLineAndHasItsTurnWhenAnotherEnds() {
        Session running = start("a");
        Session second = start("b");
        Session third = start("c");
        assertThat(second.status()).isEqualTo(SessionStatus.INITIALIZING);
        assertThat(turn(running)).isEmpty();
        assertThat(turn(second)).isEqualTo(place(1, FULL));
        assertThat(turn(third)).isEqualTo(place(2, FULL));
        assertThat(sessions.runningCount()).isEqualTo(1);
        assertThat(sessions.waitingCount()).isEqualTo(2);

        sessions.stop("alice", running.id());

        assertThat(turn(second)).isEmpty();
        assertThat(second.leasable()).isTrue();
        assertThat(turn(third)).isEqualTo(place(1, FULL));
        assertThat(third.leasable()).isFalse();
        passPolled(Duration.ofSeconds(330));
        assertThat(second.status()).isEqualTo(SessionStatus.EXPIRED);
        assertThat(third.status()).as("its life counts from its start").isEqualTo(SessionStatus.EXPIRED);
        assertThat(sessions.waitingCount()).isZero();
    }

    @Test
    void aWaitingSessionGetsNoLeasesAndIsPolledLikeAnyOther() {
        start("a");
        Session waiting = start("b");
        assertThat(waiting.take("cpu", 4)).isEmpty();
        assertThat(sessions.leasable()).extracting(session -> session.order().key()).containsExactly("a");
        assertThat(waiting.delivery().unsettled()).isEqualTo(new Batches(waiting.id(), java.util.List.of(), true, SessionStatus.INITIALIZING, 0, 0));
        assertThat(sessions.start(order("b"))).as("a retry").isEqualTo(new Running(waiting));
        assertThat(sessions.stop("alice", waiting.id())).contains(waiting);
        assertThat(waiting.status()).isEqualTo(SessionStatus.STOPPED);
        assertThat(waiting.active()).isFalse();
        assertThat(sessions.waitingCount()).isZero();
    }

    @Test
    void whoDoesNotWaitIsRefusedAndNobodyJumpsTheLine() {
        Session running = start("a");
        Session waiting = start("b");
        assertThat(sessions.start(Orders.of("c"))).isEqualTo(new Refused(FULL, false));
        sessions.stop("alice", running.id());
        assertThat(sessions.start(Orders.of("c"))).as("the free place was the waiting one's").isEqualTo(new Refused(FULL, false));
        assertThat(waiting.leasable()).isTrue();
    }

    @Test
    void asManyWaitAsMayAndNoMore() {
        start("a");
        start("b");
        start("c");
        Session last = start("d");
        assertThat(sessions.start(order("e"))).isEqualTo(new Refused(FULL, true));
        assertThat(sessions.start(order("d"))).as("a retry of who waits").isEqualTo(new Running(last));
        sessions.stop("alice", last.id());
        start("e");
    }

    @Test
    void whomTheOwnLimitOrMemoryHoldsBackDoesNotHoldBackThoseBehind() {
        sessions = open(new SessionRules(3, Duration.ofSeconds(330), Duration.ofSeconds(120), Duration.ofDays(1), 100));
        Terms one = new Terms(1, true, false);
        Session alices = start(Orders.on(one, Orders.of("a")));
        Session second = start(Orders.on(one, Orders.of("b")));
        assertThat(turn(second)).isEqualTo(place(1, new Obstacle.TenantFull(1)));
        hungry.add("big");
        Session big = start(Orders.on(one, Orders.of("bob", "big", new NonceSequence(0, 1))));
        assertThat(turn(big)).isEqualTo(place(2, new Obstacle.NoMemory("9 GiB needed")));
        Session carols = start(Orders.on(one, Orders.of("carol", "c", new NonceSequence(0, 1))));
        assertThat(turn(carols)).isEmpty();
        hungry.clear();
        sessions.tick();
        assertThat(turn(big)).isEmpty();
        sessions.stop("alice", alices.id());
        assertThat(turn(second)).isEmpty();
    }

    @Test
    void whomNobodyPollsIsPassedOverAndStandsAtTheEndWhenItIsPolledAgain() {
        Session running = start("a");
        Session silent = start("b");
        time.pass(Duration.ofSeconds(100));
        Session later = start("c");
        running.polled();
        time.pass(Duration.ofSeconds(20));
        sessions.tick();
        assertThat(turn(silent)).isEmpty();
        assertThat(turn(later)).isEqualTo(place(1, FULL));
        silent.polled();
        assertThat(turn(later)).isEqualTo(place(1, FULL));
        assertThat(turn(silent)).isEqualTo(place(2, FULL));
        sessions.stop("alice", running.id());
        assertThat(later.leasable()).isTrue();
        assertThat(silent.leasable()).isFalse();
    }

    @Test
    void withoutADeviceEverybodyWaitsUntilOneComes() {
        devices = false;
        Session waiting = start("a");
        assertThat(turn(waiting)).isEqualTo(place(1, new Obstacle.NoDevice()));
        assertThat(sessions.start(Orders.of("b"))).isEqualTo(new Refused(new Obstacle.NoDevice(), false));
        devices = true;
        sessions.tick();
        assertThat(waiting.leasable()).isTrue();
    }

    @Test
    void whatFitsNoDeviceIsRefusedButSoonAfterAStartItWaitsForLargerOnes() {
        tooLarge.add("a");
        Session waiting = start("a");
        time.pass(Duration.ofSeconds(29));
        sessions.tick();
        assertThat(waiting.status()).isEqualTo(SessionStatus.INITIALIZING);
        time.pass(Duration.ofSeconds(1));
        sessions.tick();
        assertThat(waiting.status()).isEqualTo(SessionStatus.ERROR);
        assertThat(waiting.error()).contains("the model fits no device of this node: 9 GiB needed");
        assertThat(sessions.start(order("a"))).isEqualTo(new Refused(new Obstacle.FitsNoDevice("9 GiB needed"), false));
        tooLarge.clear();
        assertThat(start("a").leasable()).isTrue();
    }

    @Test
    void aRestartKeepsTheLine() {
        Session running = start("a");
        Session second = start("b");
        Session third = start("c");
        sessions = open(RULES);
        sessions.tick();
        assertThat(sessions.runningCount()).isEqualTo(1);
        assertThat(turn(again(second))).isEqualTo(place(1, FULL));
        assertThat(turn(again(third))).isEqualTo(place(2, FULL));
        assertThat(turn(start("d"))).isEqualTo(place(3, FULL));
        sessions.stop("alice", running.id());
        sessions = open(RULES);
        sessions.tick();
        assertThat(again(second).leasable()).isTrue();
        assertThat(turn(again(third))).isEqualTo(place(1, FULL));
    }

    private Session again(Session session) {
        return sessions.find("alice", session.id()).orElseThrow();
    }

    @Test
    void anotherBlockOfAParticipantStartsAtOnceWhateverStillRunsThreeInOnePlace() {
        Session first = start(Orders.by("me", Orders.of("block1")));
        Session second = start(Orders.by("me", Orders.of("block2")));
        start(Orders.by("me", Orders.of("block3")));
        assertThat(second.leasable()).isTrue();
        assertThat(sessions.start(Orders.by("me", Orders.of("block4")))).isEqualTo(new Refused(FULL, false));
        Session fourth = start(Orders.by("me", order("block4")));
        assertThat(turn(fourth)).isEqualTo(place(1, FULL));
        assertThat(sessions.start(Orders.of("others"))).as("all of them together hold one place").isEqualTo(new Refused(FULL, false));
        sessions.stop("alice", first.id());
        assertThat(fourth.leasable()).isTrue();
    }

    @Test
    void overviewsTellWhoWaitsForWhat() {
        start("a");
        Session waiting = start("b");
        Sessions.Listing listing = sessions.views(_ -> true, 10);
        assertThat(listing.running()).isEqualTo(1);
        assertThat(listing.waiting()).isEqualTo(1);
        SessionView view = listing.views().getFirst();
        assertThat(view.id()).isEqualTo(waiting.id());
        assertThat(view.waiting()).isTrue();
        assertThat(view.turn()).isEqualTo(place(1, FULL));
        assertThat(view.status()).isEqualTo(SessionStatus.INITIALIZING);
    }
}
