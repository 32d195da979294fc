package io.bignode.http;

import io.bignode.delivery.CallbackHosts;
import io.bignode.delivery.Delivery;
import io.bignode.session.Sessions;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http1.Http1Config;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The server small nodes talk to. Each connection has a virtual thread of its own. */
public final class HttpServer implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(HttpServer.class.getName());
    private static final int MAX_REQUEST_LINE = 4096;
    private static final int MAX_HEADERS = 16_384;

    /** Held here, as the log manager alone would forget it and its level. What Helidon tells is told by {@link #start} in one line. */
    private static final Logger HELIDON = Logger.getLogger("io.helidon");

    /** Has no sessions. */
    private static final Tenants.Tenant OPERATOR = new Tenants.Tenant("operator", 1, 1);

    private final HttpRules rules;
    private final Delivery delivery;
    private final LiveResource live;
    private final Connections connections;
    private final WebServer server;
    private volatile boolean closing;

    /**
     * A server that does not listen yet.
     *
     * @param tenants   whose token is whose
     * @param sessions  where sessions start and are found
     * @param delivery  answers polls
     * @param devices   how many devices serve now
     * @param hosts     who may be called back
     * @param workers   what an operator may do with workers
     * @param farm      what is shown of devices and workers
     * @param metering  counts requests and answers scrapes
     */
    public HttpServer(
            HttpRules rules,
            Tenants tenants,
            Sessions sessions,
            Delivery delivery,
            IntSupplier devices,
            CallbackHosts hosts,
            Workers workers,
            Farm farm,
            Metering metering) {
        this.rules = rules;
        this.delivery = delivery;
        HELIDON.setLevel(Level.SEVERE);
        this.live = new LiveResource(sessions, farm, new LiveDocuments(sessions, farm, devices, () -> closing));
        Routes routes = Routes.of(
                new SessionResource(sessions, delivery, devices),
                new StartResource(sessions, devices, hosts),
                new HealthResource(devices, () -> closing, sessions::estranged))
                .and(new WorkerResource(workers).routes())
                .and(WebPages.routes())
                .and(live.routes())
                .and(new HistoryResource(sessions, farm).routes())
                .and(List.of(new MetricsResource(metering).route()));
        Http1Config.Builder http1 = Http1Config.builder()
                .maxPrologueLength(MAX_REQUEST_LINE)
                .maxHeadersSize(MAX_HEADERS)
                .continueImmediately(false);
        this.connections = new Connections(http1, rules.stalled());
        WrongTokens wrongTokens = new WrongTokens(rules.wrongTokens(), System::nanoTime);
        this.server = server(rules, connections, new Edge(routes, tenants, operators(workers), wrongTokens, metering));
    }

    private static Tenants operators(Workers workers) {
        return token -> workers.isOperator(token) ? Optional.of(OPERATOR) : Optional.empty();
    }

    /**
     * Listens from now on.
     *
     * @return this
     * @throws IllegalStateException when the address cannot be listened on
     */
    public HttpServer start() {
        server.start();
        if (!server.isRunning())
            throw new IllegalStateException("cannot listen on " + rules.host() + ":" + rules.port());
        LOG.log(System.Logger.Level.INFO, "listening on {0}://{1}:{2}", rules.scheme(), rules.host(), Integer.toString(port()));
        return this;
    }

    /** The port it listens on. */
    public int port() {
        return server.port();
    }

    /** Announces the end: health turns to 503 and waiting polls are answered and streams end at once, while requests are still served. */
    public void drain() {
        closing = true;
        delivery.close();
        live.close();
    }

    /** How many clients are connected. */
    public int openConnections() {
        return connections.open();
    }

    /** {@link #drain Drains}, lets requests in progress end for a few seconds, and stops. */
    @Override
    public void close() {
        drain();
        server.stop();
    }

    private static WebServer server(HttpRules rules, Connections connections, Edge edge) {
        WebServerConfig.Builder server = WebServer.builder()
                .host(rules.host())
                .port(rules.port())
                .shutdownHook(false)
                .shutdownGracePeriod(rules.grace())
                .maxTcpConnections(rules.maxConnections())
                .maxPayloadSize(RequestBody.LIMIT)
                .idleConnectionTimeout(rules.stalled())
                .idleConnectionPeriod(period(rules.stalled()))
                .directHandlers(DirectProblems.handlers())
                .protocolsDiscoverServices(false)
                .addConnectionSelector(connections)
                .routing(HttpRouting.builder().addFilter(edge::filter));
        rules.tls().ifPresent(context -> TlsListener.serve(server, context, rules.stalled()));
        return server.build();
    }

    private static Duration period(Duration stalled) {
        Duration period = stalled.dividedBy(8);
        return period.compareTo(Duration.ofMillis(50)) < 0 ? Duration.ofMillis(50) : period;
    }
}
