package io.bignode.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.delivery.Push.BatchBody;
import io.bignode.fixtures.ManualTime;
import io.bignode.fixtures.Waiting;
import io.bignode.monitor.Alarms;
import io.bignode.protocol.Epoch;
import io.bignode.protocol.Found;
import io.bignode.protocol.NonceRange;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.WorkOrder;
import io.bignode.session.Hands;
import io.bignode.session.MemoryStore;
import io.bignode.session.Order;
import io.bignode.session.Orders;
import io.bignode.session.Quiet;
import io.bignode.session.Session;
import io.bignode.session.SessionRules;
import io.bignode.session.Sessions;
import io.bignode.session.StartOutcome;
import io.bignode.session.Terms;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@Timeout(120)
@ExtendWith(Quiet.class)
class PushTest {
    private static final PushRules QUICK = new PushRules(Duration.ofSeconds(20), Duration.ofMillis(10), Duration.ofMillis(40), 4, Duration.ofMinutes(15));

    private final ManualTime time = new ManualTime();
    private final MemoryStore store = new MemoryStore();
    private final Alarms alarms = new Alarms(InstantSource.system());
    private final List<AutoCloseable> open = new ArrayList<>();
    private Sessions sessions = sessions();
    private Hands hands = new Hands(sessions);

    private Sessions sessions() {
        return new Sessions(new SessionRules(10, Duration.ofSeconds(330), Duration.ofSeconds(120), Duration.ofDays(1), 10), time, time, store);
    }

    private Receiver receiver(Receiver.Answer answer) throws Exception {
        Receiver receiver = Receiver.open(answer);
        open.add(receiver);
        return receiver;
    }

    private Push push(CallbackHosts hosts) {
        return push(hosts, (_, batch) -> numbers(batch));
    }

    /** Whose batches are worth nothing some time after the session's end. */
    private Push pushForAWhile() {
        return push(Hosts.example(), new BatchBody() {
            @Override
            public byte[] of(Session session, List<Found> batch) {
                return numbers(batch);
            }

            @Override
            public boolean ends(Session session) {
                return true;
            }
        });
    }

    private static byte[] numbers(List<Found> batch) {
        return batch.stream().map(found -> Long.toString(found.nonce())).collect(Collectors.joining(",")).getBytes(StandardCharsets.UTF_8);
    }

    private Push push(CallbackHosts hosts, BatchBody body) {
        Push push = new Push(sessions, hosts, body, () -> (SSLSocketFactory) SSLSocketFactory.getDefault(), QUICK,
                _ -> new InetAddress[] {InetAddress.ofLiteral("127.0.0.1")}, alarms);
        open.add(push);
        push.start();
        return push;
    }

    private Session start(int port) {
        return ((StartOutcome.Started) sessions.start(order(port))).session();
    }

    private static Order order(int port) {
        WorkOrder work = new WorkOrder("test", "shape", "{}");
        URI callback = URI.create("http://callback.example:" + port + "/secret");
        return new Order("alice", "a", new NonceSequence(0, 1), 0, work, 1, new Epoch(7, "block"), Optional.of(callback), "a", Terms.PLAIN);
    }

