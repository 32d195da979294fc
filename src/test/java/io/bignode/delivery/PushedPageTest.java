package io.bignode.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.delivery.Push.BatchBody;
import io.bignode.fixtures.ManualTime;
import io.bignode.monitor.Alarms;
import io.bignode.protocol.Epoch;
import io.bignode.protocol.Found;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.WorkOrder;
import io.bignode.session.MemoryStore;
import io.bignode.session.Order;
import io.bignode.session.Session;
import io.bignode.session.SessionRules;
import io.bignode.session.Sessions;
import io.bignode.session.StartOutcome;
import io.bignode.session.Terms;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** A page of found nonces is sent to one who refuses a whole document for one of its nonces. */
class PushedPageTest {
    private static final List<Found> PAGE = LongStream.range(0, 8000).mapToObj(nonce -> new Found(nonce, "1")).toList();

    private final Alarms alarms = new Alarms(InstantSource.system());
    private final Set<Long> bad = new HashSet<>();
    private final Set<Long> taken = new HashSet<>();
    private final List<Integer> posts = new ArrayList<>();
    private final PushedPage page = new PushedPage(session(), new BatchBody() {
        @Override
        public byte[] of(Session session, List<Found> batch) {
            return new byte[0];
        }

        @Override
        public boolean refusedForOne(Session session) {
            return true;
        }
    }, DeliveryObserver.NOBODY, alarms);

    private static Session session() {
        ManualTime time = new ManualTime();
        Sessions sessions = new Sessions(SessionRules.of(1, Duration.ofSeconds(330)), time, time, new MemoryStore());
        WorkOrder work = new WorkOrder("test", "shape", "{}");
        Optional<URI> callback = Optional.of(URI.create("http://callback.example/secret"));
        return ((StartOutcome.Started) sessions.start(
                new Order("alice", "a", new NonceSequence(0, 1), 0, work, 1, new Epoch(7, "block"), callback, "a", Terms.PLAIN))).session();
    }

    private int post(List<Found> batch) {
        posts.add(batch.size());
        if (batch.stream().anyMatch(found -> bad.contains(found.nonce()))) return 400;
        batch.forEach(found -> taken.add(found.nonce()));
        return 200;
    }

    @Test
    void badOnesAreSetAsideAndAllOthersAreTaken() throws Exception {
        bad.addAll(Set.of(0L, 1L, 17L, 4000L, 7999L));
        assertThat(page.send(PAGE, 0, this::post)).isNull();
        assertThat(taken).hasSize(PAGE.size() - bad.size());
        assertThat(alarms.list()).singleElement().satisfies(alarm -> assertThat(alarm.key()).isEqualTo("push/set-aside"));
    }

    /** More than are halved for as long as it may be that all are refused. */
    @Test
    void manyBadOnesThatStandTogetherKeepNoneOfTheOthersForEver() throws Exception {
        for (long nonce = 100; nonce < 140; nonce++) bad.add(nonce);
        for (int tries = 0; page.send(PAGE, 0, this::post) != null; tries++) assertThat(tries).isLessThan(5);
        assertThat(taken).hasSize(PAGE.size() - bad.size());
    }

    @Test
    void anotherAnswerToASingleOneIsToldAsItIs() throws Exception {
        PAGE.forEach(found -> bad.add(found.nonce()));
        assertThat(page.send(PAGE, 0, this::post)).contains("every nonce");
        assertThat(page.send(PAGE, 0, _ -> 503)).contains("503");
    }

    @Test
    void whoRefusesEveryNonceIsAskedBySingleOnesUntilOneIsTaken() throws Exception {
        PAGE.forEach(found -> bad.add(found.nonce()));
        assertThat(page.send(PAGE, 0, this::post)).contains("every nonce");
        assertThat(posts).as("the logarithm of 8000 is 13").hasSizeLessThan(32);
        for (int again = 0; again < 3; again++) {
            posts.clear();
            assertThat(page.send(PAGE, 0, this::post)).contains("every nonce");
            assertThat(posts).containsExactly(1, 1);
        }
        assertThat(alarms.list()).isEmpty();

        bad.clear();
        assertThat(page.send(PAGE, 0, this::post)).isNull();
        assertThat(taken).hasSize(PAGE.size());
    }
}
