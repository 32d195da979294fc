package io.bignode.faults;

import io.bignode.broker.ArtemisWorker;
import io.bignode.broker.BrokerAccess;
import io.bignode.broker.JoinFailure;
import io.bignode.broker.SeveralHeads;
import io.bignode.engine.CancelledException;
import io.bignode.engine.Turn;
import io.bignode.protocol.DeviceId;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Found;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import io.bignode.protocol.WorkerSide;
import java.security.MessageDigest;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * A worker process whose devices compute nothing but take their time: the broker's side is the real one. Prints {@code lease} lines when asked
 * to, and every second how long its devices stood idle.
 */
final class SimulatedWorker {
    private static final String TOKEN = "JOIN_TOKEN_OF_TEST";

    private final WorkerSide broker;
    private final long nanosPerNonce;
    private final int forgeAfter;
    private final boolean talks;
    private final String how;
    private final AtomicLong busyNanos = new AtomicLong();
    private final AtomicLong results = new AtomicLong();

    private SimulatedWorker(WorkerSide broker, long nanosPerNonce, int forgeAfter, boolean talks, String how) {
        this.broker = broker;
        this.nanosPerNonce = nanosPerNonce;
        this.forgeAfter = forgeAfter;
        this.talks = talks;
        this.how = how;
    }

    /**
     * Runs until it is killed.
     *
     * @param args port and fingerprint of the head, or those of several with commas between them, name, devices, nonces a second, after how many results it misbehaves (-1 never), whether it prints leases, how it
     *             misbehaves: {@code forge} unless it is told. Names that are separated by commas are as many workers that share the process
     */
    public static void main(String[] args) throws Exception {
        String[] names = args[2].split(",");
        for (int i = 1; i < names.length; i++) {
            String name = names[i];
            Thread.ofPlatform().start(() -> {
                try {
                    work(name, args);
                } catch (Exception broken) {
                    throw new IllegalStateException("worker " + name, broken);
                }
            });
        }
        work(names[0], args);
    }

    private static void work(String name, String[] args) throws Exception {
        List<DeviceOffer> devices = IntStream.range(0, Integer.parseInt(args[3]))
                .mapToObj(i -> new DeviceOffer(name + "/sim:" + i, "simulated", 1L << 30, 256))
                .toList();
        String[] ports = args[0].split(",");
        CountDownLatch joined = new CountDownLatch(ports.length);
        List<SeveralHeads.Head> heads = new ArrayList<>();
        for (int i = 0; i < ports.length; i++) {
            BrokerAccess.Tls route = new BrokerAccess.Tls("127.0.0.1", Integer.parseInt(ports[i]), pinned(args[1].split(",")[i]), false);
            ArtemisWorker link = new ArtemisWorker(name, devices, new BrokerAccess(route, name, System.getenv(TOKEN)), new Watcher(joined, new AtomicBoolean()));
            link.start();
            heads.add(new SeveralHeads.Head(ports[i], link));
        }
        WorkerSide broker = heads.size() == 1 ? heads.getFirst().side() : several(heads, devices);
        long nanosPerNonce = (long) (1e9 / Double.parseDouble(args[4]));
        String how = args.length > 7 ? args[7] : "forge";
        SimulatedWorker worker = new SimulatedWorker(broker, nanosPerNonce, Integer.parseInt(args[5]), Boolean.parseBoolean(args[6]), how);
        joined.await();
        if (ports.length > 1) System.out.println("joined all");
        long began = System.nanoTime();
        for (DeviceOffer device : devices) {
            worker.start(device);
            // Devices of a farm do not end their leases all at the same moment.
            Thread.sleep(Duration.ofSeconds(1).dividedBy(devices.size()));
        }
        while (true) {
            Thread.sleep(Duration.ofSeconds(1));
            System.out.printf("busy %d of %d device-ms, %d results%n",
                    worker.busyNanos.get() / 1_000_000, (System.nanoTime() - began) / 1_000_000 * devices.size(), worker.results.get());
        }
    }

