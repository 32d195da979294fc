package io.bignode.http;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpHeaderValue;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.BufferUtil;

/** A request and its answer on the connection they share. Used by one thread. */
final class Exchange implements Reply {
    /** Clients that end their side of a connection with their request, which is allowed, are answered sooner than this. */
    private static final Duration NOT_KEPT_WAITING = Duration.ofMillis(200);

    private final Request request;
    private final Response response;
    private final ConnectionLimits.Limited connection;
    private final HttpRules rules;
    private final Forwarder forwarder;
    private final BodyStream body;
    private final long begunNanos = System.nanoTime();

    /** A request whose head was read and that nothing was answered to. */
    Exchange(Request request, Response response, ConnectionLimits.Limited connection, HttpRules rules, Forwarder forwarder) {
        this.request = request;
        this.response = response;
        this.connection = connection;
        this.rules = rules;
        this.forwarder = forwarder;
        this.body = new BodyStream(request, connection, rules.silent());
    }

    String method() {
        return request.getMethod();
    }

    /** Whether the client wants an answer's head alone. */
    boolean wantsHeadAlone() {
        return HttpMethod.HEAD.is(request.getMethod());
    }

    /** The path as it was sent, without a slash at its end. */
    String path() {
        HttpURI uri = request.getHttpURI();
        String path = uri.getPath() == null ? "/" : uri.getPath();
        return path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    /** Whether it came to the server's second port. */
    boolean isAtSecondPort() {
        return HttpServer.SECOND.equals(request.getConnectionMetaData().getConnector().getName());
    }

    Query query() {
        String raw = request.getHttpURI().getQuery();
        return new Query(raw == null ? "" : raw);
    }

    /** The values of a header, in their order. */
    List<String> headers(String name) {
        return request.getHeaders().getValuesList(name);
    }

    BodyStream body() {
        return body;
    }

    /** The limits of the connection that the request came over. */
    ConnectionLimits.Limited connection() {
        return connection;
    }

    /** Whether the request says of its body what HTTP/1.0 does not know, so that nobody can tell where it ends. */
    boolean isAmbiguous() {
        return isOldVersion() && request.getHeaders().contains(HttpHeader.TRANSFER_ENCODING);
    }

    /** Whether this node can tell what the body's bytes mean: it takes them as they are, or in chunks. */
    boolean isCodingKnown() {
        List<String> codings = headers("Transfer-Encoding");
        return codings.isEmpty() || codings.size() == 1 && codings.getFirst().equalsIgnoreCase("chunked");
    }

    private boolean isOldVersion() {
        return request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_1_0;
    }

    /** The host that the request names in its target or in its header {@code Host}; this server's own where it names none. */
    String host() {
        String host = request.getHttpURI().getHost();
        return host == null ? "" : host;
    }

    /** How long the request's target is, without scheme and host. */
    int targetLength() {
        return request.getHttpURI().getPathQuery().length();
    }

    /** How many bytes the body is said to have; -1 where that is not said. */
    long announcedLength() {
        return request.getLength();
    }

    /** Whether an answer was begun. */
    boolean answered() {
        return response.isCommitted();
    }

    /** The status that is answered. */
    int status() {
        return response.getStatus();
    }

    @Override
    public void send(Answer answer) throws IOException {
        response.setStatus(answer.status());
        HttpFields.Mutable headers = response.getHeaders();
        headers.put(HttpHeader.CONTENT_TYPE, answer.contentType());
        headers.put(HttpHeader.CACHE_CONTROL, "no-store");
        answer.headers().forEach(headers::put);
        if (answer.status() != 304) headers.put(HttpHeader.CONTENT_LENGTH, answer.body().length);
        write(true, wantsHeadAlone() || answer.status() == 304 ? new byte[0] : answer.body(), rules.stalled());
    }

    /** Answers with a problem: a browser that shows an address gets a page, everybody else the document. */
    void refuse(Problem problem) throws IOException {
        boolean browser = request.getHeaders().contains(HttpHeader.ACCEPT, "text/html");
        send(browser ? ProblemPage.of(problem) : problem.answer());
    }

    @Override
    public void requireClient() throws IOException {
        if (System.nanoTime() - begunNanos < NOT_KEPT_WAITING.toNanos()) return;
        ByteBuffer next = BufferUtil.allocate(1);
        int count = request.getConnectionMetaData().getConnection().getEndPoint().fill(next);
        if (count < 0) throw new IOException("the client hung up while it was kept waiting");
        // Its next request has begun already, and lacks a byte now: it is to be sent again on another connection.
        if (count > 0) response.getHeaders().put(HttpHeader.CONNECTION, HttpHeaderValue.CLOSE);
    }

    @Override
    public EventStream events() {
        response.setStatus(200);
        HttpFields.Mutable headers = response.getHeaders();
        headers.put(HttpHeader.CONTENT_TYPE, "text/event-stream");
        headers.put(HttpHeader.CACHE_CONTROL, "no-store");
        headers.put(HttpHeader.CONNECTION, HttpHeaderValue.CLOSE);
        // In chunks although the connection ends: so that one that was cut is told from one that is over.
        if (!isOldVersion()) headers.put(HttpHeader.TRANSFER_ENCODING, HttpHeaderValue.CHUNKED);
        // Proxies that gather answers before they pass them on are told not to.
        headers.put("X-Accel-Buffering", "no");
        return new EventStream(bytes -> write(false, bytes, rules.silent()), () -> write(true, new byte[0], rules.silent()));
    }

    @Override
    public void forward(URI to, Optional<String> bearer, long maxBody, Duration patience)
            throws ForwardException, ProblemException, IOException, InterruptedException {
        body.handOver();
        forwarder.forward(new ForwardedCall(request, response, connection, rules.stalled(), to, bearer, maxBody, patience), this);
    }

    private void write(boolean last, byte[] bytes, Duration longest) throws IOException {
        connection.writing(longest);
        try {
            Content.Sink.write(response, last, ByteBuffer.wrap(bytes));
        } finally {
            connection.written();
        }
    }
}