    private void find(Session session, int count) {
        NonceRange range = hands.take(session, count).orElseThrow();
        List<Found> found = LongStream.range(range.first(), range.first() + count).mapToObj(nonce -> new Found(nonce, "1.25")).toList();
        hands.land(session, range, count, found);
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : open.reversed()) one.close();
    }

    @Test
    void whatIsFoundIsPushedAndCountsAsHandedOut() throws Exception {
        Receiver receiver = receiver(Receiver.statuses(200));
        push(Hosts.example());
        Session session = start(receiver.port());
        find(session, 2);
        assertThat(receiver.next().body()).isEqualTo("0,1");
        Waiting.until("settled", () -> session.settled() == 1);
        find(session, 1);
        assertThat(receiver.next().body()).isEqualTo("2");
        Waiting.until("settled", () -> session.settled() == 2);
        assertThat(session.delivery().unsettled().found()).isEmpty();
    }

    @Test
    void whatWasNotHandedOutGoesToTheAddressOfALaterStart() throws Exception {
        Receiver broken = receiver(Receiver.statuses(500));
        Receiver sound = receiver(Receiver.statuses(200));
        push(Hosts.example());
        Session session = start(broken.port());
        find(session, 2);
        assertThat(broken.next().body()).isEqualTo("0,1");
        assertThat(sessions.start(order(sound.port()))).isEqualTo(new StartOutcome.Redirected(session));
        assertThat(sound.next().body()).isEqualTo("0,1");
        Waiting.until("settled", () -> session.settled() == 1);

        assertThat(sessions.start(Orders.pushedTo(Optional.empty(), order(sound.port())))).isEqualTo(new StartOutcome.Redirected(session));
        find(session, 1);
        Waiting.until("no longer pushed", () -> sessions.pushable().isEmpty());
        assertThat(session.delivery().unsettled().found()).hasSize(1);
        assertThat(sessions.start(order(sound.port()))).isEqualTo(new StartOutcome.Redirected(session));
        assertThat(sound.next().body()).as("pushed again").isEqualTo("2");
    }

    @Test
    void whatWasNotAcknowledgedIsSentAgainWithWhatWasFoundMeanwhile() throws Exception {
        CountDownLatch found = new CountDownLatch(1);
        AtomicInteger attempts = new AtomicInteger();
        Receiver receiver = receiver((_, socket) -> {
            int attempt = attempts.incrementAndGet();
            if (attempt == 1) return; // hangs up
            try {
                found.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            Receiver.write(socket, "HTTP/1.1 " + (attempt < 6 ? 500 : 201) + " x\r\n\r\n");
        });
        push(Hosts.example());
        Session session = start(receiver.port());
        find(session, 2);
        assertThat(receiver.next().body()).isEqualTo("0,1");
        assertThat(receiver.next().body()).isEqualTo("0,1");
        find(session, 1);
        found.countDown();
        for (int attempt = 3; attempt <= 6; attempt++) assertThat(receiver.next().body()).isEqualTo("0,1,2");
        Waiting.until("settled", () -> session.settled() == 2);
    }

    @Test
    void aPollMayFetchWhatCannotBePushed() throws Exception {
        AtomicInteger status = new AtomicInteger(503);
        Receiver receiver = receiver((_, socket) -> Receiver.write(socket, "HTTP/1.1 " + status.get() + " x\r\n\r\n"));
        push(Hosts.example());
        Session session = start(receiver.port());
        find(session, 2);
        receiver.next();
        try (Delivery delivery = new Delivery()) {
            List<Found> polled = new ArrayList<>();
            delivery.poll(session, OptionalLong.empty(), Duration.ZERO, batches -> polled.addAll(batches.found()));
            assertThat(polled).extracting(Found::nonce).containsExactly(0L, 1L);
        }
        status.set(200);
        find(session, 1);
        Waiting.until("settled", () -> session.settled() == 2);
        Receiver.Request last = receiver.next();
        while (receiver.waiting() > 0) last = receiver.next();
        assertThat(last.body()).isEqualTo("2");
    }

    @Test
    void whatWasNotAcknowledgedIsPushedAfterARestart() throws Exception {
        AtomicInteger status = new AtomicInteger(500);
        Receiver receiver = receiver((_, socket) -> Receiver.write(socket, "HTTP/1.1 " + status.get() + " x\r\n\r\n"));
        Push before = push(Hosts.example());
        String id = start(receiver.port()).id();
        find(sessions.find("alice", id).orElseThrow(), 3);
        receiver.next();
        before.close();
        while (receiver.waiting() > 0) receiver.next();

        sessions = sessions();
        status.set(200);
        push(Hosts.example());
        assertThat(receiver.next().body()).isEqualTo("0,1,2");
        Session restored = sessions.find("alice", id).orElseThrow();
        Waiting.until("settled", () -> restored.settled() == 1);
    }

    @Test
    void aHostThatIsNotListedAnyMoreIsNotCalledAndWhatWasFoundStays() throws Exception {
        Receiver receiver = receiver(Receiver.statuses(200));
        Session session = start(receiver.port());
        find(session, 1);
        push(new Hosts(Set.of("another.example"), Set.of("127.0.0.1"))).close();
        push(new Hosts(Set.of(), Set.of())).close();
        assertThat(receiver.waiting()).isZero();
        assertThat(session.settled()).isZero();
        push(Hosts.example());
        assertThat(receiver.next().body()).isEqualTo("0");
    }

    @Test
    void aSessionWhoseSmallNodeDoesNotAnswerIdlesUntilItDoes() throws Exception {
        AtomicInteger status = new AtomicInteger(500);
        Receiver receiver = receiver((_, socket) -> Receiver.write(socket, "HTTP/1.1 " + status.get() + " x\r\n\r\n"));
        push(Hosts.example());
        Session session = start(receiver.port());
        find(session, 1);
        receiver.next();
        receiver.next(); // the first attempt failed by now
        time.pass(Duration.ofSeconds(121));
        receiver.next();
        assertThat(session.leasable()).isFalse();
        status.set(200);
        Waiting.until("leasable", session::leasable);
        Waiting.until("settled", () -> session.settled() == 1);
    }

    @Test
    void aSessionThatEndedIsPushedToItsLastBatchAndThenLetGo() throws Exception {
        AtomicInteger status = new AtomicInteger(500);
        Receiver receiver = receiver((_, socket) -> Receiver.write(socket, "HTTP/1.1 " + status.get() + " x\r\n\r\n"));
        Push push = push(Hosts.example());
        Session session = start(receiver.port());
        find(session, 2);
        sessions.stop("alice", session.id());
        receiver.next();
        status.set(200);
        Waiting.until("settled", () -> session.settled() == 1);
        Waiting.until("let go", () -> push.pushing() == 0);
        assertThat(session.active()).isFalse();
    }

    @Test
    void aPurgedSessionIsNotPushedAnyMore() throws Exception {
        Receiver receiver = receiver(Receiver.statuses(500));
        Push push = push(Hosts.example());
        Session session = start(receiver.port());
        find(session, 2);
        sessions.stop("alice", session.id());
        receiver.next();
        time.pass(Duration.ofDays(2));
        sessions.tick();
        Waiting.until("let go", () -> push.pushing() == 0);
        assertThat(session.settled()).isZero();
    }

    @Test
    void whatIsOfUseForAWhileAloneRestsThenAndAnAlarmSaysHowMuchAndWhoDidNotTakeIt() throws Exception {
        AtomicInteger status = new AtomicInteger(503);
        Receiver receiver = receiver((_, socket) -> Receiver.write(socket, "HTTP/1.1 " + status.get() + " x\r\n\r\n"));
        Push before = pushForAWhile();
        String id = start(receiver.port()).id();
        find(sessions.find("alice", id).orElseThrow(), 3);
        find(sessions.find("alice", id).orElseThrow(), 4);
        sessions.stop("alice", id);
        time.pass(Duration.ofMinutes(14));
        for (int seen = receiver.waiting(); seen >= 0; seen--) receiver.next();
        assertThat(alarms.list()).as("while its minutes last").isEmpty();
        time.pass(Duration.ofMinutes(2));
        Waiting.until("rests", () -> !alarms.list().isEmpty());
        assertThat(alarms.list()).singleElement().satisfies(alarm -> {
            assertThat(alarm.key()).isEqualTo("push/not-taken");
            assertThat(alarm.text()).contains("7 nonces", "session " + id, "node 0", "callback.example:" + receiver.port(), "900 s").doesNotContain("secret");
        });
        assertThat(sessions.find("alice", id).orElseThrow().attention().text().orElseThrow()).contains("7 nonces were not taken");

        // Another head in its place tries once, and then tells the same.
        before.close();
        while (receiver.waiting() > 0) receiver.next();
        alarms.clear("push/not-taken");
        sessions = sessions();
        pushForAWhile();
        assertThat(receiver.next().body()).isEqualTo("0,1,2,3,4,5,6");
        Waiting.until("rests again", () -> !alarms.list().isEmpty());
        assertThat(receiver.waiting()).isZero();
        Session restored = sessions.find("alice", id).orElseThrow();
        assertThat(alarms.list().getFirst().text()).contains("7 nonces");

        // What rests is still there, and once a poll fetched it nothing is wrong any more.
        try (Delivery delivery = new Delivery()) {
            delivery.poll(restored, OptionalLong.empty(), Duration.ZERO, batches -> assertThat(batches.found()).hasSize(7));
        }
        Waiting.until("fetched", () -> alarms.list().isEmpty());
        assertThat(restored.attention().text()).isEmpty();
    }

    @Test
    void aHeadThatStartsLateStillTriesToPushWhatIsTaken() throws Exception {
        Receiver receiver = receiver(Receiver.statuses(200));
        Session session = start(receiver.port());
        find(session, 2);
        sessions.stop("alice", session.id());
        time.pass(Duration.ofHours(1));
        pushForAWhile();
        assertThat(receiver.next().body()).isEqualTo("0,1");
        Waiting.until("settled", () -> session.settled() == 1);
        assertThat(alarms.list()).isEmpty();
    }

    @Test
    void closingDoesNotWaitForAHostThatHangs() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        Receiver receiver = receiver((_, _) -> {
            try {
                never.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Push push = push(Hosts.example());
        Session session = start(receiver.port());
        find(session, 1);
        receiver.next();
        push.close();
        Waiting.until("let go", () -> push.pushing() == 0);
        never.countDown();
        assertThat(session.settled()).isZero();
    }

    @Test
    void pausesGrowToTheirLongestAndAreSpread() {
        PushRules rules = PushRules.usual(Duration.ofMinutes(15));
        assertThat(rules.pause(1, 0)).isEqualTo(Duration.ofMillis(500));
        assertThat(rules.pause(1, 0.999)).isBetween(Duration.ofMillis(990), Duration.ofSeconds(1));
        assertThat(rules.pause(4, 0)).isEqualTo(Duration.ofSeconds(4));
        assertThat(rules.pause(7, 0)).isEqualTo(Duration.ofSeconds(30));
        assertThat(rules.pause(1_000_000, 0)).isEqualTo(Duration.ofSeconds(30));
    }
}
