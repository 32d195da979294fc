package io.bignode.http;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.http1.Http1Config;
import java.time.Duration;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * What listens while another head serves: it lives, is not ready, and answers everything else with 503, so that no small node takes its
 * session for lost. It reads nothing of a request but its line and asks for no token, as it has nothing to tell.
 */
public final class Standby implements AutoCloseable {
    private static final Duration RETRY = Duration.ofSeconds(2);
    private static final String LIVE = "/health/live";

    /** Held here, as the log manager alone would forget its level. */
    private static final Logger HELIDON = Logger.getLogger("io.helidon");

    private final WebServer server;

    private Standby(WebServer server) {
        this.server = server;
    }

    /**
     * Listens from now on.
     *
     * @throws IllegalStateException when the address cannot be listened on
     */
    public static Standby start(HttpRules rules) {
        HELIDON.setLevel(Level.SEVERE);
        WebServerConfig.Builder builder = WebServer.builder()
                .host(rules.host())
                .port(rules.port())
                .shutdownHook(false)
                .shutdownGracePeriod(Duration.ZERO)
                .maxTcpConnections(rules.maxConnections())
                .maxPayloadSize(RequestBody.LIMIT)
                .idleConnectionTimeout(rules.stalled())
                .directHandlers(DirectProblems.handlers())
                .protocolsDiscoverServices(false)
                .addConnectionSelector(new Connections(Http1Config.builder(), rules.stalled()))
                .routing(HttpRouting.builder().any(Standby::answer));
        rules.tls().ifPresent(context -> TlsListener.serve(builder, context, rules.stalled()));
        WebServer server = builder.build();
        server.start();
        if (!server.isRunning()) throw new IllegalStateException("cannot listen on " + rules.host() + ":" + rules.port());
        return new Standby(server);
    }

    /** The port it listens on. */
    public int port() {
        return server.port();
    }

    private static void answer(ServerRequest request, ServerResponse response) {
        boolean live = request.prologue().uriPath().rawPath().equals(LIVE);
        Answer answer = live
                ? Answer.ok(json -> json.writeStringField("status", "standby"))
                : Problem.unavailable("this head stands by while another one serves", RETRY).answer();
        response.status(Status.create(answer.status()));
        response.header(HeaderNames.CONTENT_TYPE, answer.contentType());
        response.header(HeaderNames.CACHE_CONTROL, "no-store");
        // A load balancer's connection is to go to the head that serves, once there is one.
        response.header(HeaderNames.CONNECTION, "close");
        answer.headers().forEach((name, value) -> response.header(HeaderNames.create(name), value));
        response.send(answer.body());
    }

    /** Stops listening. */
    @Override
    public void close() {
        server.stop();
    }
}
