package io.bignode.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The file {@code worker-state} of a worker's data folder, by which a health check knows the worker's state without asking it: it holds {@code joined} or
 * {@code apart}, the first where it is connected to a head or to one of several, and is renewed every few seconds by a worker that does not hang. It is there while the worker runs.
 */
public final class WorkerState implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(WorkerState.class.getName());

    private final Path file;
    private final ScheduledExecutorService pulse =
            Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().name("worker-state").factory());
    /** Those that it is connected to. */
    private final Set<String> heads = new HashSet<>();

    private boolean failed;
    private boolean closed;

    /**
     * Writes the file: the worker has not joined yet.
     *
     * @param dataDir the worker's data folder, which is there
     * @param period  how often the file is renewed
     */
    public WorkerState(Path dataDir, Duration period) {
        this.file = dataDir.resolve("worker-state");
        write("apart");
        var _ = pulse.scheduleAtFixedRate(this::renew, period.toMillis(), period.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** The worker is connected to a head. */
    synchronized void joined(String head) {
        if (heads.add(head) && heads.size() == 1) write("joined");
    }

    /** The worker is not connected to a head. */
    synchronized void apart(String head) {
        if (heads.remove(head) && heads.isEmpty()) write("apart");
    }

    private synchronized void write(String state) {
        if (closed) return;
        try {
            Files.writeString(file, state);
            failed = false;
        } catch (IOException e) {
            tell(e);
        }
    }

    private synchronized void renew() {
        if (closed) return;
        try {
            Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
            failed = false;
        } catch (IOException e) {
            tell(e);
        }
    }

    /** A worker computes without it; only a health check then calls it unhealthy. */
    private void tell(IOException failure) {
        if (!failed) LOG.log(System.Logger.Level.WARNING, "{0} cannot be written, so that health checks report this worker as hanging: {1}", file, failure);
        failed = true;
    }

    /** Removes the file. */
    @Override
    public void close() {
        pulse.shutdownNow();
        synchronized (this) {
            closed = true;
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                tell(e);
            }
        }
    }
}
