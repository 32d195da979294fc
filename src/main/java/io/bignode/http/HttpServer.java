package io.bignode.http;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.VirtualThreadPool;
import org.jspecify.annotations.Nullable;

/**
 * The server small nodes talk to. It listens before the head is ready, so that nobody is refused while it starts; what arrives then waits. Each request has a
 * virtual thread of its own.
 */
public final class HttpServer implements AutoCloseable {
    /** How many connections the system holds until they are accepted: every small node there may be comes back at once after a restart. */
    public static final int BACKLOG = 1024;

    /** Request line and headers together. */
    static final int MAX_HEAD_BYTES = 16_384;

    /** The name of the connector of the second port. */
    static final String SECOND = "second";

    private static final System.Logger LOG = System.getLogger(HttpServer.class.getName());
    private static final String[] TLS_VERSIONS = {"TLSv1.3", "TLSv1.2"};

    private static final Duration TICK = Duration.ofMillis(250);

    /** How much of a body that nobody read is read away to keep its connection; beyond that the connection ends. */
    private static final int MAX_UNREAD_PIECES = 64;

    /** Held here, as the log manager alone would forget its level. What Jetty tells of requests would quote them, and some carry a token. */
    private static final Logger JETTY = Logger.getLogger("org.eclipse.jetty");

