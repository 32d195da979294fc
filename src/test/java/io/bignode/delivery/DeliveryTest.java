package io.bignode.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bignode.delivery.Delivery.AnswerWriter;
import io.bignode.delivery.Delivery.StreamWriter;
import io.bignode.delivery.PollOutcome.Answered;
import io.bignode.delivery.PollOutcome.UnknownCursor;
import io.bignode.fixtures.ManualTime;
import io.bignode.fixtures.Waiting;
import io.bignode.protocol.Found;
import io.bignode.protocol.NonceRange;
import io.bignode.session.Batches;
import io.bignode.session.Hands;
import io.bignode.session.MemoryStore;
import io.bignode.session.Orders;
import io.bignode.session.Session;
import io.bignode.session.SessionRules;
import io.bignode.session.SessionStatus;
import io.bignode.session.Sessions;
import io.bignode.session.StartOutcome;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DeliveryTest {
    private static final Duration LONG = Duration.ofSeconds(50);
    private final ManualTime time = new ManualTime();
    private final Sessions sessions = new Sessions(SessionRules.of(10, Duration.ofSeconds(330)), time, time, new MemoryStore());
    private final Hands hands = new Hands(sessions);
    private final Session session = ((StartOutcome.Started) sessions.start(Orders.of("a"))).session();
    private final Delivery delivery = new Delivery();

    @Test
    void everythingFoundSinceTheLastAnswerComesMergedAndOnce() throws Exception {
        find(2);
        find(1);
        Batches first = poll();
        assertThat(first.found()).extracting(Found::nonce).containsExactly(0L, 1L, 2L);
        assertThat(first.cursor()).isEqualTo(2);
        assertThat(first.totalBatches()).isEqualTo(2);
        assertThat(poll().found()).isEmpty();
        find(1);
        assertThat(poll().found()).extracting(Found::nonce).containsExactly(3L);
    }

    @Test
    void aLeaseThatFoundNothingAddsNoBatch() throws Exception {
        find(0);
        assertThat(session.totalBatches()).isZero();
        assertThat(session.totalComputed()).isEqualTo(1);
        assertThat(poll().cursor()).isZero();
    }

    @Test
    void whatCouldNotBeWrittenIsNotDelivered() throws Exception {
        find(2);
        assertThatThrownBy(() -> delivery.poll(session, OptionalLong.empty(), Duration.ZERO, _ -> {
                    throw new IOException("connection reset");
                }))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> delivery.poll(session, OptionalLong.empty(), Duration.ZERO, _ -> {
                    throw new IllegalStateException("a bug in the writer");
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(poll().found()).hasSize(2);
    }

    @Test
    void aCursorAcknowledgesAndServesWhatFollowsAsOftenAsAsked() throws Exception {
        find(1);
        find(1);
        find(1);
        assertThat(pollAfter(0).found()).hasSize(3);
        assertThat(pollAfter(0).found()).hasSize(3);
        Batches rest = pollAfter(2);
        assertThat(rest.found()).extracting(Found::nonce).containsExactly(2L);
        assertThat(rest.cursor()).isEqualTo(3);
        assertThat(poll().found()).as("acknowledged ones are handed out").extracting(Found::nonce).containsExactly(2L);
        assertThat(pollAfter(3)).isEqualTo(new Batches(session.id(), List.of(), true, session.status(), 3, 3));
    }

    @Test
    void anUnknownCursorIsRefusedAndLosesNothing() throws Exception {
        find(1);
        for (long wrong : new long[] {2, -1, Long.MAX_VALUE, Long.MIN_VALUE}) {
            PollOutcome outcome = delivery.poll(session, OptionalLong.of(wrong), LONG, _ -> {
                throw new AssertionError("nothing is written");
            });
            assertThat(outcome).isEqualTo(new UnknownCursor(wrong, 1));
            assertThat(((UnknownCursor) outcome).detail()).contains("0 to 1").contains(Long.toString(wrong));
        }
        assertThat(poll().found()).hasSize(1);
    }

    @Test
    void aSessionIsActiveUntilItsLastBatchWasHandedOut() throws Exception {
        assertThat(poll().sessionActive()).as("initialising").isTrue();
        NonceRange flying = hands.take(session, 1).orElseThrow();
        find(1);
        stop();
        Batches last = poll();
        assertThat(last.found()).hasSize(1);
        assertThat(last.sessionActive()).isTrue();
        assertThat(last.status()).isEqualTo(SessionStatus.STOPPED);
        assertThat(poll().sessionActive()).as("a lease is in flight").isTrue();
        hands.land(session, flying, 1, List.of(new Found(0, "1.0")));
        Batches late = poll();
        assertThat(late.found()).hasSize(1);
        assertThat(late.sessionActive()).isTrue();
        assertThat(poll().sessionActive()).isFalse();
    }

    @Test
    void withCursorsASessionIsActiveUntilItsLastBatchWasAcknowledged() throws Exception {
        find(1);
        stop();
        assertThat(pollAfter(0).sessionActive()).isTrue();
        assertThat(pollAfter(0).sessionActive()).isTrue();
        assertThat(session.active()).isTrue();
        assertThat(pollAfter(1).sessionActive()).isFalse();
        assertThat(session.active()).isFalse();
    }

    @Test
    void aWaitingPollIsAnsweredWhenSomethingIsFound() throws Exception {
        CompletableFuture<Batches> plain = waitingPoll(OptionalLong.empty());
        find(1);
        assertThat(plain.get().found()).hasSize(1);
        CompletableFuture<Batches> cursor = waitingPoll(OptionalLong.of(1));
        find(1);
        assertThat(cursor.get().found()).extracting(Found::nonce).containsExactly(1L);
    }

    @Test
    void aWaitingPollIsAnsweredWhenTheSessionEndsThoughALeaseIsInFlight() throws Exception {
        hands.take(session, 1);
        CompletableFuture<Batches> poll = waitingPoll(OptionalLong.empty());
        stop();
        assertThat(poll.get()).isEqualTo(new Batches(session.id(), List.of(), true, SessionStatus.STOPPED, 0, 0));
    }

    @Test
    void aPollOfAnEndedSessionWaitsForItsLastLease() throws Exception {
        NonceRange flying = hands.take(session, 1).orElseThrow();
        stop();
        CompletableFuture<Batches> poll = waitingPoll(OptionalLong.of(0));
        hands.land(session, flying, 0, List.of());
        assertThat(poll.get().sessionActive()).isFalse();
        assertThat(poll(LONG).sessionActive()).as("nothing can follow: no wait").isFalse();
    }

    @Test
    void closingAnswersWaitingPollsAtOnceAndLaterOnesDoNotWait() throws Exception {
        List<CompletableFuture<Batches>> polls =
                List.of(waitingPoll(OptionalLong.empty()), waitingPoll(OptionalLong.empty()), waitingPoll(OptionalLong.of(0)));
        delivery.close();
        for (CompletableFuture<Batches> poll : polls) assertThat(poll.get().found()).isEmpty();
        assertThat(poll(LONG).sessionActive()).isTrue();
        find(1);
        assertThat(poll(LONG).found()).hasSize(1);
    }

    @Test
    void aWaitEndsWithAnEmptyAnswer() throws Exception {
        assertThat(poll(Duration.ofMillis(1)).found()).isEmpty();
        assertThat(delivery.poll(session, OptionalLong.of(0), Duration.ofMillis(1), _ -> {})).isInstanceOf(Answered.class);
    }

    @Test
    void whileOnePollWritesTheNextOneWaitsAndGetsWhatIsLeft() throws Exception {
        find(1);
        CountDownLatch writing = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        CompletableFuture<Batches> slow = inBackground(batches -> {
            writing.countDown();
            await(go);
        });
        writing.await();
        assertThat(pollAfter(0).found()).as("a cursor's poll does not wait for it").hasSize(1);
        CompletableFuture<Batches> next = waitingPoll(OptionalLong.empty(), Duration.ZERO);
        assertThat(next).isNotDone();
        go.countDown();
        assertThat(slow.get().found()).hasSize(1);
        assertThat(next.get().found()).isEmpty();
    }

    @Test
    void aPollOfAnotherSessionDoesNotWaitForASlowWriter() throws Exception {
        Session other = ((StartOutcome.Started) sessions.start(Orders.of("b"))).session();
        CountDownLatch writing = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        CompletableFuture<Batches> slow = inBackground(_ -> {
            writing.countDown();
            await(go);
        });
        writing.await();
        assertThat(delivery.poll(other, OptionalLong.empty(), Duration.ZERO, _ -> {})).isInstanceOf(Answered.class);
        assertThat(slow).isNotDone();
        go.countDown();
        slow.get();
    }

    @Test
    void pollingKeepsASessionFromIdling() throws Exception {
        time.pass(Duration.ofSeconds(119));
        poll();
        time.pass(Duration.ofSeconds(119));
        assertThat(session.leasable()).isTrue();
        time.pass(Duration.ofSeconds(1));
        assertThat(session.leasable()).isFalse();
        pollAfter(0);
        assertThat(session.leasable()).isTrue();
    }

    @Test
    void manyPollsOfOneSessionHandOutEachBatchOnce() throws Exception {
        int batches = 2000;
        List<Long> got = Collections.synchronizedList(new ArrayList<>());
        List<Thread> pollers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            boolean clumsy = i == 0;
            pollers.add(Thread.ofVirtual().start(() -> pollUntilEnd(clumsy, got)));
        }
        for (int i = 0; i < batches; i++) find(1);
        stop();
        for (Thread poller : pollers) poller.join();
        assertThat(got).hasSize(batches).doesNotHaveDuplicates();
    }

    /** A clumsy poller's connection breaks at every answer but those of an ended session. */
    private void pollUntilEnd(boolean clumsy, List<Long> got) {
        boolean active = true;
        while (active) {
            try {
                PollOutcome outcome = delivery.poll(session, OptionalLong.empty(), LONG, batches -> {
                    if (clumsy && !batches.status().ended()) throw new IOException("connection reset");
                });
                Batches batches = ((Answered) outcome).batches();
                batches.found().forEach(found -> got.add(found.nonce()));
                active = batches.sessionActive();
            } catch (IOException e) {
                active = true;
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** Computes as many nonces, at least one, of which so many count. */
    private void find(int count) {
        NonceRange range = hands.take(session, Math.max(1, count)).orElseThrow();
        List<Found> found = new ArrayList<>();
        for (int i = 0; i < count; i++) found.add(new Found(range.first() + i, "1.0"));
        hands.land(session, range, range.count(), found);
    }

    private void stop() {
        sessions.stop("alice", session.id());
    }

    private Batches poll() throws Exception {
        return poll(Duration.ZERO);
    }

    private Batches poll(Duration wait) throws Exception {
        return ((Answered) delivery.poll(session, OptionalLong.empty(), wait, _ -> {})).batches();
    }

    private Batches pollAfter(long cursor) throws Exception {
        return ((Answered) delivery.poll(session, OptionalLong.of(cursor), Duration.ZERO, _ -> {})).batches();
    }

    @Test
    void aStreamBeatsWhileThereIsNothingAndEndsWhenTheDeliveryIsClosed() throws Exception {
        CountDownLatch beats = new CountDownLatch(3);
        StreamWriter writer = new StreamWriter() {
            @Override
            public void beat() {
                beats.countDown();
            }

            @Override
            public void write(Batches batches) {
                throw new AssertionError("there was nothing to write");
            }
        };
        CompletableFuture<PollOutcome> outcome = CompletableFuture.supplyAsync(() -> {
            try {
                return delivery.stream(session, OptionalLong.empty(), Duration.ofMillis(20), writer);
            } catch (IOException | InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        await(beats);
        assertThat(outcome).isNotDone();
        delivery.close();
        assertThat(outcome.get(50, TimeUnit.SECONDS)).isInstanceOf(Answered.class);
    }

    private CompletableFuture<Batches> inBackground(AnswerWriter writer) {
        return run(OptionalLong.empty(), Duration.ZERO, writer).poll();
    }

    /** A poll that has begun to wait. */
    private CompletableFuture<Batches> waitingPoll(OptionalLong after) {
        return waitingPoll(after, LONG);
    }

    private CompletableFuture<Batches> waitingPoll(OptionalLong after, Duration wait) {
        Running running = run(after, wait, _ -> {});
        Waiting.until("the poll waits, or has ended", () -> !running.thread().isAlive() || running.thread().getState() == Thread.State.TIMED_WAITING);
        return running.poll();
    }

    private record Running(Thread thread, CompletableFuture<Batches> poll) {}

    private Running run(OptionalLong after, Duration wait, AnswerWriter writer) {
        CompletableFuture<Batches> result = new CompletableFuture<>();
        Thread thread = Thread.ofPlatform().daemon().start(() -> {
            try {
                result.complete(((Answered) delivery.poll(session, after, wait, writer)).batches());
            } catch (IOException | InterruptedException | RuntimeException | AssertionError e) {
                result.completeExceptionally(e);
            }
        });
        return new Running(thread, result);
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(50, TimeUnit.SECONDS)) throw new AssertionError("never released");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
