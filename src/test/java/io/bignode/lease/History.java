package io.bignode.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.delivery.Delivery;
import io.bignode.delivery.PollOutcome;
import io.bignode.fixtures.ManualTime;
import io.bignode.lease.OrderModel.Run;
import io.bignode.monitor.Alarms;
import io.bignode.protocol.Found;
import io.bignode.protocol.HeadSide;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.NonceSequence;
import io.bignode.protocol.WorkerMessage;
import io.bignode.protocol.WorkerMessage.DeviceGone;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import io.bignode.session.Batches;
import io.bignode.session.MemoryStore;
import io.bignode.session.Obstacle;
import io.bignode.session.Order;
import io.bignode.session.Orders;
import io.bignode.session.Session;
import io.bignode.session.SessionRules;
import io.bignode.session.SessionStatus;
import io.bignode.session.Sessions;
import io.bignode.session.StartOutcome;
import io.bignode.session.Terms;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;

/** One random history of sessions, devices and small nodes, held against {@link OrderModel} at every step. */
final class History {
    private static final Terms WAITS = new Terms(50, true, false);

    /** Those of alice wait where there is no room, those of bob are refused. */
    private static final List<Order> ORDERS = List.of(
            Orders.on(WAITS, Orders.of("alice", "a", new NonceSequence(0, 1))),
            Orders.on(WAITS, Orders.of("alice", "b", new NonceSequence(7, 3))),
            Orders.of("bob", "a", new NonceSequence(1, 2)),
            Orders.of("bob", "short", new NonceSequence(Long.MAX_VALUE - 40, 2)));
    private static final List<String> DEVICES = List.of("cpu", "gpu", "slow");

    /** No device hangs in these histories: only cancelled leases are given up. */
    private static final LeaseTimeouts FOR_EVER =
            new LeaseTimeouts(Duration.ofDays(9), Duration.ofDays(9), Duration.ofDays(9), 1, Duration.ofDays(9));

    private record Flight(Lease lease, String deviceId, Session session, OrderModel order, Run run) {}

    private final Random random;
    private final ManualTime time = new ManualTime();
    private final SessionRules rules;
    private final LeaseRules leaseRules = new LeaseRules(Duration.ofSeconds(1), 8, 2, 3, Duration.ofSeconds(20), FOR_EVER);
    private final Sessions sessions;
    private final Leases leases;
    private final Delivery delivery = new Delivery();

    private final Map<Order, OrderModel> orders = new HashMap<>();
    private final Map<Session, Run> runs = new LinkedHashMap<>();
    private final Map<String, Flight> flights = new LinkedHashMap<>();
    private final Map<String, Long> cancelled = new HashMap<>();
    private final List<LeaseReport> old = new ArrayList<>();

    /** Leases that were sent; tells the runner that the history was not an idle one. */
    int sent;

    /** Nonces delivered to small nodes for good. */
    int delivered;

    /** Sessions that had to wait for their turn. */
    int waited;

    History(long seed) {
        random = new Random(seed);
        rules = new SessionRules(
                1 + random.nextInt(3), Duration.ofSeconds(330), Duration.ofSeconds(120), Duration.ofSeconds(500), 1 + random.nextInt(4));
        sessions = new Sessions(rules, time, time, new MemoryStore());
        leases = new Leases(sessions, leaseRules, time, new Hand(), new Policies(new ProofsOfTests(), (_, _) -> Optional.empty(), 0), new Alarms(time));
    }

    /** Notes what is carried; nobody is in quarantine. */
    private final class Hand implements HeadSide {
        @Override
        public List<WorkerMessage> receive(Duration wait) {
            throw new AssertionError("the test hands the messages to the leases itself");
        }

        @Override
        public void wake() {
            leases.handle(List.of());
        }

        @Override
        public void acknowledge() {
            throw new AssertionError("the test receives nothing");
        }

        @Override
        public void send(String deviceId, Lease lease) {
            sent(deviceId, lease);
        }

        @Override
        public void cancel(String deviceId, String leaseId) {
            cancelled(leaseId);
        }