    private final HttpRules rules;
    private final ConnectionLimits limits;
    private final Forwarder forwarder;
    private final RequestHandler handler;
    private final WrongTokens wrongTokens;
    private final Server server;
    private final ServerConnector connector;
    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().name("http-limits").daemon().factory());
    private volatile @Nullable Service service;

    private HttpServer(HttpRules rules, Optional<SSLContext> upstream) {
        JETTY.setLevel(Level.OFF);
        this.rules = rules;
        this.limits = new ConnectionLimits(rules, System::nanoTime);
        this.wrongTokens = new WrongTokens(rules.wrongTokens(), System::nanoTime);
        VirtualThreadPool threads = new VirtualThreadPool();
        threads.setName("http");
        threads.setMaxConcurrentTasks(0); // connections are limited, and a request that waits costs little
        this.server = new Server(threads);
        this.forwarder = new Forwarder(server, upstream);
        this.handler = new RequestHandler(rules, limits, forwarder);
        server.setHandler(new GracefulHandler(handler));
        server.setErrorHandler(new ErrorProblems());
        server.setStopTimeout(rules.grace().toMillis());
        this.connector = connector(server, rules);
        connector.addBean(limits);
        server.addConnector(connector);
    }

    /** Listens at a second port as well, by the same rules; what is served there is told apart by {@link Service#routesOfSecondPort}. */
    private void addSecond(ServerSocketChannel socket) throws IOException {
        ServerConnector second = connector(server, rules);
        second.setName(SECOND);
        second.addBean(limits);
        second.open(socket);
        server.addConnector(second);
        LOG.log(System.Logger.Level.INFO, "listening on port {0} as well", Integer.toString(second.getLocalPort()));
    }

    /**
     * Listens from now on; requests wait until they are {@linkplain #serve served}.
     *
     * @throws IllegalStateException when the address cannot be listened on
     */
    public static HttpServer listen(HttpRules rules) {
        return new HttpServer(rules, Optional.empty()).start(null, Optional.empty());
    }

    /**
     * Serves on a socket that listens already; requests wait until they are {@linkplain #serve served}.
     *
     * @param socket bound to the address of the rules; closed with this server
     * @param second bound to the second port, where there is one; closed with this server
     */
    public static HttpServer listen(HttpRules rules, ServerSocketChannel socket, Optional<ServerSocketChannel> second) {
        return listen(rules, socket, second, Optional.empty());
    }

    /**
     * The same for a server that passes calls on to servers of https.
     *
     * @param upstream by which those are known; empty for the system's trust
     */
    public static HttpServer listen(
            HttpRules rules, ServerSocketChannel socket, Optional<ServerSocketChannel> second, Optional<SSLContext> upstream) {
        return new HttpServer(rules, upstream).start(socket, second);
    }

    private HttpServer start(@Nullable ServerSocketChannel socket, Optional<ServerSocketChannel> second) {
        try {
            if (socket != null) connector.open(socket);
            if (second.isPresent()) addSecond(second.get());
            server.start();
        } catch (Exception e) {
            throw new IllegalStateException("cannot listen on " + rules.host() + ":" + rules.port(), e);
        }
        var _ = clock.scheduleWithFixedDelay(limits::tick, TICK.toMillis(), TICK.toMillis(), TimeUnit.MILLISECONDS);
        LOG.log(System.Logger.Level.INFO, "listening on {0}://{1}:{2}", rules.scheme(), rules.host(), Integer.toString(port()));
        return this;
    }

    /**
     * Refuses requests while another head serves; orders wait for a while for this one to take over.
     *
     * @param orders the path that orders come to
     */
    public void standBy(String orders) {
        handler.stage(new Stage.StandingBy(orders));
    }

    /** Serves from now on. */
    public void serve(Service served) {
        service = served;
        handler.stage(new Stage.Serving(new RequestPipeline(served, wrongTokens, limits)));
    }

    /** The address it listens on, which is not that of its rules where it was given a socket; to be asked before it is closed. */
    public InetAddress address() {
        return ((ServerSocketChannel) connector.getTransport()).socket().getInetAddress();
    }

    /** The port it listens on. */
    public int port() {
        return connector.getLocalPort();
    }

    /** The second port it listens on; -1 where there is none. */
    public int secondPort() {
        return Arrays.stream(server.getConnectors()).filter(one -> SECOND.equals(one.getName())).findFirst()
                .map(one -> ((ServerConnector) one).getLocalPort()).orElse(-1);
    }

    /** How many clients are connected. */
    public int openConnections() {
        return limits.open();
    }

    /** Announces the end: health turns to 503 and waiting polls are answered and streams end at once, while requests are still served. */
    public void drain() {
        Service served = service;
        if (served != null) served.drain();
    }

    /** {@link #drain Drains}, lets requests in progress end for a few seconds, and stops. */
    @Override
    public void close() {
        drain();
        clock.shutdownNow();
        limits.closeIdle();
        forwarder.close(rules.grace());
        try {
            server.stop();
        } catch (Exception e) {
            LOG.log(System.Logger.Level.WARNING, "the HTTP server did not stop in order", e);
        }
    }

    private static ServerConnector connector(Server server, HttpRules rules) {
        HttpConfiguration http = new HttpConfiguration();
        http.setRequestHeaderSize(MAX_HEAD_BYTES);
        // RFC 9112, 3.2.2: where the target names its host, a Host header says nothing.
        http.setHttpCompliance(HttpCompliance.STRICT.with("BIGNODE", HttpCompliance.Violation.MISMATCHED_AUTHORITY));
        http.setUriCompliance(UriCompliance.RFC3986);
        http.setSendServerVersion(false);
        // Jetty finds a header it saw on a connection before again whatever the case of its value: a token in another case would count as the right one.
        http.setHeaderCacheSize(0);
        http.setHeaderCacheCaseSensitive(true);
        http.setSendDateHeader(true);
        http.setMaxUnconsumedRequestContentReads(MAX_UNREAD_PIECES);
        HttpConnectionFactory plain = new HttpConnectionFactory(http);
        ConnectionFactory[] factories =
                rules.tls().map(context -> new ConnectionFactory[] {tls(context, http, plain), plain}).orElse(new ConnectionFactory[] {plain});
        ServerConnector connector = new ServerConnector(server, factories);
        connector.setHost(rules.host());
        connector.setPort(rules.port());
        connector.setAcceptQueueSize(BACKLOG);
        connector.setIdleTimeout(0); // the deadlines of ConnectionLimits end what is silent, and also what only drips
        connector.setShutdownIdleTimeout(rules.grace().toMillis());
        return connector;
    }

    private static SslConnectionFactory tls(SSLContext context, HttpConfiguration http, HttpConnectionFactory next) {
        // Whatever name a client knows this host by: who it is talking to it checks by itself.
        http.addCustomizer(new SecureRequestCustomizer(false));
        SslContextFactory.Server tls = new SslContextFactory.Server();
        tls.setSslContext(context);
        tls.setIncludeProtocols(TLS_VERSIONS);
        tls.setRenegotiationAllowed(false);
        return new SslConnectionFactory(tls, next.getProtocol());
    }
}