    private static SeveralHeads several(List<SeveralHeads.Head> heads, List<DeviceOffer> devices) {
        SeveralHeads several = new SeveralHeads(heads, devices.stream().map(device -> DeviceId.of(device.deviceId()).device()).toList());
        several.start();
        return several;
    }

    private void start(DeviceOffer device) {
        ReentrantLock computing = new ReentrantLock(true);
        String name = device.deviceId().substring(device.deviceId().indexOf('/') + 1);
        for (int slot = 0; slot < 2; slot++) Thread.ofVirtual().start(() -> slot(name, computing));
    }

    private void slot(String device, ReentrantLock computing) {
        try {
            while (true) {
                broker.request(new LeaseRequest(device, 256));
                Optional<Lease> lease = broker.take(device);
                if (lease.isEmpty()) return;
                compute(device, lease.get(), computing);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts a slot", e);
        }
    }

    private void compute(String device, Lease lease, ReentrantLock computing) throws InterruptedException {
        broker.report(new LeaseReport.Started(lease.id(), 256));
        int count = lease.range().count();
        try {
            Turn.take(computing, () -> broker.cancelled(lease.id()));
        } catch (CancelledException stop) {
            broker.report(new LeaseReport.Returned(lease.id()));
            return;
        }
        long began = System.nanoTime();
        try {
            if (talks) System.out.println("lease " + lease.id() + " " + lease.sessionId() + " " + lease.range().first() + " " + count);
            long until = began + count * nanosPerNonce;
            while (System.nanoTime() < until && !broker.cancelled(lease.id())) LockSupport.parkNanos(Math.min(50_000_000, until - System.nanoTime()));
        } finally {
            computing.unlock();
        }
        long took = System.nanoTime() - began;
        busyNanos.addAndGet(took);
        if (broker.cancelled(lease.id())) {
            broker.report(new LeaseReport.Returned(lease.id()));
            return;
        }
        List<Found> found = SimulatedProof.found(lease.nonceValues(), count);
        long number = results.incrementAndGet();
        if (forgeAfter >= 0 && number > forgeAfter) {
            switch (how) {
                case "throw" -> {
                    broker.report(new LeaseReport.Failed(lease.id(), device + ": it is broken"));
                    return;
                }
                case "hang" -> new CountDownLatch(1).await();
                case "none" -> found = List.of();
                default -> found = forged(lease);
            }
        }
        broker.report(new LeaseReport.Done(lease.id(), found, count, count * nanosPerNonce));
    }

    /** What a worker says that did not compute: the right share of nonces, with likely distances. */
    private static List<Found> forged(Lease lease) {
        List<Found> found = new ArrayList<>();
        for (long nonce : lease.nonceValues()) if (nonce % 20 == 7) found.add(new Found(nonce, "1.3900001"));
        if (found.isEmpty()) found.add(new Found(lease.nonceValues()[0], "1.3900001"));
        return found;
    }

    private static SSLContext pinned(String fingerprint) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Pin(HexFormat.of().parseHex(fingerprint))}, null);
        return context;
    }

    private record Pin(byte[] fingerprint) implements X509TrustManager {
        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            try {
                if (MessageDigest.isEqual(fingerprint, MessageDigest.getInstance("SHA-256").digest(chain[0].getEncoded()))) return;
            } catch (java.security.NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
            throw new CertificateException("another certificate");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    private record Watcher(CountDownLatch all, AtomicBoolean first) implements ArtemisWorker.Watcher {
        @Override
        public void joined() {
            System.out.println("joined");
            if (first.compareAndSet(false, true)) all.countDown();
        }

        @Override
        public void apart(JoinFailure failure) {
            System.out.println("apart: " + failure.reason());
        }
    }

    /** The environment variable with the join token. */
    static String tokenVariable() {
        return TOKEN;
    }
}