        @Override
        public void quarantine(String worker, String reason) {
            throw new AssertionError(worker + " is in quarantine: " + reason);
        }

        @Override
        public void admit(String worker) {}
    }

    void run(int steps) {
        for (int i = 0; i < steps; i++) {
            step();
            check();
        }
    }

    private void step() {
        switch (random.nextInt(16)) {
            case 0, 1 -> start(pick(ORDERS));
            case 2 -> time.pass(Duration.ofMillis(random.nextInt(20) == 0 ? random.nextInt(200_000) : random.nextInt(5_000)));
            case 3 -> tick();
            case 4 -> stop();
            case 5, 6, 7 -> leases.handle(new LeaseRequest(pick(DEVICES), 1 + random.nextInt(8)));
            case 8, 9, 10 -> end(true);
            case 11 -> end(false);
            case 12 -> rare();
            default -> poll();
        }
    }

    private void rare() {
        switch (random.nextInt(3)) {
            case 0 -> gone(pick(DEVICES));
            case 1 -> old.stream().skip(random.nextInt(old.size() + 1)).findFirst().ifPresent(leases::handle);
            default -> started();
        }
    }

    private void started() {
        if (flights.isEmpty()) return;
        Flight flight = pick(List.copyOf(flights.values()));
        leases.handle(new LeaseReport.Started(flight.lease().id(), 1 + random.nextInt(16)));
        assertThat(flight.session().status()).isNotEqualTo(SessionStatus.INITIALIZING);
    }

    private void start(Order order) {
        tickModel();
        sessions.tick();
        forgetPurged();
        OrderModel fresh = new OrderModel();
        if (runs.keySet().stream().noneMatch(session -> session.order().equals(order))) orders.put(order, fresh);
        long running = running();
        var same = runs.entrySet().stream().filter(entry -> entry.getKey().order().equals(order) && !entry.getValue().ended).findFirst();
        same.ifPresent(entry -> entry.getValue().polledNanos = time.getAsLong());
        starting = new Run(time.getAsLong(), random.nextInt(3));
        StartOutcome outcome = sessions.start(order);
        switch (outcome) {
            case StartOutcome.Started(Session session) -> {
                assertThat(same).isEmpty();
                if (session.waiting()) waited++;
                else assertThat(running).isLessThan(rules.maxSessions());
                assertThat(session.waiting()).isEqualTo(running == rules.maxSessions());
                runs.putIfAbsent(session, starting);
            }
            case StartOutcome.Running(Session session) -> assertThat(session).isSameAs(same.orElseThrow().getKey());
            case StartOutcome.Refused(Obstacle obstacle, boolean lineFull) -> {
                assertThat(order.terms().waits()).isFalse();
                assertThat(running).isEqualTo(rules.maxSessions());
                assertThat(obstacle).isEqualTo(new Obstacle.NodeFull(rules.maxSessions()));
                assertThat(lineFull).isFalse();
            }
            case StartOutcome.Redirected _, StartOutcome.Replaced _ -> throw new AssertionError("the same order, asked for with other results");
            case StartOutcome.NotStored(String reason) -> throw new AssertionError(reason);
            case StartOutcome.Closing() -> throw new AssertionError("not closing");
        }
        forgetPurged();
    }

    /** The model of the session being started: its first lease may be sent before the start returns. */
    private Run starting = new Run(0, 0);

    private void sent(String deviceId, Lease lease) {
        sent++;
        Session session = ORDERS.stream()
                .flatMap(order -> sessions.find(order.tenant(), lease.sessionId()).stream())
                .findFirst()
                .orElseThrow();
        Run run = runs.computeIfAbsent(session, _ -> starting);
        OrderModel order = orders.get(session.order());
        assertThat(run.ended).as("leased to an ended session").isFalse();
        assertThat(session.waiting()).as("leased to one that waits for its turn").isFalse();
        assertThat(time.getAsLong() - run.polledNanos).as("nanoseconds since the last poll").isLessThan(rules.idle().toNanos());
        order.leased(lease.range());
        run.inFlight++;
        flights.put(lease.id(), new Flight(lease, deviceId, session, order, run));
    }

