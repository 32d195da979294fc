package io.bignode.http;

import io.bignode.delivery.CallbackHosts;
import io.bignode.delivery.Delivery;
import io.bignode.session.Sessions;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;

/** What the server serves once the head knows its sessions: every path of the API, and who may ask for it. */
public final class Api {
    /** Has no sessions. */
    private static final Tenants.Tenant OPERATOR = new Tenants.Tenant("operator", 1, 1);

    private final Tenants tenants;
    private final Workers workers;
    private final Delivery delivery;
    private final Metering metering;
    private final LiveResource live;
    private final Routes routes;
    private volatile boolean closing;

    /**
     * The API of a head.
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
    public Api(
            Tenants tenants,
            Sessions sessions,
            Delivery delivery,
            IntSupplier devices,
            CallbackHosts hosts,
            Workers workers,
            Farm farm,
            Metering metering) {
        this.tenants = tenants;
        this.workers = workers;
        this.delivery = delivery;
        this.metering = metering;
        this.live = new LiveResource(sessions, farm, new LiveDocuments(sessions, farm, devices, () -> closing));
        this.routes = Routes.of(
                new SessionResource(sessions, delivery, devices),
                new StartResource(sessions, devices, hosts),
                new HealthResource(devices, () -> closing, sessions::estranged))
                .and(new WorkerResource(workers).routes())
                .and(WebPages.routes())
                .and(live.routes())
                .and(new HistoryResource(sessions, farm).routes())
                .and(List.of(new MetricsResource(metering).route()));
    }

    /** Where requests to this API come in. */
    Edge edge(WrongTokens wrongTokens, ConnectionLimits limits) {
        Tenants operators = token -> workers.isOperator(token) ? Optional.of(OPERATOR) : Optional.empty();
        return new Edge(routes, tenants, operators, wrongTokens, limits, metering);
    }

    /** Turns health to 503, answers waiting polls and ends streams; requests are still served. */
    void drain() {
        closing = true;
        delivery.close();
        live.close();
    }
}
