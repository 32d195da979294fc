package io.bignode.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.bignode.http.Admission;
import io.bignode.lease.DeviceOffer;
import io.bignode.poc.InvalidOrderException;
import io.bignode.poc.ProofOrder;
import io.bignode.session.Session;
import io.bignode.session.Sessions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Takes an order when a device can hold its model and the running sessions' weight pools leave room for its own. */
final class MemoryAdmission implements Admission {
    /** Devices that a refusal speaks of; a farm has hundreds that are alike. */
    private static final int TOLD = 8;

    private final Supplier<List<DeviceOffer>> devices;
    private final ModelSizes models;
    private final Sessions sessions;
    private final long poolBudgetBytes;

    /** The pools of the running sessions by session: their orders are read once, not at every start. */
    private final Map<String, PoolKey> poolsOfSessions = new ConcurrentHashMap<>();

    private record PoolKey(String blockHash, long size) {
        static PoolKey of(ProofOrder order) {
            return new PoolKey(order.blockHash(), order.params().poolSize());
        }
    }

    /**
     * An admission by the devices of all workers.
     *
     * @param devices those that are there when it is asked
     * @param poolBudgetBytes what weight pools may take on a host
     */
    MemoryAdmission(Supplier<List<DeviceOffer>> devices, ModelSizes models, Sessions sessions, long poolBudgetBytes) {
        this.devices = devices;
        this.models = models;
        this.sessions = sessions;
        this.poolBudgetBytes = poolBudgetBytes;
    }

    @Override
    public Optional<Refusal> refusal(ProofOrder order) {
        List<DeviceOffer> all = devices.get();
        if (all.isEmpty()) {
            return Optional.of(new Refusal.NoDevice());
        }
        List<String> reasons = new ArrayList<>();
        for (DeviceOffer device : all) {
            Optional<String> reason = models.refusal(device, order.params());
            if (reason.isEmpty()) return roomForPool(order);
            if (reasons.size() < TOLD) reasons.add(reason.get());
        }
        return Optional.of(new Refusal.TooLarge(String.join("; ", reasons)));
    }

    private Optional<Refusal> roomForPool(ProofOrder order) {
        Map<PoolKey, Duration> pools = new HashMap<>();
        List<Session> running = sessions.leasable();
        poolsOfSessions.keySet().retainAll(running.stream().map(Session::id).collect(Collectors.toSet()));
        for (Session session : running) {
            PoolKey key = poolsOfSessions.computeIfAbsent(session.id(), _ -> PoolKey.of(order(session)));
            pools.merge(key, session.timeLeft(), (a, b) -> a.compareTo(b) > 0 ? a : b);
        }
        if (pools.isEmpty() || pools.containsKey(PoolKey.of(order))) {
            return Optional.empty();
        }
        long used = pools.keySet().stream().mapToLong(key -> 2 * key.size()).sum();
        long needed = 2 * order.params().poolSize();
        if (used + needed <= poolBudgetBytes) {
            return Optional.empty();
        }
        Duration retry = pools.values().stream().min(Duration::compareTo).orElseThrow();
        String sizes = String.format(
                "this weight pool needs %.2f GiB, %.2f of %.2f GiB are taken", gib(needed), gib(used), gib(poolBudgetBytes));
        return Optional.of(new Refusal.NoRoom(sizes, retry.compareTo(Duration.ofSeconds(1)) < 0 ? Duration.ofSeconds(1) : retry));
    }

    private static ProofOrder order(Session session) {
        try {
            return ProofOrder.parse(Documents.json().readTree(session.order().work().body()));
        } catch (JsonProcessingException | InvalidOrderException impossible) {
            throw new IllegalStateException("session " + session.id() + " carries a work order that cannot be read", impossible);
        }
    }

    private static double gib(long bytes) {
        return bytes / (double) (1L << 30);
    }
}
