package io.bignode.proof.vllm;

import com.fasterxml.jackson.databind.JsonNode;
import io.bignode.proof.ProofDevice;
import io.bignode.protocol.DeviceId;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Found;
import io.bignode.protocol.Lease;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * A vLLM backend as a device: a lease is one call of it. Whether it is there, which model it serves, and whether somebody else has it generate is looked at
 * every two seconds; while it is away or generates, its slots wait and request no leases.
 */
public final class VectorDevice implements ProofDevice {
    private static final System.Logger LOG = System.getLogger(VectorDevice.class.getName());

    /** What a backend computes in one go. */
    private static final int BATCH = 32;

    /** A lease should be some of these: short enough to be interrupted between them, long enough for the way to the backend not to matter. */
    private static final Duration STEP = Duration.ofMillis(250);

    private static final int MAX_STEP = 64 * BATCH;
    private static final String OCCUPIED = "it generates for somebody else, who called its /api/v1/pow/init/generate";
    private static final Duration LOOK = Duration.ofSeconds(2);

    /** A busy backend may miss one look. */
    private static final int MISSED = 2;

    /** Longer than a backend waits for chat that it serves first; the head gives a lease up long before where it knows the backend's rate. */
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    /** Reports of a lease that may be sent in one message of the broker; what exceeds it is computed again. */
    private static final int MAX_REPORT = 2 << 20;

    /** Longer than that no device's name may be. */
    private static final int MAX_NAME = 128;

    /** Weight of the newest measurement in the running mean. */
    private static final double NEWEST = 0.5;

    private final String id;
    private final URI url;
    private final Backend backend;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private volatile boolean closed;

    /** The model as the backend told it last; empty before it was there for the first time. */
    private Optional<String> model = Optional.empty();

    private boolean there;

    /** Whether somebody else has it generate, behind which our calls would wait. */
    private boolean occupied;

    private int missed;
    private double nanosPerNonce;
    private long lastEndNanos = System.nanoTime();
    private Optional<Thread> watch = Optional.empty();

    /**
     * A backend that was not looked at yet.
     *
     * @param id  its name within the host, for instance {@code vllm:0}
     * @param url scheme, host and port, and a path where it has one
     */
    public VectorDevice(String id, URI url) {
        this.id = id;
        this.url = url;
        this.backend = new Backend(url);
    }

    /**
     * What a backend says of itself.
     *
     * @param model    the id of the model that it serves
     * @param occupied why it takes no work now; empty where it does
     */
    public record Probe(String model, Optional<String> occupied) {}

