package io.bignode.proof.transformer;

import io.bignode.engine.CancelledException;
import io.bignode.engine.DeviceLostException;
import io.bignode.engine.DeviceMemoryException;
import io.bignode.engine.Distances;
import io.bignode.engine.Engine;
import io.bignode.engine.Gauges;
import io.bignode.engine.Model;
import io.bignode.poc.ModelParams;
import io.bignode.poc.NonceInputs;
import io.bignode.poc.ProofOrder;
import io.bignode.poc.WeightPool;
import io.bignode.proof.ProofDevice;
import io.bignode.protocol.Found;
import io.bignode.protocol.Lease;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The transformer of the proof of compute on one device. Both slots of the device compute with it at the same time: while the device is at one's batch, the
 * other draws its inputs and has them ready.
 */
public final class TransformerDevice implements ProofDevice {
    /** Models kept open on a device: two sessions with different weights take turns without opening them anew each time. */
    private static final int OPEN_MODELS = 2;

    private final Engine engine;
    private final WeightPools pools;
    private final double margin;
    private final WorkOrders orders = new WorkOrders();

    /** Guards {@link #models} and what is in use of them. */
    private final ReentrantLock lock = new ReentrantLock(true);

    private final Condition released = lock.newCondition();
    private final Map<Key, Opened> models = new LinkedHashMap<>(4, 0.75f, true);
    private boolean lost;

    private record Key(String blockHash, ModelParams params) {}

    /** A model, the pool it is cut from, and the memory for inputs that no slot uses at the moment. */
    private static final class Opened implements AutoCloseable {
        private final Model model;
        private final WeightPools.Shared pool;
        private final Deque<NonceInputs> idle = new ArrayDeque<>();
        private int users;

        Opened(Model model, WeightPools.Shared pool) {
            this.model = model;
            this.pool = pool;
        }

        @Override
        public void close() {
            idle.forEach(NonceInputs::close);
            idle.clear();
            model.close();
            pool.close();
        }
    }

    /**
     * The function on a device.
     *
     * @param engine computes on the device; it stays open when this is closed
     * @param pools  the host's weight pools
     * @param margin nonces whose distance is within this of r_target are not reported
     */
    public TransformerDevice(Engine engine, WeightPools pools, double margin) {
        this.engine = engine;
        this.pools = pools;
        this.margin = margin;
    }

    @Override
    public String id() {
        return engine.device().id();
    }

    @Override
    public int maxBatch() {
        return engine.device().maxBatch();
    }

    @Override
    public String function() {
        return ProofOrder.FUNCTION;
    }

    @Override
    public Map<String, Double> gauges() {
        Gauges gauges = engine.gauges();
        Map<String, Double> named = new HashMap<>();
        put(named, "utilisation", gauges.utilisation());
        put(named, "memory_used_bytes", gauges.memoryUsedBytes());
        put(named, "celsius", gauges.celsius());
        put(named, "power_watts", gauges.powerWatts());
        put(named, "power_limit_watts", gauges.powerLimitWatts());
        put(named, "peak_operations", gauges.peakOperations());
        return named;
    }

    private static void put(Map<String, Double> named, String name, OptionalDouble gauge) {
        if (gauge.isPresent()) named.put(name, gauge.getAsDouble());
    }

    @Override
    public void prepare() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            if (lost) {
                // Page-locked memory goes with the context: nobody may be writing inputs into it.
                while (models.values().stream().anyMatch(opened -> opened.users > 0)) released.await();
                models.values().forEach(Opened::close);
                models.clear();
            }
            engine.prepare();
            lost = false;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Result compute(Lease lease, IntConsumer started, BooleanSupplier cancelled) throws InterruptedException {
        prepare();
        ProofOrder order = orders.order(lease.work());
        Optional<Validation> validation = orders.validation(lease.work());
        List<Long> nonces = validation.map(Validation::distinct).orElseGet(() -> LongStream.of(lease.nonceValues()).boxed().toList());
        Key key = new Key(order.blockHash(), order.params());
        boolean opens = warm(key);
        // Waiting for the pool needs no device: the other slot may compute meanwhile.
        try (Early early = new Early(opens);
                WeightPools.Shared pool = pools.acquire(order.blockHash(), order.params().poolSize(), early::begin)) {
            Opened opened = take(key, pool);
            // The model has a use of its own of the device's copy.
            early.giveUp();
            NonceInputs inputs = null;
            try {
                inputs = inputs(opened);
                started.accept(opened.model.maxBatch());
                Computed computed = compute(opened.model, inputs, order, nonces, cancelled);
                return validation.map(what -> validated(lease, what, nonces, computed)).orElseGet(() -> counting(nonces, computed, order.rTarget() - margin));
            } catch (DeviceLostException broken) {
                markLost();
                throw broken;
            } finally {
                giveBack(opened, inputs);
            }
        }
    }