    private void cancelled(String leaseId) {
        assertThat(cancelled.put(leaseId, time.getAsLong())).as("cancelled before").isNull();
    }

    private void stop() {
        if (runs.isEmpty()) return;
        Session session = pick(List.copyOf(runs.keySet()));
        runs.get(session).ended = true;
        assertThat(sessions.stop(session.order().tenant(), session.id())).contains(session);
        flights.values().stream()
                .filter(flight -> flight.session() == session)
                .forEach(flight -> assertThat(cancelled).containsKey(flight.lease().id()));
    }

    private void tick() {
        tickModel();
        sessions.tick();
        giveUpModel();
        leases.tick();
        forgetPurged();
        boolean somebodyWaits = runs.entrySet().stream().anyMatch(entry -> entry.getKey().waiting() && polled(entry.getValue()));
        if (somebodyWaits) assertThat(running()).as("nobody waits while there is room").isEqualTo(rules.maxSessions());
    }

    private boolean polled(Run run) {
        return time.getAsLong() - run.polledNanos < rules.idle().toNanos();
    }

    /** How many run, by the model and by who waits. */
    private long running() {
        return runs.entrySet().stream().filter(entry -> !entry.getValue().ended && !entry.getKey().waiting()).count();
    }

    private void tickModel() {
        runs.forEach((session, run) -> run.ended |= session.age().compareTo(rules.life()) >= 0 || isComplete(session, run));
    }

    /** A session ends when all that was left of its order is computed. */
    private boolean isComplete(Session session, Run run) {
        return run.inFlight == 0 && session.totalComputed() > 0 && orders.get(session.order()).exhausted(session.order().nonces().size());
    }

    private void giveUpModel() {
        for (Flight flight : List.copyOf(flights.values())) {
            Long since = cancelled.get(flight.lease().id());
            if (since != null && time.getAsLong() - since >= leaseRules.cancelGrace().toNanos()) land(flight, 0, List.of());
        }
    }

    /** Only a session that ended and has no lease in flight may be purged. */
    private void forgetPurged() {
        runs.entrySet().removeIf(entry -> {
            Session session = entry.getKey();
            if (sessions.find(session.order().tenant(), session.id()).isPresent()) return false;
            assertThat(entry.getValue().ended).isTrue();
            assertThat(entry.getValue().inFlight).isZero();
            return true;
        });
        assertThat(running()).as(this::states).isLessThanOrEqualTo(rules.maxSessions());
    }

    private String states() {
        List<String> states = new ArrayList<>();
        runs.forEach((session, run) -> states.add(
                session.order().key() + " " + session.status() + (session.waiting() ? " waits" : "") + (run.ended ? " should have ended" : "")
                        + " age " + session.age().toMillis() + " polled " + (time.getAsLong() - run.polledNanos) / 1_000_000));
        return "running: " + states;
    }

    private void end(boolean done) {
        if (flights.isEmpty()) return;
        Flight flight = pick(List.copyOf(flights.values()));
        Lease lease = flight.lease();
        LeaseReport report = done ? done(lease) : failedOrReturned(lease);
        old.add(report);
        switch (report) {
            case LeaseReport.Done(String _, List<Found> found, int computed, long _, List<Long> _) -> {
                land(flight, computed, found);
                flight.run().computed(lease.range(), computed);
            }
            case LeaseReport.Failed _ -> {
                land(flight, 0, List.of());
                flight.run().failed(lease.range(), leaseRules.failures());
            }
            default -> land(flight, 0, List.of());
        }
        leases.handle(report);
        assertThat(flight.session().status() == SessionStatus.ERROR).isEqualTo(flight.run().broken);
    }

    private LeaseReport failedOrReturned(Lease lease) {
        return random.nextBoolean() ? new LeaseReport.Failed(lease.id(), "out of luck") : new LeaseReport.Returned(lease.id());
    }

    private LeaseReport.Done done(Lease lease) {
        int count = lease.range().count();
        int computed = random.nextInt(5) == 0 ? random.nextInt(count + 1) : count;
        List<Found> found = new ArrayList<>();
        for (int i = 0; i < computed; i++) if (random.nextInt(3) == 0) found.add(new Found(lease.nonceValues()[i], "1.0"));
        return new LeaseReport.Done(lease.id(), found, computed, (long) computed * random.nextInt(1, 500_000_000));
    }

