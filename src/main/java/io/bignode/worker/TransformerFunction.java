package io.bignode.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.bignode.engine.CancelledException;
import io.bignode.engine.Distances;
import io.bignode.engine.Engine;
import io.bignode.engine.Model;
import io.bignode.lease.Lease;
import io.bignode.poc.InvalidOrderException;
import io.bignode.poc.ModelParams;
import io.bignode.poc.NonceInputs;
import io.bignode.poc.ProofOrder;
import io.bignode.poc.Target;
import io.bignode.session.Found;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;

/** The transformer of the proof of compute on one device. */
final class TransformerFunction implements ProofFunction {
    /** Models kept open on a device: two sessions with different weights take turns without opening them anew each time. */
    private static final int OPEN_MODELS = 2;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Engine engine;
    private final WeightPools pools;

    /** The device's permit to compute; guards {@link #models}. */
    private final ReentrantLock device = new ReentrantLock(true);

    private final Map<Key, Opened> models = new LinkedHashMap<>(4, 0.75f, true);

    private record Key(String blockHash, ModelParams params) {}

    private record Opened(Model model, WeightPools.Shared pool, Target target) implements AutoCloseable {
        @Override
        public void close() {
            model.close();
            pool.close();
        }
    }

    TransformerFunction(Engine engine, WeightPools pools) {
        this.engine = engine;
        this.pools = pools;
    }

    @Override
    public String name() {
        return ProofOrder.FUNCTION;
    }

    @Override
    public Result compute(Lease lease, Runnable started, BooleanSupplier cancelled) throws CancelledException, InterruptedException {
        ProofOrder order = order(lease);
        Key key = new Key(order.blockHash(), order.params());
        List<Long> nonces = LongStream.of(lease.nonceValues()).boxed().toList();
        // Waiting for the pool needs no device: the other slot may compute meanwhile.
        try (WeightPools.Shared pool = pools.acquire(order.blockHash(), order.params().poolSize())) {
            List<Found> found = new ArrayList<>();
            long busy = 0;
            int computed = 0;
            while (computed < nonces.size()) {
                List<Long> batch = nonces.subList(computed, Math.min(nonces.size(), computed + engine.maxBatch(order.params())));
                NonceInputs inputs = NonceInputs.draw(order.blockHash(), order.publicKey(), order.params(), batch);
                device.lockInterruptibly();
                try {
                    long start = System.nanoTime();
                    Opened opened = open(key, pool);
                    started.run();
                    keep(batch, Distances.of(opened.model(), order, opened.target(), inputs, cancelled), order.rTarget(), found);
                    busy += System.nanoTime() - start;
                } catch (CancelledException stop) {
                    if (computed == 0) {
                        throw stop;
                    }
                    break;
                } finally {
                    device.unlock();
                }
                computed += batch.size();
            }
            return new Result(found, computed, busy);
        }
    }

    private static void keep(List<Long> nonces, double[] distances, double rTarget, List<Found> found) {
        for (int i = 0; i < distances.length; i++) {
            if (distances[i] < rTarget) {
                found.add(new Found(nonces.get(i), Double.toString(distances[i])));
            }
        }
    }

    private Opened open(Key key, WeightPools.Shared pool) {
        Opened opened = models.get(key);
        if (opened == null) {
            while (models.size() >= OPEN_MODELS) {
                var leastUsed = models.values().iterator();
                leastUsed.next().close();
                leastUsed.remove();
            }
            opened = new Opened(
                    engine.open(key.params(), pool.pool()), pool.share(), Target.of(key.blockHash(), key.params().vocabSize()));
            models.put(key, opened);
        }
        return opened;
    }

    private static ProofOrder order(Lease lease) {
        try {
            return ProofOrder.parse(JSON.readTree(lease.work().body()));
        } catch (JsonProcessingException | InvalidOrderException broken) {
            throw new IllegalArgumentException("lease " + lease.id() + " carries a work order that cannot be read", broken);
        }
    }

    @Override
    public void close() {
        device.lock();
        try {
            models.values().forEach(Opened::close);
            models.clear();
        } finally {
            device.unlock();
        }
    }
}
