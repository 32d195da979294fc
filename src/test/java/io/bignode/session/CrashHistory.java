package io.bignode.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.delivery.Delivery;
import io.bignode.delivery.PollOutcome;
import io.bignode.fixtures.ManualTime;
import io.bignode.protocol.Found;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.Provenance;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;

/**
 * One random history of small nodes, workers and a head that is killed again and again. Workers outlive the head: what they computed comes,
 * to whichever head there is, until one took it to its store, perhaps twice. At the end every nonce that counts was delivered, to small
 * nodes with cursors once, to those without at least once and never twice by one head.
 */
final class CrashHistory {
    private static final SessionRules RULES =
            new SessionRules(3, Duration.ofSeconds(330), Duration.ofSeconds(120), Duration.ofDays(1000), 100_000);
    private static final SessionRules ONE_AT_A_TIME =
            new SessionRules(1, Duration.ofSeconds(330), Duration.ofSeconds(120), Duration.ofDays(1000), 100_000);
    private static final Terms WAITS = new Terms(50, true, true);
    private static final List<Order> ORDERS = List.of(
            Orders.of("alice", "a", new NonceSequence(0, 1)),
            Orders.of("alice", "b", new NonceSequence(7, 3)),
            Orders.of("bob", "a", new NonceSequence(1, 2)));

    /** A small node that runs one order again and again. */
    private static final class SmallNode {
        final Order order;
        final boolean cursors;
        final Set<Long> received = new HashSet<>();

        /** What it got from this very head, when it uses no cursors. */
        final Set<Long> fromThisHead = new HashSet<>();

        String session = "";

        /** Sessions that newer ones took the place of. */
        final Set<String> replaced = new LinkedHashSet<>();

        /** The last batch it has of each session. */
        final Map<String, Long> have = new HashMap<>();

        SmallNode(Order order, boolean cursors) {
            this.order = order;
            this.cursors = cursors;
        }
    }

    private final Random random;
    private final ManualTime time = new ManualTime();
    private final Supplier<SessionStore> opened;
    private final int waits;
    private final List<SmallNode> nodes = new ArrayList<>();

    /** Leases that workers have. */
    private final Map<String, LeasedRange> computing = new LinkedHashMap<>();

    /** Results on their way to a head. */
    private final List<LeaseResult> results = new ArrayList<>();

    /** The index after the highest one ever leased, by order. */
    private final Map<NonceSequence, Long> highWater = new HashMap<>();

    private final Set<String> leaseIds = new HashSet<>();
    private final boolean waiting;
    private CrashingStore store;
    private Sessions sessions;

    /** Heads that were killed. */
    int kills;

    /** Nonces delivered. */
    int delivered;

    /**
     * A history that did not begin.
     *
     * @param opened  opens the store that outlives the heads
     * @param waiting whether one session runs at a time, while others wait for their turn, sessions linger after their end, and small nodes
     *                start again with other values
     */
    CrashHistory(long seed, Supplier<SessionStore> opened, int waits, boolean waiting) {
        this.waiting = waiting;
        this.random = new Random(seed);
        this.opened = opened;
        this.waits = waits;
        for (int i = 0; i < ORDERS.size(); i++) nodes.add(new SmallNode(waiting ? Orders.on(WAITS, ORDERS.get(i)) : ORDERS.get(i), i % 2 == 0));
        startHead(waits);
    }

    void run(int steps) {
        for (int i = 0; i < steps; i++) {
            try {
                step();
                assertVisibleIsDurable();
            } catch (CrashingStore.Killed e) {
                afterKill(waits);
            }
        }
        afterKill(Integer.MAX_VALUE / 2);
        finish();
        store.close();
    }

    private void afterKill(int nextWaits) {
        kills++;
        for (SmallNode node : nodes) node.fromThisHead.clear();
        store.close();
        startHead(nextWaits);
    }

    private void startHead(int waitsOfThisHead) {
        store = new CrashingStore(opened.get(), random, waitsOfThisHead);
        sessions = new Sessions(rules(), time, time, store);
    }

    private SessionRules rules() {
        return waiting ? ONE_AT_A_TIME : RULES;
    }

