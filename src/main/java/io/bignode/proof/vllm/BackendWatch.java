package io.bignode.proof.vllm;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Looks every two seconds whether a server with vLLM's calls is there, which model it serves, and, of one that computes leases, whether somebody else has it
 * generate. Thread safe.
 */
public final class BackendWatch implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(BackendWatch.class.getName());
    private static final Duration LOOK = Duration.ofSeconds(2);

    private static final String OCCUPIED = "it generates for somebody else, who called its /api/v1/pow/init/generate";

    /** A busy server may miss one look. */
    private static final int MISSED = 2;

    private final String id;
    private final URI url;
    private final Backend backend;
    private final boolean computes;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private volatile boolean closed;

    /** The model as the server told it last; empty before it was there for the first time. */
    private Optional<String> model = Optional.empty();

    private boolean there;

    /** Whether somebody else has it generate, behind which our calls would wait. */
    private boolean occupied;

    private int missed;
    private Optional<Thread> thread = Optional.empty();

    /**
     * A server of inference that was not looked at yet: it needs no calls for the proof of compute.
     *
     * @param id  its name in the log
     * @param url scheme, host and port, and a path where it has one
     */
    public BackendWatch(String id, URI url) {
        this(id, url, new Backend(url), false);
    }

    /**
     * A server that was not looked at yet.
     *
     * @param backend  closed with its watch
     * @param computes whether it has to answer the calls for the proof of compute
     */
    BackendWatch(String id, URI url, Backend backend, boolean computes) {
        this.id = id;
        this.url = url;
        this.backend = backend;
        this.computes = computes;
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

    /** Where it is. */
    public URI url() {
        return url;
    }

    /** The model that it told last; empty before it was there for the first time. */
    Optional<String> model() {
        lock.lock();
        try {
            return model;
        } finally {
            lock.unlock();
        }
    }

    /** Why it takes no work now; empty where it does. */
    Optional<String> occupied() {
        lock.lock();
        try {
            return occupied ? Optional.of(OCCUPIED) : Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /** The model that it serves; empty while it is away. */
    public Optional<String> serving() {
        lock.lock();
        try {
            return there ? model : Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Looks at it from now on.
     *
     * @param onChange run whenever it serves another model than before, or takes work and did not, or the other way round
     */
    public void start(Runnable onChange) {
        thread = Optional.of(Thread.ofPlatform().daemon().name(id + "-watch").start(() -> look(onChange)));
    }

    private void look(Runnable onChange) {
        try {
            while (!closed) {
                try {
                    if (found(computes ? backend.look() : new Backend.State(backend.model(), false))) onChange.run();
                } catch (BackendException away) {
                    missed(String.valueOf(away.getMessage()));
                }
                Thread.sleep(LOOK);
            }
        } catch (InterruptedException close) {
            LOG.log(System.Logger.Level.DEBUG, "backend {0} is not watched any more", id);
        }
    }

    /** Whether it says something else than before. */
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

    /** Waits until it is there and free. */
    void await() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!there || occupied) changed.await();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.ifPresent(Thread::interrupt);
        backend.close();
    }
}