    private void land(Flight flight, int computed, List<Found> found) {
        flights.remove(flight.lease().id());
        flight.order().landed(flight.lease().range(), computed);
        flight.run().inFlight--;
        if (!found.isEmpty()) flight.run().batches.add(found.stream().map(Found::nonce).toList());
    }

    private void gone(String deviceId) {
        for (Flight flight : List.copyOf(flights.values())) {
            if (!flight.deviceId().equals(deviceId)) continue;
            land(flight, 0, List.of());
            cancelled.remove(flight.lease().id());
            old.add(done(flight.lease()));
        }
        leases.handle(new DeviceGone(deviceId));
    }

    private void poll() {
        if (runs.isEmpty()) return;
        Session session = pick(List.copyOf(runs.keySet()));
        Run run = runs.get(session);
        run.polledNanos = time.getAsLong();
        switch (run.dialect) {
            case 0 -> pollWithout(session, run);
            case 1 -> pollWith(session, run);
            default -> pollAny(session, run);
        }
    }

    private void pollWithout(Session session, Run run) {
        Answer answer = poll(session, OptionalLong.empty());
        answer.check(run, run.settled);
        if (!answer.written()) return;
        deliver(session, run.after(run.settled));
        run.settled = run.batches.size();
    }

    private void pollWith(Session session, Run run) {
        Answer answer = poll(session, OptionalLong.of(run.cursor));
        run.settled = run.cursor;
        answer.check(run, run.cursor);
        if (!answer.written()) return;
        deliver(session, run.after(run.cursor));
        run.cursor = run.batches.size();
    }

    private void pollAny(Session session, Run run) {
        int cursor = random.nextInt(-1, run.batches.size() + 2);
        if (cursor < 0 || cursor > run.batches.size()) {
            assertThat(outcome(session, OptionalLong.of(cursor), new Answer(true, new ArrayList<>())))
                    .isEqualTo(new PollOutcome.UnknownCursor(cursor, run.batches.size()));
            return;
        }
        Answer answer = poll(session, OptionalLong.of(cursor));
        run.settled = Math.max(run.settled, cursor);
        answer.check(run, cursor);
    }

    private void deliver(Session session, List<Long> nonces) {
        orders.get(session.order()).delivered(nonces);
        delivered += nonces.size();
    }

    private record Answer(boolean written, List<Batches> seen) {
        void check(Run run, int cursor) {
            Batches batches = seen.getFirst();
            assertThat(batches.found().stream().map(Found::nonce).toList()).isEqualTo(run.after(cursor));
            assertThat(batches.cursor()).isEqualTo(run.batches.size());
            assertThat(batches.totalBatches()).isEqualTo(run.batches.size());
            boolean nothingFollows = run.ended && run.inFlight == 0 && run.settled == run.batches.size();
            assertThat(batches.sessionActive()).isEqualTo(!batches.found().isEmpty() || !nothingFollows);
        }
    }

    private Answer poll(Session session, OptionalLong after) {
        Answer answer = new Answer(random.nextInt(4) > 0, new ArrayList<>());
        outcome(session, after, answer);
        return answer;
    }

    private PollOutcome outcome(Session session, OptionalLong after, Answer answer) {
        try {
            return delivery.poll(session, after, Duration.ZERO, batches -> {
                answer.seen().add(batches);
                if (!answer.written()) throw new IOException("connection reset");
            });
        } catch (IOException e) {
            return new PollOutcome.Answered(answer.seen().getFirst());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void check() {
        assertThat(leases.inFlight()).isEqualTo(flights.size());
        runs.forEach((session, run) -> {
            assertThat(session.status().ended()).isEqualTo(run.ended);
            assertThat(session.totalGenerated()).isEqualTo(run.after(0).size());
            assertThat(session.active()).isEqualTo(!run.ended || run.inFlight > 0 || run.settled < run.batches.size());
        });
    }

    private <T> T pick(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }
}
