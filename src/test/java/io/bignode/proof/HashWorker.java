package io.bignode.proof;

import io.bignode.broker.ArtemisWorker;
import io.bignode.broker.BrokerAccess;
import io.bignode.node.tls.PinnedTls;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Found;
import io.bignode.protocol.Lease;
import io.bignode.worker.Worker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/** A worker process whose one device computes hashes. */
final class HashWorker {
    static final String TOKEN = "JOIN_TOKEN_OF_TEST";
    private static final int BATCH = 64;

    private HashWorker() {}

    /**
     * Works until it is killed.
     *
     * @param args port, fingerprint, name, and whether it makes hashes up
     */
    public static void main(String[] args) throws Exception {
        BrokerAccess.Tls route = new BrokerAccess.Tls("127.0.0.1", Integer.parseInt(args[0]), PinnedTls.context(args[1]), false);
        DeviceOffer offer = new DeviceOffer(args[2] + "/hash:0", "a digest", 1 << 20, BATCH, HashFunction.NAME);
        ArtemisWorker link = new ArtemisWorker(args[2], List.of(offer), new BrokerAccess(route, args[2], System.getenv(TOKEN)), new ArtemisWorker.Watcher() {});
        Worker worker = new Worker(List.of(new HashDevice(Boolean.parseBoolean(args[3]))), link, () -> {});
        link.start();
        worker.start();
        new CountDownLatch(1).await();
    }

    /** The function on the device. */
    private record HashDevice(boolean forges) implements ProofDevice {
        @Override
        public String id() {
            return "hash:0";
        }

        @Override
        public int maxBatch() {
            return BATCH;
        }

        @Override
        public String function() {
            return HashFunction.NAME;
        }

        @Override
        public void prepare() {}

        @Override
        public Result compute(Lease lease, IntConsumer started, BooleanSupplier cancelled) throws InterruptedException {
            started.accept(BATCH);
            long began = System.nanoTime();
            List<Found> found = new ArrayList<>();
            int computed = 0;
            for (long nonce : lease.nonceValues()) {
                if (cancelled.getAsBoolean()) break;
                String proof = HashFunction.proof(lease.work(), nonce);
                if (HashFunction.counts(proof)) found.add(new Found(nonce, forges ? "\"0123\"" : proof));
                computed++;
                Thread.sleep(Duration.ofMillis(1)); // as a device that takes its time
            }
            return new Result(found, computed, System.nanoTime() - began);
        }

        @Override
        public Map<String, Double> gauges() {
            return Map.of();
        }

        @Override
        public void close() {}
    }
}
