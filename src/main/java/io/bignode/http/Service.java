package io.bignode.http;

import java.net.InetAddress;
import java.util.Optional;

/** What the server serves once the head is ready: the paths, who may ask for them, and what is counted. */
public interface Service {
    /** Every path. */
    Routes routes();

    /** Every path at the server's second port, where it listens at one. */
    Routes routesOfSecondPort();

    /** The tenants and their tokens. */
    Tenants tenants();

    /** Whose requests those are that need no token, where there are {@linkplain Route.Credential#LOCAL such routes}. */
    default Tenants.Tenant local() {
        throw new IllegalStateException("there is no tenant without a token here");
    }

    /** Which token is the operator's; the tenant it gives has no sessions. */
    Tenants operators();

    /** Counts requests, and answers scrapes. */
    Metering metering();

    /**
     * The answer to a request without a token whose path is none of the routes, but of another program's API.
     *
     * @param from the client's address
     * @return empty where a token is asked for before anything is told
     */
    Optional<Problem> misdirected(String path, InetAddress from);

    /** Announces the end: health turns to 503, waiting polls are answered and streams end, while requests are still served. */
    void drain();
}