    private void step() {
        if (waiting) {
            if (random.nextInt(12) == 0) startAgain(any(nodes).orElseThrow());
            assertThat(sessions.runningCount()).isLessThanOrEqualTo(rules().maxSessions());
        }
        switch (random.nextInt(16)) {
            case 0 -> time.pass(Duration.ofMillis(random.nextInt(20) == 0 ? random.nextInt(200_000) : random.nextInt(3_000)));
            case 1 -> sessions.tick();
            case 2 -> store.linger(random.nextInt(4));
            case 3, 4, 5, 6 -> lease();
            case 7, 8 -> compute();
            case 9, 10 -> land();
            case 11 -> rare();
            default -> poll(any(nodes).orElseThrow());
        }
    }

    /**
     * Nobody sees what a kill would lose. Without this look a head that makes results visible too early shows late or never: the batch is not in the store to be read,
     * so that its small node's cursor stays before it, the session counts as one that has something to deliver, and it is polled for it for ever.
     */
    private void assertVisibleIsDurable() {
        for (Change.BatchFound batch : store.lingeringBatches()) {
            Session session = sessions.kept().stream().filter(one -> one.id().equals(batch.sessionId())).findFirst().orElseThrow();
            assertThat(session.totalBatches())
                    .as("batch %s of session %s is visible and not durable: a kill would lose what small nodes may have seen", batch.number(), batch.sessionId())
                    .isLessThan(batch.number());
        }
    }

    private void rare() {
        switch (random.nextInt(5)) {
            case 0 -> throw store.kill();
            case 1 -> stop(any(nodes).orElseThrow());
            case 2 -> any(sessions.flights()).ifPresent(flight -> sessions.giveBack(flight.leaseId()));
            case 3 -> settleHeld(random.nextBoolean());
            default -> any(List.copyOf(computing.keySet())).ifPresent(computing::remove); // a worker died
        }
    }

    private void settleHeld(boolean release) {
        List<String> held = sessions.held().stream().map(LeaseResult::leaseId).filter(_ -> random.nextBoolean()).toList();
        if (release) sessions.release(held);
        else sessions.discard(held);
    }

    private void lease() {
        List<Session> leasable = sessions.leasable();
        if (leasable.isEmpty()) return;
        Session session = leasable.get(random.nextInt(leasable.size()));
        session.take("local/cpu", 1 + random.nextInt(6)).ifPresent(flight -> {
            assertThat(leaseIds.add(flight.leaseId())).as("%s is new", flight).isTrue();
            highWater.merge(session.order().nonces(), flight.range().end(), Math::max);
            computing.put(flight.leaseId(), flight);
        });
    }

    private void compute() {
        any(List.copyOf(computing.values())).ifPresent(flight -> {
            computing.remove(flight.leaseId());
            int count = random.nextInt(5) == 0 ? random.nextInt(flight.range().count() + 1) : flight.range().count();
            results.add(result(flight, count, random.nextInt(4) == 0));
        });
    }

