package io.bignode.proof.vllm;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Looks every two seconds whether a server with vLLM's calls is there, and which model it serves. Thread safe. */
public final class BackendWatch implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(BackendWatch.class.getName());
    private static final Duration LOOK = Duration.ofSeconds(2);

    /** A busy server may miss one look. */
    private static final int MISSED = 2;

    private final String id;
    private final URI url;
    private final Backend backend;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private volatile boolean closed;

    /** The model as the server told it last; empty before it was there for the first time. */
    private Optional<String> model = Optional.empty();

    private boolean there;
    private int missed;
    private Optional<Thread> thread = Optional.empty();

    /**
     * A server that was not looked at yet.
     *
     * @param id  its name in the log
     * @param url scheme, host and port, and a path where it has one
     */
    public BackendWatch(String id, URI url) {
        this(id, url, new Backend(url));
    }

    /** A backend that was not looked at yet; closed with its watch. */
    BackendWatch(String id, URI url, Backend backend) {
        this.id = id;
        this.url = url;
        this.backend = backend;
    }

    /**
     * Asks a server once which model it serves.
     *
     * @throws IllegalStateException when it is not there, or serves none; the message says so
     * @throws InterruptedException  when interrupted while waiting
     */
    public static String probe(URI url) throws InterruptedException {
        try (Backend backend = new Backend(url)) {
            return backend.model();
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
     * @param onModel run whenever it serves another model than before
     */
    public void start(Runnable onModel) {
        thread = Optional.of(Thread.ofPlatform().daemon().name(id + "-watch").start(() -> look(onModel)));
    }

    private void look(Runnable onModel) {
        try {
            while (!closed) {
                try {
                    if (found(backend.model())) onModel.run();
                } catch (BackendException away) {
                    missed(String.valueOf(away.getMessage()));
                }
                Thread.sleep(LOOK);
            }
        } catch (InterruptedException close) {
            LOG.log(System.Logger.Level.DEBUG, "backend {0} is not watched any more", id);
        }
    }

    /** Whether it serves another model than before. */
    private boolean found(String now) {
        lock.lock();
        try {
            boolean other = !model.equals(Optional.of(now));
            if (other || !there) LOG.log(System.Logger.Level.INFO, "backend {0} at {1} serves {2}", id, url, now);
            model = Optional.of(now);
            there = true;
            missed = 0;
            changed.signalAll();
            return other;
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

    /** Waits until it is there. */
    void await() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!there) changed.await();
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
