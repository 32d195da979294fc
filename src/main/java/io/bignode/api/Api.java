package io.bignode.api;

import io.bignode.api.delegation.BatchesAnswer;
import io.bignode.api.delegation.SessionResource;
import io.bignode.api.delegation.StartResource;
import io.bignode.api.mlnode.AgentResource;
import io.bignode.api.mlnode.InferenceServers;
import io.bignode.api.mlnode.MlNodeCalls;
import io.bignode.api.mlnode.MlNodeParts;
import io.bignode.api.mlnode.MlNodeResource;
import io.bignode.api.operator.FleetView;
import io.bignode.api.operator.HistoryResource;
import io.bignode.api.operator.LiveDocuments;
import io.bignode.api.operator.LiveResource;
import io.bignode.api.operator.MetricsResource;
import io.bignode.api.operator.WorkerActions;
import io.bignode.api.operator.WorkerResource;
import io.bignode.delivery.CallbackHosts;
import io.bignode.delivery.Delivery;
import io.bignode.http.Metering;
import io.bignode.http.Problem;
import io.bignode.http.Route;
import io.bignode.http.Route.Credential;
import io.bignode.http.Routes;
import io.bignode.http.Service;
import io.bignode.http.Tenants;
import io.bignode.http.WebPages;
import io.bignode.proof.ProofFunction;
import io.bignode.session.Sessions;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.stream.Stream;

/** What the server serves once the head knows its sessions: every path of the API, and who may ask for it. */
public final class Api implements Service {
    /** The path of every request of a small node begins with it. */
    public static final String DELEGATION = "/api/v1/delegation";

    /** The path of a start, in both dialects. */
    public static final String START = DELEGATION + "/start";

    /** The operator has a token and no sessions. */
    private static final Tenants.Tenant OPERATOR = new Tenants.Tenant("operator", 1, 1);

    private final Tenants tenants;
    private final WorkerActions workers;
    private final Delivery delivery;
    private final Metering metering;
    private final LiveResource live;
    private final MlNodeCalls mlNodeCalls = new MlNodeCalls(System::nanoTime, DELEGATION);
    private final Routes routes;
    private final Routes mlNodeRoutes;
    private final boolean hasMlNodePort;
    private volatile boolean closing;

    /**
     * The API of a head.
     *
     * @param function  what is ordered
     * @param tenants   whose token is whose
     * @param sessions  where sessions start and are found
     * @param delivery  answers polls
     * @param devices   how many devices serve now
     * @param hosts     who may be called back
     * @param workers   what an operator may do with workers
     * @param fleet      what is shown of devices and workers
     * @param metering  counts requests and answers scrapes
     */
    public Api(
            ProofFunction function,
            Tenants tenants,
            Sessions sessions,
            Delivery delivery,
            IntSupplier devices,
            CallbackHosts hosts,
            WorkerActions workers,
            FleetView fleet,
            Metering metering) {
        this(function, Optional.empty(), tenants, sessions, delivery, devices, hosts, workers, fleet, metering);
    }

    /**
     * The API of a head that is an ML node as well.
     *
     * @param mlNode what it needs for that; empty for a head that is none
     */
    public Api(
            ProofFunction function,
            Optional<MlNodeParts> mlNode,
            Tenants tenants,
            Sessions sessions,
            Delivery delivery,
            IntSupplier devices,
            CallbackHosts hosts,
            WorkerActions workers,
            FleetView fleet,
            Metering metering) {
        this.tenants = tenants;
        this.workers = workers;
        this.delivery = delivery;
        this.metering = metering;
        this.live = new LiveResource(sessions, fleet, new LiveDocuments(sessions, fleet, devices, () -> closing, function::model));
        SessionResource session = new SessionResource(new BatchesAnswer(function), sessions, delivery, devices);
        StartResource start = new StartResource(function, sessions, devices, hosts);
        HealthResource health = new HealthResource(devices, () -> closing, sessions::ownershipLost);
        List<Route> probes = List.of(
                new Route("GET", "/health", Credential.NONE, health::ready),
                new Route("GET", "/health/live", Credential.NONE, health::live),
                new Route("GET", "/health/ready", Credential.NONE, health::ready));
        List<Route> all = new ArrayList<>(List.of(
                new Route("POST", START, Credential.BEARER_OR_BODY, start::start),
                new Route("GET", DELEGATION + "/batch/{session_id}", Credential.BEARER, session::poll),
                new Route("GET", DELEGATION + "/batches/{session_id}", Credential.BEARER_OR_QUERY, session::poll),
                new Route("GET", DELEGATION + "/sessions", Credential.BEARER, session::list),
                new Route("GET", DELEGATION + "/status", Credential.OPTIONAL_BEARER, session::status),
                new Route("GET", DELEGATION + "/session/{session_id}", Credential.BEARER, session::detail),
                new Route("DELETE", DELEGATION + "/session/{session_id}", Credential.BEARER, session::stop),
                new Route("POST", DELEGATION + "/stop", Credential.BEARER_OR_BODY, session::stopNamed),
                new Route("GET", "/openapi", Credential.NONE, OpenApi::serve)));
        all.addAll(probes);
        InferenceServers inference = mlNode.map(MlNodeParts::inference).orElse(InferenceServers.NONE);
        all.addAll(new AgentResource(function, sessions, delivery, devices, hosts, fleet, inference).routes(DELEGATION));
        all.addAll(new WorkerResource(workers).routes());
        all.addAll(WebPages.routes());
        all.addAll(live.routes());
        all.addAll(new HistoryResource(sessions, fleet).routes());
        all.add(new MetricsResource(metering).route());
        List<Route> mlNodes = mlNode.map(parts -> new MlNodeResource(parts, sessions, devices, hosts, fleet).routes()).orElse(List.of());
        this.hasMlNodePort = mlNode.map(MlNodeParts::ownPort).orElse(false);
        if (!hasMlNodePort) all.addAll(mlNodes);
        this.routes = new Routes(all);
        this.mlNodeRoutes = new Routes(Stream.concat(probes.stream(), mlNodes.stream()).toList());
    }

    @Override
    public Routes routes() {
        return routes;
    }

    /** The ML node's calls, and what asks after the health of the node. */
    @Override
    public Routes routesOfSecondPort() {
        return mlNodeRoutes;
    }

    @Override
    public Tenants tenants() {
        return tenants;
    }

    @Override
    public Tenants operators() {
        return token -> workers.isOperator(token) ? Optional.of(OPERATOR) : Optional.empty();
    }

    @Override
    public Metering metering() {
        return metering;
    }

    @Override
    public Optional<Problem> misdirected(String path, InetAddress from) {
        if (hasMlNodePort && path.startsWith(MlNodeResource.ROOT + "/")) {
            return Optional.of(Problem.notFound("this node answers an ML node's calls at the port of DELEGATION_MLNODE_PORT, and the others at DELEGATION_PORT"));
        }
        return mlNodeCalls.problem(path, from);
    }

    @Override
    public void drain() {
        closing = true;
        delivery.close();
        live.close();
    }
}
