package io.bignode.agent;

import io.bignode.http.Metering;
import io.bignode.http.Problem;
import io.bignode.http.Route;
import io.bignode.http.Routes;
import io.bignode.http.Service;
import io.bignode.http.Tenants;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** What an agent's server serves, at both ports: everybody who reaches it is its owner. */
final class AgentService implements Service {
    private final Routes routes;
    private final Tenants.Tenant owner;

    AgentService(List<Route> routes, int maxSessions) {
        this.routes = new Routes(routes);
        this.owner = new Tenants.Tenant("owner", maxSessions, 1);
    }

    @Override
    public Routes routes() {
        return routes;
    }

    @Override
    public Routes routesOfSecondPort() {
        return routes;
    }

    @Override
    public Tenants tenants() {
        return _ -> Optional.empty();
    }

    @Override
    public Tenants operators() {
        return _ -> Optional.empty();
    }

    @Override
    public Tenants.Tenant local() {
        return owner;
    }

    /** Nobody asks an agent for metrics. */
    @Override
    public Metering metering() {
        return new Metering() {
            @Override
            public Scrape scrape(String tenant, boolean operator) {
                return new Scrape("text/plain", "".getBytes(StandardCharsets.UTF_8));
            }

            @Override
            public void answered(String method, String route, String status, long nanos) {}
        };
    }

    @Override
    public Optional<Problem> misdirected(String path, InetAddress from) {
        return Optional.of(Problem.notFound("there is no such path on this agent; it answers an ML node's calls, and / shows how it goes"));
    }

    @Override
    public void drain() {}
}
