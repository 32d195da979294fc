package io.bignode.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.task.InterruptableTask;
import io.helidon.http.Status;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionListener;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Takes every connection for HTTP/1.1, so that whatever comes is answered, and adds three things to Helidon's own handling of it: what
 * was received and not yet read is bounded, one that stalls is ended even in the middle of a request, and a client that was refused while
 * it still sent gets to read the refusal.
 */
final class Connections implements ServerConnectionSelector {
    private static final ScopedValue<Progress> PROGRESS = ScopedValue.newInstance();

    private final Http1ConnectionSelector http1;
    private final Duration stalled;
    private final AtomicInteger open = new AtomicInteger();

    /**
     * Connections with these limits.
     *
     * @param stalled how long a request may take, or the next one may be away
     */
    Connections(Http1Config.Builder config, Duration stalled) {
        this.stalled = stalled;
        Http1ConnectionListener refusals = new Http1ConnectionListener() {
            @Override
            public void status(ConnectionContext context, Status status) {
                ((BoundedContext) context).answered(status.code());
            }
        };
        this.http1 = Http1ConnectionSelector.builder()
                .config(config.sendListeners(List.of(refusals)).build())
                .build();
    }

    /** How many connections there are. */
    int open() {
        return open.get();
    }

    @Override
    public int bytesToIdentifyConnection() {
        return 0;
    }

    @Override
    public Support supports(BufferData data) {
        return Support.SUPPORTED;
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return http1.supportedApplicationProtocols();
    }

    @Override
    public ServerConnection connection(ConnectionContext context) {
        BoundedContext bounded = new BoundedContext(context);
        return new BoundedConnection(http1.connection(bounded), bounded, stalled, open, new Progress(stalled));
    }

    /** How the answer that this thread writes is doing. */
    static Progress progress() {
        return PROGRESS.get();
    }

    /** How a connection's answer of events is doing: it may last for as long as its client reads. */
    static final class Progress {
        private static final Duration LONGEST_WRITE = Duration.ofSeconds(10);

        private final Duration longestWrite;
        private volatile boolean streaming;
        private volatile boolean writing;
        private volatile long sinceNanos;

        Progress(Duration stalled) {
            this.longestWrite = stalled.compareTo(LONGEST_WRITE) < 0 ? stalled : LONGEST_WRITE;
        }

        /** An event is about to be written, or was. */
        void writing(boolean is) {
            sinceNanos = System.nanoTime();
            writing = is;
            streaming = true;
        }

        /** Whether events are written at all. */
        boolean streaming() {
            return streaming;
        }

        /** Whether the client does not take an event. */
        boolean stuck() {
            return writing && System.nanoTime() - sinceNanos > longestWrite.toNanos();
        }
    }

    /** Helidon's connection, with an end to everything. */
    private record BoundedConnection(
            ServerConnection connection, BoundedContext context, Duration stalled, AtomicInteger open, Progress progress)
            implements ServerConnection, InterruptableTask<Void> {
        private static final Duration PATIENCE = Duration.ofSeconds(2);
        private static final long MOST_BYTES = 8L << 20;

        @Override
        public void handle(Limit limit) throws InterruptedException {
            open.incrementAndGet();
            try {
                ScopedValue.where(PROGRESS, progress).<@Nullable Void, InterruptedException>call(() -> {
                    connection.handle(limit);
                    return null;
                });
                if (context.refused()) linger();
            } finally {
                open.decrementAndGet();
            }
        }

        /** Closing on unread bytes would send a reset, which makes the client's system drop the answer it has not read yet. */
        private void linger() {
            Thread patience = Thread.startVirtualThread(() -> {
                try {
                    Thread.sleep(PATIENCE);
                    context.serverSocket().close();
                } catch (InterruptedException | UncheckedIOException e) {
                    // over already
                }
            });
            try {
                long discarded = 0;
                byte[] bytes = context.serverSocket().get();
                while (bytes != null && discarded < MOST_BYTES) {
                    discarded += bytes.length;
                    bytes = context.serverSocket().get();
                }
            } catch (UncheckedIOException e) {
                // gone, or out of patience
            } finally {
                patience.interrupt();
            }
        }

        @Override
        public Duration idleTime() {
            if (!progress.streaming()) return connection.idleTime();
            return progress.stuck() ? stalled.plusSeconds(1) : Duration.ZERO;
        }

        /** Helidon's timer asks a stalled connection politely, and that ends only one that waits for a request. */
        @Override
        public void close(boolean interrupt) {
            connection.close(interrupt || idleTime().compareTo(stalled) > 0);
        }

        @Override
        public boolean canInterrupt() {
            return connection instanceof InterruptableTask<?> task && task.canInterrupt();
        }
    }
}