    private LeaseResult result(LeasedRange flight, int count, boolean held) {
        NonceSequence nonces = ORDERS.stream()
                .flatMap(order -> sessions.find(order.tenant(), flight.sessionId()).stream())
                .findFirst()
                .orElseThrow()
                .order()
                .nonces();
        List<Found> found = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long nonce = nonces.nonce(flight.range().first() + i);
            if (counts(nonce)) found.add(new Found(nonce, nonce + ".5"));
        }
        return new LeaseResult(flight.leaseId(), count, found, count * 10L, Provenance.of(flight.deviceId()), held);
    }

    private static boolean counts(long nonce) {
        return nonce % 3 != 2;
    }

    /** Results leave the broker when they are stored; one whose acknowledgement was lost comes again. */
    private void land() {
        List<LeaseResult> some = results.stream().filter(_ -> random.nextBoolean()).toList();
        sessions.land(some);
        if (random.nextInt(4) > 0) results.removeAll(some);
    }

    private void stop(SmallNode node) {
        if (!node.session.isEmpty()) assertThat(sessions.stop(node.order.tenant(), node.session)).isPresent();
    }

    private void poll(SmallNode node) {
        if (node.session.isEmpty()) {
            start(node, node.order);
            return;
        }
        poll(node, node.session);
        any(List.copyOf(node.replaced)).ifPresent(id -> poll(node, id));
    }

    private void poll(SmallNode node, String id) {
        Session session = sessions.find(node.order.tenant(), id).orElseThrow(() -> new AssertionError("the session was lost"));
        boolean written = random.nextInt(5) > 0;
        List<Batches> seen = new ArrayList<>();
        poll(node, session, written, seen);
        if (!written) return;
        Batches answer = seen.getFirst();
        for (Found found : answer.found()) {
            assertThat(found.proof()).isEqualTo(found.nonce() + ".5");
            boolean isNew = node.received.add(found.nonce());
            if (node.cursors) assertThat(isNew).as("%s delivered twice", found).isTrue();
            else assertThat(node.fromThisHead.add(found.nonce())).as("%s delivered twice by one head", found).isTrue();
            delivered++;
        }
        node.have.put(id, answer.cursor());
        if (answer.sessionActive()) return;
        node.replaced.remove(id);
        if (node.session.equals(id)) node.session = "";
    }

    private static void poll(SmallNode node, Session session, boolean written, List<Batches> seen) {
        try {
            OptionalLong after = node.cursors ? OptionalLong.of(node.have.getOrDefault(session.id(), 0L)) : OptionalLong.empty();
            PollOutcome outcome = new Delivery().poll(session, after, Duration.ZERO, batches -> {
                seen.add(batches);
                if (!written) throw new IOException("connection reset");
            });
            assertThat(outcome).isInstanceOf(PollOutcome.Answered.class);
        } catch (IOException e) {
            assertThat(written).isFalse();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** A small node asks for the same nonces with other values, or with the same again. */
    private void startAgain(SmallNode node) {
        start(node, Orders.asking("{\"r_target\": " + random.nextInt(2) + "}", node.order));
    }

    private void start(SmallNode node, Order order) {
        switch (sessions.start(order)) {
            case StartOutcome.Started(Session session) -> begin(node, session);
            case StartOutcome.Running(Session session) -> begin(node, session);
            case StartOutcome.Redirected(Session session) -> begin(node, session);
            case StartOutcome.Replaced(Session session, Session before) -> {
                assertThat(before.status().ended()).isTrue();
                node.replaced.add(before.id());
                begin(node, session);
            }
            case StartOutcome.Refused _ -> {}
            case StartOutcome.NotStored(String reason) -> throw new AssertionError(reason);
            case StartOutcome.Closing() -> throw new AssertionError("not closing");
        }
    }

    /** A session whose start was answered by no head that lived may run already, with batches that nobody got. */
    private static void begin(SmallNode node, Session session) {
        if (!node.session.isEmpty() && !node.session.equals(session.id())) node.replaced.add(node.session);
        node.session = session.id();
    }

    /** Everything that is left is computed, found and delivered. */
    private void finish() {
        results.clear();
        computing.clear();
        sessions.flights().forEach(flight -> sessions.giveBack(flight.leaseId()));
        sessions.release(sessions.held().stream().map(LeaseResult::leaseId).toList());
        if (waiting) {
            time.pass(rules().life());
            sessions.tick();
        }
        for (SmallNode node : nodes) {
            long end = highWater.getOrDefault(node.order.nonces(), 0L);
            boolean all = false;
            while (!all) {
                drain(node);
                start(node, node.order);
                all = computeUpTo(node, end);
                stop(node);
            }
            drain(node);
            Set<Long> counting = new HashSet<>();
            for (long i = 0; i < end; i++) if (counts(node.order.nonces().nonce(i))) counting.add(node.order.nonces().nonce(i));
            assertThat(node.received).as("%s %s up to %s", node.order.tenant(), node.order.key(), end).containsAll(counting);
        }
    }

    private void drain(SmallNode node) {
        stop(node);
        // A head that was killed before it answered may have started a session that ended before its small node knew of it.
        sessions.list(node.order.tenant()).stream().filter(one -> one.order().key().equals(node.order.key())).forEach(one -> node.replaced.add(one.id()));
        for (String id : List.copyOf(node.replaced)) {
            sessions.stop(node.order.tenant(), id);
            for (int i = 0; node.replaced.contains(id); i++) {
                assertThat(i).as("polls of a session that was replaced").isLessThan(1000);
                poll(node, id);
            }
        }
        for (int i = 0; !node.session.isEmpty(); i++) {
            assertThat(i).as("polls of an ended session").isLessThan(1000);
            poll(node);
        }
    }

    /** Whether the session got all indices below that were left; it expires at some time. */
    private boolean computeUpTo(SmallNode node, long end) {
        Session session = sessions.find(node.order.tenant(), node.session).orElseThrow();
        while (true) {
            var flight = session.take("local/cpu", 8);
            if (flight.isEmpty()) return false;
            sessions.land(List.of(result(flight.get(), flight.get().range().count(), false)));
            if (flight.get().range().first() >= end) return true;
        }
    }

    private <T> Optional<T> any(List<T> all) {
        return all.isEmpty() ? Optional.empty() : Optional.of(all.get(random.nextInt(all.size())));
    }
}
