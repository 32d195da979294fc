package io.bignode.http;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;

/** A request's body, which must be there as a whole within some time, however its bytes drip. Used by one thread. */
final class BodyStream extends InputStream {
    /** Thrown when the body did not arrive in time. */
    static final class Late extends IOException {
        private static final long serialVersionUID = 1L;
    }

    /** Thrown when what follows the head is framed wrongly. The cause is the server's own exception, whose message may quote bytes of the request. */
    static final class Malformed extends IOException {
        private static final long serialVersionUID = 1L;

        private Malformed(Throwable cause) {
            super(cause);
        }
    }

    private final Request request;
    private final ConnectionLimits.Limited connection;
    private long deadlineNanos;
    private boolean late;
    private Content.@Nullable Chunk chunk;

    /**
     * A body nothing was read of yet.
     *
     * @param patience how long all of it may take
     */
    BodyStream(Request request, ConnectionLimits.Limited connection, Duration patience) {
        this.request = request;
        this.connection = connection;
        this.deadlineNanos = System.nanoTime() + patience.toNanos();
    }

    @Override
    public int read() throws IOException {
        byte[] single = new byte[1];
        return read(single, 0, 1) < 0 ? -1 : single[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) return 0;
        Content.Chunk next = next();
        if (!next.hasRemaining()) return -1; // kept, so that the next read finds the end too
        int count = Math.min(length, next.remaining());
        next.getByteBuffer().get(bytes, offset, count);
        if (!next.hasRemaining()) {
            next.release();
            chunk = Content.Chunk.next(next);
        }
        return count;
    }

    /** Leaves the body to another reader: whatever has not arrived by now is not waited for here. */
    void handOver() {
        late = true;
    }

    /** Reads what follows and drops it: {@code max} bytes at most, and for no longer than {@code patience}. */
    void discard(long max, Duration patience) throws IOException {
        deadlineNanos = System.nanoTime() + patience.toNanos();
        byte[] bytes = new byte[8192];
        long discarded = 0;
        for (int count = read(bytes); count >= 0 && discarded < max; count = read(bytes)) discarded += count;
    }

    /** Gives back what was received and not read. */
    @Override
    public void close() {
        if (chunk != null) chunk.release();
        chunk = null;
    }

    /** The chunk to read from: one with bytes, or the end. */
    private Content.Chunk next() throws IOException {
        while (true) {
            if (chunk == null) chunk = request.read();
            Content.Chunk found = chunk;
            if (found == null) {
                await();
            } else if (Content.Chunk.isFailure(found)) {
                throw failure(found.getFailure());
            } else if (found.hasRemaining() || found.isLast()) {
                return found;
            } else {
                found.release();
                chunk = null;
            }
        }
    }

    private void await() throws IOException {
        if (late) throw new Late(); // what was asked for is still to come, and must not be asked for twice
        CountDownLatch arrived = new CountDownLatch(1);
        request.demand(Invocable.from(Invocable.InvocationType.NON_BLOCKING, arrived::countDown));
        connection.awaitsBody(true);
        try {
            late = !arrived.await(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("the server stops", e);
        } finally {
            connection.awaitsBody(false);
        }
        if (late) throw new Late();
    }

    /** What a client's failure to send its body is to a reader. */
    static IOException failure(Throwable cause) {
        return cause instanceof HttpException ? new Malformed(cause) : new IOException("the client is gone", cause);
    }
}