    /**
     * Asks a backend once which model it serves, and whether it takes work.
     *
     * @throws IllegalStateException when it is not there, or serves none; the message says so
     * @throws InterruptedException  when interrupted while waiting
     */
    public static Probe probe(URI url) throws InterruptedException {
        try (Backend backend = new Backend(url)) {
            Backend.State state = backend.look();
            return new Probe(state.model(), state.generating() ? Optional.of(OCCUPIED) : Optional.empty());
        } catch (BackendException away) {
            throw new IllegalStateException(away.getMessage(), away);
        }
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public int maxBatch() {
        return BATCH;
    }

    @Override
    public String function() {
        return VectorOrder.FUNCTION;
    }

    /** What a worker offers it as. */
    public DeviceOffer offer(String worker) {
        lock.lock();
        try {
            // Devices that are alike have the same name.
            String name = model.map(loaded -> "vLLM, " + loaded).orElse("vLLM");
            return new DeviceOffer(
                    new DeviceId(worker, id).id(), name.substring(0, Math.min(MAX_NAME, name.length())), 0, BATCH,
                    model.map(VectorOrder::served).orElse(VectorOrder.FUNCTION), occupied ? OCCUPIED : "");
        } finally {
            lock.unlock();
        }
    }

    /**
     * Looks at the backend from now on.
     *
     * @param onChange told whenever it serves another model than before, or takes work and did not, or the other way round
     */
    public void watch(Consumer<VectorDevice> onChange) {
        watch = Optional.of(Thread.ofPlatform().daemon().name(id + "-watch").start(() -> look(onChange)));
    }

    private void look(Consumer<VectorDevice> onChange) {
        try {
            while (!closed) {
                try {
                    if (found(backend.look())) onChange.accept(this);
                } catch (BackendException away) {
                    missed(String.valueOf(away.getMessage()));
                }
                Thread.sleep(LOOK);
            }
        } catch (InterruptedException close) {
            LOG.log(System.Logger.Level.DEBUG, "backend {0} is not watched any more", id);
        }
    }

    /** Whether it is another offer than before. */
    private boolean found(Backend.State now) {
        lock.lock();
        try {
            boolean other = !model.equals(Optional.of(now.model()));
            boolean turned = occupied != now.generating();
            if (other || !there) LOG.log(System.Logger.Level.INFO, "backend {0} at {1} serves {2}", id, url, now.model());
            if (turned && now.generating()) LOG.log(System.Logger.Level.WARNING, "backend {0} at {1} gets no leases: {2}", id, url, OCCUPIED);
            if (turned && !now.generating()) LOG.log(System.Logger.Level.INFO, "backend {0} at {1} takes leases again", id, url);
            model = Optional.of(now.model());
            occupied = now.generating();
            there = true;
            missed = 0;
            changed.signalAll();
            return other || turned;
        } finally {
            lock.unlock();
        }
    }

    private void missed(String reason) {
        lock.lock();
        try {
            missed++;
            boolean first = model.isEmpty() && missed == 1;
            if (first || there && missed >= MISSED) LOG.log(System.Logger.Level.WARNING, "backend {0} at {1} is not there: {2}", id, url, reason);
            if (missed >= MISSED) there = false;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the backend is there and free. */
    @Override
    public void prepare() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!there || occupied) changed.await();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Result compute(Lease lease, IntConsumer started, BooleanSupplier cancelled) throws InterruptedException {
        VectorOrder order = VectorOrder.of(lease.work());
        started.accept(step());
        long began = System.nanoTime();
        if (order.request().isPresent()) {
            Optional<JsonNode> answer = backend.request(order, PATIENCE, cancelled);
            long nanos = ended(began, 0);
            return answer.map(whole -> new Result(List.of(new Found(lease.nonceValues()[0], whole.toString())), 1, nanos))
                    .orElseGet(() -> new Result(List.of(), 0, nanos));
        }
        if (order.check().isPresent()) {
            long[] nonces = Verdicts.nonces(order.check().get());
            Optional<List<Found>> verdicts = nonces.length == 0 ? Optional.of(List.of()) : backend.check(order, nonces, PATIENCE, cancelled);
            long nanos = ended(began, nonces.length);
            return verdicts.map(found -> new Result(found, lease.range().count(), nanos)).orElseGet(() -> new Result(List.of(), 0, nanos));
        }
        long[] nonces = lease.nonceValues();
        Optional<Artifacts> artifacts = backend.generate(order, nonces, PATIENCE, cancelled);
        long nanos = ended(began, artifacts.isPresent() ? nonces.length : 0);
        return artifacts.map(answer -> result(answer, nonces, nanos)).orElseGet(() -> new Result(List.of(), 0, nanos));
    }

    /** As much of an answer as a message to the head may hold. */
    private static Result result(Artifacts answer, long[] nonces, long nanos) {
        List<Found> found = new ArrayList<>();
        int bytes = 0;
        for (Found one : answer.found()) {
            bytes += one.proof().length();
            if (bytes > MAX_REPORT && !found.isEmpty()) {
                int computed = Arrays.binarySearch(nonces, one.nonce());
                return new Result(found, computed, nanos, answer.missing().stream().filter(nonce -> nonce < one.nonce()).toList());
            }
            found.add(one);
        }
        return new Result(found, nonces.length, nanos, answer.missing());
    }

    /** A lease's size is a multiple of this: whole batches of the backend. */
    private int step() {
        lock.lock();
        try {
            if (nanosPerNonce == 0) return BATCH;
            return BATCH * Math.clamp(Math.round(STEP.toNanos() / nanosPerNonce / BATCH), 1, MAX_STEP / BATCH);
        } finally {
            lock.unlock();
        }
    }

    /** How long the backend was busy with a call: two are under way at a time, and it begins one when it is done with the other. */
    private long ended(long began, int nonces) {
        lock.lock();
        try {
            long now = System.nanoTime();
            long nanos = now - Math.max(began, lastEndNanos);
            lastEndNanos = now;
            if (nonces > 0) {
                double measured = (double) nanos / nonces;
                nanosPerNonce = nanosPerNonce == 0 ? measured : nanosPerNonce + NEWEST * (measured - nanosPerNonce);
            }
            return nanos;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Map<String, Double> gauges() {
        return Map.of();
    }

    @Override
    public void close() {
        closed = true;
        watch.ifPresent(Thread::interrupt);
        backend.close();
    }
}
