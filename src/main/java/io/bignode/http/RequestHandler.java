package io.bignode.http;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** Where the web server hands over each request, on a virtual thread; keeps it until there is somebody to serve it. */
final class RequestHandler extends Handler.Abstract {
    private static final System.Logger LOG = System.getLogger(RequestHandler.class.getName());
    private static final String LIVE = "/health/live";

    private static final int MAX_METHOD = 64;

    /** Path and query together. */
    private static final int MAX_TARGET = 4096;

    private static final Duration RETRY = Duration.ofSeconds(2);

    /** How much of a refused request is read for its client's sake, and for how long. */
    private static final long MAX_DISCARDED = 8L << 20;

    private static final Duration DISCARDING = Duration.ofSeconds(2);

    /** Between two requests of a connection without a token. */
    private static final Duration STRANGERS_PAUSE = Duration.ofMillis(1);

    private final HttpRules rules;
    private final ConnectionLimits limits;
    private final Forwarder forwarder;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private volatile Stage stage = new Stage.Starting();

    RequestHandler(HttpRules rules, ConnectionLimits limits, Forwarder forwarder) {
        this.rules = rules;
        this.forwarder = forwarder;
        this.limits = limits;
    }

    /** Sets the stage; requests that wait for it go on. */
    void stage(Stage next) {
        lock.lock();
        try {
            stage = next;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        ConnectionLimits.Limited connection = limits.of(request.getConnectionMetaData().getConnection());
        connection.begin();
        Exchange exchange = new Exchange(request, response, connection, rules, forwarder);
        try {
            serve(exchange);
            discard(exchange);
            callback.succeeded();
        } catch (BodyStream.Malformed e) {
            callback.failed(e.getCause()); // the server knows what to answer, and that the connection ends
        } catch (IOException e) {
            callback.failed(e); // the client is gone
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            callback.failed(e);
        } catch (RuntimeException | Error e) {
            // Whatever this is, it must end this request only, and nothing of it may reach the client.
            LOG.log(System.Logger.Level.ERROR, "a request failed", e);
            callback.failed(e);
        } finally {
            exchange.body().close();
            connection.end();
            // A client that sends request after request without a pause never makes this thread wait: others have their turn now. A stranger that does so
            // would take all the time there is; one that waits for its answers does not notice the pause, which comes after them.
            if (connection.isStranger()) LockSupport.parkNanos(STRANGERS_PAUSE.toNanos());
            else Thread.yield();
        }
        return true;
    }

    private void serve(Exchange exchange) throws IOException, InterruptedException {
        Optional<Problem> problem = problem(exchange);
        if (problem.isPresent()) {
            exchange.refuse(problem.get());
            return;
        }
        switch (settled(exchange)) {
            case Stage.Serving(RequestPipeline pipeline) -> pipeline.answer(exchange);
            case Stage.Starting _ -> notYet("starting", "this node is starting: it reads its settings and its sessions", exchange);
            case Stage.StandingBy _ -> notYet("standby", "this head is a standby: another head serves, and this one takes over when the other ends", exchange);
        }
    }

    /** What is wrong with a request, whoever sent it and whatever it asks for. */
    private static Optional<Problem> problem(Exchange exchange) {
        if (exchange.method().length() > MAX_METHOD) return Optional.of(Problem.malformed("there is no such method"));
        if (exchange.host().isBlank()) return Optional.of(Problem.malformed("the request's target names no host"));
        if (exchange.isAmbiguous()) return Optional.of(Problem.malformed("HTTP/1.0 knows no Transfer-Encoding: send the body with its Content-Length"));
        if (!exchange.isCodingKnown()) return Optional.of(Problem.malformed("of all transfer codings this node takes chunked alone"));
        if (exchange.targetLength() > MAX_TARGET) return Optional.of(Problem.longTarget());
        return Optional.empty();
    }

    /** The stage a request is answered at, once it need not wait for another one any more. */
    private Stage settled(Exchange exchange) throws InterruptedException {
        if (!waits(stage, exchange)) return stage;
        long left = rules.hold().toNanos();
        lock.lockInterruptibly();
        try {
            while (waits(stage, exchange) && left > 0) left = changed.awaitNanos(left);
            return stage;
        } finally {
            lock.unlock();
        }
    }

    /** While another head serves only an order waits: its client tries once, and whatever asks again is taken to the other head by the proxy in front. */
    private static boolean waits(Stage stage, Exchange exchange) {
        boolean asksForHealth = exchange.path().startsWith("/health");
        return switch (stage) {
            case Stage.Starting _ -> !asksForHealth;
            case Stage.StandingBy(String orders) -> exchange.path().equals(orders);
            case Stage.Serving _ -> false;
        };
    }

    /** Refuses a request that comes too early. The answer says nothing of what this node holds, so that no token is asked for. */
    private static void notYet(String status, String detail, Exchange exchange) throws IOException {
        if (exchange.path().equals(LIVE)) exchange.send(Answer.ok(json -> json.writeStringField("status", status)));
        // A load balancer's connection is to go to the head that serves, once there is one.
        else exchange.refuse(Problem.unavailable(detail, RETRY).closing());
    }

    /** Closing on unread bytes would send a reset, which makes the client's system drop the answer it has not read yet. */
    private static void discard(Exchange exchange) {
        // One that asked whether to send its body and was refused does not send it.
        if (exchange.status() < 400 || !exchange.headers("Expect").isEmpty()) return;
        try {
            exchange.body().discard(MAX_DISCARDED, DISCARDING);
        } catch (IOException e) {
            // It is gone, or sends what is no body, or too much: the connection ends with it.
        }
    }
}
