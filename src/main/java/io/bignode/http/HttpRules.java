package io.bignode.http;

import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * Where the server listens and what it grants a connection.
 *
 * @param host           address to listen on
 * @param port           port to listen on; 0 takes any that is free
 * @param maxConnections connections at a time of those who showed a right token; strangers have a budget of their own
 * @param stalled        how long one who showed a right token may take for a request, or be away between two; longer than any poll may wait
 * @param hold           how long a request that came before the head could serve it may wait; small nodes of the field give up after 30 s
 * @param grace          how long requests in progress may take when the server stops
 * @param wrongTokens    how many wrong tokens a minute an address may send before none of it is looked at; 0 for no limit
 * @param tls            proves who this server is; empty to serve without TLS
 */
public record HttpRules(
        String host, int port, int maxConnections, Duration stalled, Duration hold, Duration grace, int wrongTokens, Optional<SSLContext> tls) {
    private static final Duration USUAL_HOLD = Duration.ofSeconds(25);
    private static final Duration MAX_SILENCE = Duration.ofSeconds(10);

    /** Refuses numbers and durations that no server could keep to. */
    public HttpRules {
        if (port < 0 || port > 65_535 || maxConnections < 1 || wrongTokens < 0)
            throw new IllegalArgumentException("port " + port + ", connections " + maxConnections + ", wrong tokens " + wrongTokens);
        if (!stalled.isPositive() || hold.isNegative() || !grace.isPositive())
            throw new IllegalArgumentException("stalled " + stalled + ", hold " + hold + ", grace " + grace);
    }

    /**
     * The usual rules: connections enough for so many sessions' small nodes, 75 s for one that stalls, 25 s for one that comes too early, 3 s of grace, no
     * TLS.
     */
    public static HttpRules of(String host, int port, int maxSessions) {
        return new HttpRules(host, port, 256 + 2 * maxSessions, Duration.ofSeconds(75), USUAL_HOLD, Duration.ofSeconds(3), 120, Optional.empty());
    }

    /** These rules with another number of wrong tokens a minute. */
    public HttpRules wrongTokens(int perMinute) {
        return new HttpRules(host, port, maxConnections, stalled, hold, grace, perMinute, tls);
    }

    /** These rules with TLS. */
    public HttpRules tls(SSLContext context) {
        return new HttpRules(host, port, maxConnections, stalled, hold, grace, wrongTokens, Optional.of(context));
    }

    /** How long one who showed no token may be silent, and how long anybody may take for a request's body or not take an event. */
    Duration silent() {
        return stalled.compareTo(MAX_SILENCE) < 0 ? stalled : MAX_SILENCE;
    }

    /** How a client names this server's scheme. */
    String scheme() {
        return tls.isPresent() ? "https" : "http";
    }
}
