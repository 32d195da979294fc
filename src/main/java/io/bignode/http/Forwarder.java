package io.bignode.http;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Response.CompleteListener;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpHeaderValue;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.proxy.ProxyHandler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/**
 * Jetty's proxy, for the requests that another server answers. It is started by the first of them. Each request has a connection of its own: one that was kept
 * may end just as it is used, and then nobody can tell whether the request arrived. Thread safe.
 */
final class Forwarder extends ProxyHandler {
    private static final Duration CONNECT = Duration.ofSeconds(2);

    /** More than a resource lets through at a time. */
    private static final int MAX_CONNECTIONS = 1024;

    /** What of an answer's head is passed on, in small letters: what its body is, and when to ask again. */
    private static final Set<String> ANSWERED = Set.of("content-type", "content-length", "content-encoding", "retry-after", "x-request-id");

    private static final Duration TICK = Duration.ofMillis(50);

    private final Set<ForwardedCall> running = ConcurrentHashMap.newKeySet();

    private final Optional<SSLContext> trust;

    /**
     * Forwards nothing yet.
     *
     * @param trust by which other servers are known; empty for the system's
     */
    Forwarder(Server server, Optional<SSLContext> trust) {
        this.trust = trust;
        setServer(server);
        setUseServerThreadPool(true);
    }

    /** Forwards a request, and waits until it is answered. */
    void forward(ForwardedCall call, Exchange exchange) throws ForwardException, ProblemException, IOException, InterruptedException {
        LifeCycle.start(this);
        running.add(call);
        try {
            handle(call, call.answer(), call);
            call.await(exchange);
        } finally {
            running.remove(call);
        }
    }

    /** Lets the calls that are under way end for a while, and gives them up then. */
    void close(Duration grace) {
        long deadline = System.nanoTime() + grace.toNanos();
        while (!running.isEmpty() && System.nanoTime() - deadline < 0) LockSupport.parkNanos(TICK.toNanos());
        running.forEach(call -> call.abort(new Refused("this node stops")));
        LifeCycle.stop(this);
    }

    @Override
    protected HttpClient newHttpClient() {
        if (trust.isEmpty()) return super.newHttpClient();
        SslContextFactory.Client tls = new SslContextFactory.Client();
        tls.setSslContext(trust.get());
        ClientConnector connector = new ClientConnector();
        connector.setSslContextFactory(tls);
        return new HttpClient(new HttpClientTransportOverHTTP(connector));
    }

    @Override
    protected void configureHttpClient(HttpClient client) {
        super.configureHttpClient(client); // no redirects, no cookies
        client.setConnectTimeout(CONNECT.toMillis());
        client.setMaxConnectionsPerDestination(MAX_CONNECTIONS);
        client.setUserAgentField(null);
    }

    @Override
    protected HttpURI rewriteHttpURI(Request request) {
        return HttpURI.from(call(request).to());
    }

    @Override
    protected org.eclipse.jetty.client.Request newProxyToServerRequest(Request request, HttpURI to) {
        ForwardedCall call = call(request);
        org.eclipse.jetty.client.Request sent = super.newProxyToServerRequest(request, to)
                .timeout(call.patience().toNanos(), TimeUnit.NANOSECONDS)
                .onRequestBegin(_ -> call.reached());
        call.bearer().ifPresent(token -> sent.headers(headers -> headers.put(HttpHeader.AUTHORIZATION, "Bearer " + token)));
        call.sent(sent);
        return sent;
    }

    /** Nothing is told of the client. */
    @Override
    protected void addProxyHeaders(Request request, org.eclipse.jetty.client.Request sent) {
        sent.headers(headers -> headers.put(HttpHeader.CONNECTION, HttpHeaderValue.CLOSE));
    }

    @Override
    protected CompleteListener newServerToProxyResponseListener(
            Request request, org.eclipse.jetty.client.Request sent, Response answer, Callback done) {
        ForwardedCall call = call(request);
        return new ProxyResponseListener(request, sent, answer, done) {
            @Override
            public void onBegin(org.eclipse.jetty.client.Response begun) {
                if (begun.getStatus() / 100 == 3) call.abort(new Refused("it answers with a redirect, which is not followed"));
                else if (begun.getStatus() == 401) call.abort(new Refused("it asks for a key of its own"));
                else if (call.begin()) super.onBegin(begun);
            }

            @Override
            public void onHeaders(org.eclipse.jetty.client.Response begun) {
                super.onHeaders(begun);
                HttpFields.Mutable headers = answer.getHeaders();
                headers.put(HttpHeader.CACHE_CONTROL, "no-store");
                // Proxies that gather answers before they pass them on are told not to.
                headers.put("X-Accel-Buffering", "no");
            }
        };
    }

    /** The other server answers nothing that its client could use; the message says what. */
    static final class Refused extends IOException {
        private static final long serialVersionUID = 1L;

        private Refused(String message) {
            super(message);
        }
    }

    @Override
    @SuppressWarnings("NullAway") // Jetty drops a header for which null is returned
    protected HttpField filterServerToProxyResponseField(HttpField field) {
        return ANSWERED.contains(field.getLowerCaseName()) ? field : null;
    }

    @Override
    protected void onServerToProxyResponseFailure(
            Request request, org.eclipse.jetty.client.Request sent, org.eclipse.jetty.client.Response answered, Response answer, Callback done,
            Throwable failure) {
        done.failed(failure);
    }

    private static ForwardedCall call(Request request) {
        return (ForwardedCall) request;
    }
}
