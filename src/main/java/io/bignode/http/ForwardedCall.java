package io.bignode.http;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * A request as another server sees it, on its way there, and the answer on its way back. One thread waits for it, the proxy's threads read and write. Thread
 * safe.
 */
final class ForwardedCall extends Request.Wrapper implements Callback {
    /** How often it is looked at whether the client is still there. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    /** What of a request's head is passed on, in small letters. The last two say for the proxy alone where the body ends, and which headers are not meant for it. */
    private static final Set<String> PASSED = Set.of(
            "accept", "content-type", "content-encoding", "x-request-id", "traceparent", "tracestate", "transfer-encoding", "connection");

    private final Response response;
    private final ConnectionLimits.Limited connection;
    private final Duration stalled;
    private final URI to;
    private final Optional<String> bearer;
    private final long maxBody;
    private final Duration patience;
    private final HttpFields headers;
    private final long begunNanos = System.nanoTime();
    private final CountDownLatch done = new CountDownLatch(1);

    /** Held while the connection is asked whether the client is there, which nobody may while an answer is written. */
    private final ReentrantLock lock = new ReentrantLock();

    private boolean begun;
    private volatile boolean reached;
    private volatile boolean whole;
    private volatile boolean tooLarge;
    private volatile @Nullable Throwable clientFailure;
    private volatile @Nullable Throwable failure;
    private volatile org.eclipse.jetty.client.@Nullable Request sent;
    private long passed;

    /**
     * A request none of whose body was read.
     *
     * @param stalled  how long the request's body, or the taking of a piece of the answer, may take
     * @param to       where it goes
     * @param bearer   what its server is shown
     * @param maxBody  the most bytes of its body
     * @param patience how long the whole call may take
     */
    ForwardedCall(
            Request request, Response response, ConnectionLimits.Limited connection, Duration stalled, URI to, Optional<String> bearer, long maxBody,
            Duration patience) {
        super(request);
        this.response = response;
        this.connection = connection;
        this.stalled = stalled;
        this.to = to;
        this.bearer = bearer;
        this.maxBody = maxBody;
        this.patience = patience;
        boolean hasBody = request.getLength() > 0 || request.getHeaders().contains(HttpHeader.TRANSFER_ENCODING);
        this.headers = headers(request.getHeaders(), hasBody);
        this.whole = !hasBody;
    }

    /** Network nodes send JSON without saying so. */
    private static HttpFields headers(HttpFields of, boolean hasBody) {
        HttpFields.Mutable passed = HttpFields.build();
        of.stream().filter(field -> PASSED.contains(field.getLowerCaseName())).filter(field -> hasBody || field.getHeader() != HttpHeader.CONTENT_TYPE)
                .forEach(passed::add);
        if (hasBody && !passed.contains(HttpHeader.CONTENT_TYPE)) passed.put(HttpHeader.CONTENT_TYPE, "application/json");
        return passed.asImmutable();
    }

    URI to() {
        return to;
    }

    Optional<String> bearer() {
        return bearer;
    }

    Duration patience() {
        return patience;
    }

    /** Notes what is sent to the other server. */
    void sent(org.eclipse.jetty.client.Request request) {
        sent = request;
    }

    /** Notes that the other server took the connection. */
    void reached() {
        reached = true;
    }

    /** Notes that the other server begins its answer; false once the call was given up. */
    boolean begin() {
        lock.lock();
        try {
            begun = true;
            return done.getCount() > 0;
        } finally {
            lock.unlock();
        }
    }

    /** Gives the call up. */
    void abort(Throwable why) {
        org.eclipse.jetty.client.Request given = sent;
        if (given == null) return;
        var _ = given.abort(why);
    }

    @Override
    public HttpFields getHeaders() {
        return headers;
    }

    @Override
    public Content.@Nullable Chunk read() {
        if (tooLarge) return Content.Chunk.from(new IOException("the body is too large"), true);
        Content.Chunk chunk = super.read();
        if (chunk == null) return null;
        if (Content.Chunk.isFailure(chunk)) clientFailure = chunk.getFailure();
        passed += chunk.remaining();
        if (passed > maxBody) {
            tooLarge = true;
            chunk.release();
            return Content.Chunk.from(new IOException("the body is too large"), true);
        }
        if (chunk.isLast()) whole = true;
        return chunk;
    }

    /** The other server's failure is none of the client's, who is answered all the same. */
    @Override
    public void fail(Throwable unused) {}

    /** Where the answer is written; each piece has to be taken by the client in time. */
    Response answer() {
        return new Response.Wrapper(this, response) {
            @Override
            public void write(boolean last, ByteBuffer content, Callback callback) {
                connection.writing(stalled);
                super.write(last, content, new Callback.Nested(callback) {
                    @Override
                    public void completed() {
                        connection.written();
                    }
                });
            }
        };
    }

    @Override
    public void succeeded() {
        done.countDown();
    }

    @Override
    public void failed(Throwable why) {
        failure = why;
        done.countDown();
    }

    @Override
    public InvocationType getInvocationType() {
        return InvocationType.NON_BLOCKING;
    }

    /**
     * Waits until the answer was passed on as a whole.
     *
     * @param exchange the client's
     * @throws ForwardException     when there is no answer
     * @throws ProblemException     when the body is too large
     * @throws IOException          when the client is gone, its body is not there in time, or the answer ended in its middle
     * @throws InterruptedException when the server stops
     */
    void await(Exchange exchange) throws ForwardException, ProblemException, IOException, InterruptedException {
        IOException gone = null;
        try {
            while (!done.await(LOOK.toNanos(), TimeUnit.NANOSECONDS)) {
                try {
                    requireClient(exchange);
                } catch (IOException away) {
                    gone = away;
                    abort(away);
                }
            }
        } catch (InterruptedException stop) {
            abort(stop);
            throw stop;
        }
        if (gone != null) throw gone;
        Throwable why = failure;
        if (why != null) throw problem(why);
    }

    private void requireClient(Exchange exchange) throws IOException {
        if (!whole) {
            if (System.nanoTime() - begunNanos > stalled.toNanos()) throw new BodyStream.Late();
            return;
        }
        lock.lock();
        try {
            if (!begun) exchange.requireClient();
        } finally {
            lock.unlock();
        }
    }

    private IOException problem(Throwable why) throws ForwardException, ProblemException {
        Throwable client = clientFailure;
        if (client != null) return BodyStream.failure(client);
        if (response.isCommitted()) return new IOException("the answer ended in its middle", why);
        response.reset();
        if (tooLarge) throw new ProblemException(Problem.tooLarge(maxBody));
        throw new ForwardException(reason(why), reached, why);
    }

    private String reason(Throwable why) {
        if (why instanceof Forwarder.Refused) return String.valueOf(why.getMessage());
        if (!reached) return "it cannot be reached";
        return why instanceof TimeoutException ? "it did not answer within " + patience.toMinutes() + " minutes" : "it ended the connection without an answer";
    }
}