    /** The distances of a lease's nonces, from the first on as far as they were computed, and the time that the device was busy. */
    private record Computed(List<Double> distances, long deviceNanos) {}

    private static Computed compute(Model model, NonceInputs inputs, ProofOrder order, List<Long> nonces, BooleanSupplier cancelled) {
        List<Double> distances = new ArrayList<>();
        long busy = 0;
        while (distances.size() < nonces.size()) {
            int done = distances.size();
            List<Long> batch = nonces.subList(done, Math.min(nonces.size(), done + Math.min(inputs.capacity(), model.maxBatch())));
            inputs.draw(order.blockHash(), order.publicKey(), batch);
            try {
                Model.Computed outcome = model.distances(inputs, cancelled);
                for (double distance : Distances.require(batch, outcome)) distances.add(distance);
                busy += outcome.deviceNanos();
            } catch (CancelledException stop) {
                break;
            }
        }
        return new Computed(distances, busy);
    }

    /** The nonces whose distances count. */
    private static Result counting(List<Long> nonces, Computed computed, double limit) {
        List<Found> found = new ArrayList<>();
        for (int i = 0; i < computed.distances().size(); i++) {
            double distance = computed.distances().get(i);
            if (distance < limit) found.add(new Found(nonces.get(i), Double.toString(distance)));
        }
        return new Result(found, computed.distances().size(), computed.deviceNanos());
    }

    /** The distances of all of a batch's nonces, as the one result of its lease; none where the lease was cancelled before all were computed. */
    private static Result validated(Lease lease, Validation validation, List<Long> nonces, Computed computed) {
        if (computed.distances().size() < nonces.size()) return new Result(List.of(), 0, computed.deviceNanos());
        Map<Long, Double> distances = new HashMap<>();
        for (int i = 0; i < nonces.size(); i++) distances.put(nonces.get(i), computed.distances().get(i));
        return new Result(List.of(new Found(lease.nonceValues()[0], ValidatedDistances.proof(validation, distances))), 1, computed.deviceNanos());
    }

    /** A copy of a pool on the device, begun while the pool is drawn. */
    private final class Early implements AutoCloseable {
        private final boolean wanted;
        private final List<Engine.EarlyCopy> copies = new ArrayList<>();

        Early(boolean wanted) {
            this.wanted = wanted;
        }

        private void begin(WeightPool drawn) {
            if (wanted) copies.add(engine.copyAside(drawn));
        }

        private void giveUp() {
            copies.forEach(Engine.EarlyCopy::close);
            copies.clear();
        }

        @Override
        public void close() {
            giveUp();
        }
    }

    /** Has the device prepare for a model that is not open, in a thread of its own while this one waits for the weights; whether it is not open. */
    private boolean warm(Key key) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            if (models.containsKey(key) || lost) return false;
        } finally {
            lock.unlock();
        }
        engine.warmAside(key.params());
        return true;
    }

    private Opened take(Key key, WeightPools.Shared pool) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            // The other slot lost the device since this one found it ready.
            if (lost) throw new DeviceLostException(engine.device().id() + " was lost");
            Opened opened = models.get(key);
            if (opened == null) {
                opened = open(key, pool);
                models.put(key, opened);
            }
            opened.users++;
            return opened;
        } catch (DeviceLostException broken) {
            lost = true;
            throw broken;
        } finally {
            lock.unlock();
        }
    }

    private Opened open(Key key, WeightPools.Shared pool) {
        while (models.size() >= OPEN_MODELS && closeLeastUsed()) {}
        while (true) {
            try {
                return new Opened(engine.open(key.params(), pool.pool()), pool.share());
            } catch (DeviceMemoryException full) {
                // Models of blocks that no lease asks for now make room.
                if (!closeLeastUsed()) throw full;
            }
        }
    }

    /** Closes the model that was not used for the longest time; false when all are in use. */
    private boolean closeLeastUsed() {
        for (var oldest = models.values().iterator(); oldest.hasNext(); ) {
            Opened opened = oldest.next();
            if (opened.users > 0) continue;
            oldest.remove();
            opened.close();
            return true;
        }
        return false;
    }

    private NonceInputs inputs(Opened opened) {
        lock.lock();
        try {
            NonceInputs idle = opened.idle.poll();
            return idle != null ? idle : opened.model.newInputs();
        } finally {
            lock.unlock();
        }
    }

    private void giveBack(Opened opened, @Nullable NonceInputs inputs) {
        lock.lock();
        try {
            if (inputs != null) opened.idle.push(inputs);
            opened.users--;
            released.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void markLost() {
        lock.lock();
        try {
            lost = true;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            models.values().forEach(Opened::close);
            models.clear();
        } finally {
            lock.unlock();
        }
    }
}
