package io.bignode.node;

import io.bignode.broker.ArtemisWorker;
import io.bignode.broker.JoinFailure;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Tells the log, and health checks, how a worker's connection to its head is doing: each change at once, and the log what stays wrong once a minute. Thread
 * safe.
 */
public final class JoinLog implements ArtemisWorker.Watcher {
    private static final System.Logger LOG = System.getLogger(JoinLog.class.getName());
    private static final Duration AGAIN = Duration.ofMinutes(1);

    private final String worker;
    private final String head;
    private final WorkerState state;
    private final LongSupplier nanoTime;
    private String last = "";
    private long lastNanos;

    /**
     * A log for this worker.
     *
     * @param worker its name
     * @param head   where the head is
     * @param state  what health checks look at
     */
    public JoinLog(String worker, String head, WorkerState state) {
        this(worker, head, state, System::nanoTime);
    }

    JoinLog(String worker, String head, WorkerState state, LongSupplier nanoTime) {
        this.worker = worker;
        this.head = head;
        this.state = state;
        this.nanoTime = nanoTime;
    }

    @Override
    public synchronized void joined() {
        last = "";
        state.joined(head);
        LOG.log(System.Logger.Level.INFO, "worker {1} joined {0}", head, worker);
    }

    @Override
    public synchronized void apart(JoinFailure failure) {
        state.apart(head);
        long now = nanoTime.getAsLong();
        if (failure.reason().equals(last) && now - lastNanos < AGAIN.toNanos()) return;
        last = failure.reason();
        lastNanos = now;
        System.Logger.Level level = failure.kind() == JoinFailure.Kind.REFUSED ? System.Logger.Level.ERROR : System.Logger.Level.WARNING;
        LOG.log(level, "worker {0} is not connected to {1}, trying again: {2}", worker, head, failure.reason());
    }
}
