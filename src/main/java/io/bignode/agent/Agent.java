package io.bignode.agent;

import io.bignode.api.delegation.BatchesAnswer;
import io.bignode.api.mlnode.MlNodeParts;
import io.bignode.api.mlnode.MlNodeResource;
import io.bignode.config.AgentSettings;
import io.bignode.delivery.CallbackHosts;
import io.bignode.delivery.DeliveryObserver;
import io.bignode.delivery.Push;
import io.bignode.delivery.PushRules;
import io.bignode.http.HttpServer;
import io.bignode.http.Route;
import io.bignode.monitor.Alarms;
import io.bignode.proof.ProofFunction;
import io.bignode.proof.ProofFunctions;
import io.bignode.session.SessionRules;
import io.bignode.session.SessionStore;
import io.bignode.session.Sessions;
import java.net.InetAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLSocketFactory;

/** An agent, wired: an ML node's calls come in, big nodes compute, callbacks go out. */
public final class Agent implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Agent.class.getName());

    /** Each ML node of the decentralized-api has one at a time; which of them there is room for the big node decides. */
    private static final int MAX_SESSIONS = 1000;

    private static final Duration TICK = Duration.ofMillis(500);

    /** Who calls here runs beside this agent, and says where its callbacks go. */
    private static final CallbackHosts ANY = new CallbackHosts() {
        @Override
        public boolean none() {
            return false;
        }

        @Override
        public boolean allows(String host, int port) {
            return true;
        }

        @Override
        public boolean lists(InetAddress address, int port) {
            return true;
        }
    };

    private final AgentSettings settings;
    private final HttpServer http;
    private final SessionStore store;
    private final BigNodes bigNodes;
    private final Sessions sessions;
    private final Relays relays;
    private final Push push;
    private final AgentService service;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().name("agent-clock").daemon().factory());

    /**
     * What an agent is made of.
     *
     * @param vectors     what the network's chain pays for
     * @param first       what chains of before pay for
     * @param store       where its sessions are kept; closed with the agent
     * @param bigNodes    who computes; closed with the agent
     * @param callbackTls makes the sockets of callbacks by https
     * @param alarms      what its owner should look at
     */
    public record Parts(
            ProofFunction vectors, ProofFunction first, SessionStore store, List<BigNode> bigNodes, Supplier<SSLSocketFactory> callbackTls,
            Alarms alarms) {
        /** Copies the list. */
        public Parts {
            bigNodes = List.copyOf(bigNodes);
        }
    }

    /**
     * An agent that serves nobody yet.
     *
     * @param http listens already; closed with the agent
     */
    public Agent(AgentSettings settings, Parts parts, HttpServer http) {
        this.settings = settings;
        this.http = http;
        this.store = parts.store();
        this.bigNodes = new BigNodes(parts.bigNodes(), parts.alarms());
        SessionRules rules = SessionRules.of(MAX_SESSIONS, settings.sessionLife()).single(settings.maxValidations());
        this.sessions = new Sessions(rules, InstantSource.system(), System::nanoTime, store);
        ProofFunctions functions = new ProofFunctions(List.of(parts.vectors(), parts.first()));
        this.relays = new Relays(sessions, functions, bigNodes, parts.alarms());
        this.push = new Push(
                sessions, ANY, new BatchesAnswer(functions), parts.callbackTls(), PushRules.usual(settings.push().patience()), DeliveryObserver.NOBODY,
                parts.alarms());
        MlNodeParts mlNode = new MlNodeParts(new MlNodeParts.Functions(parts.vectors(), parts.first()), new BigNodeInference(bigNodes), false);
        List<Route> routes = new ArrayList<>(new AgentPage(sessions, bigNodes, relays, parts.alarms(), functions).routes());
        routes.addAll(new MlNodeResource(mlNode, sessions, bigNodes::serving, ANY, bigNodes).localRoutes());
        this.service = new AgentService(routes, MAX_SESSIONS);
    }

    /** Serves from now on, and goes on with what an agent before this one left. */
    public void start() {
        bigNodes.start();
        http.serve(service);
        push.start();
        relays.start();
        var _ = clock.scheduleWithFixedDelay(this::tick, TICK.toMillis(), TICK.toMillis(), TimeUnit.MILLISECONDS);
        LOG.log(System.Logger.Level.INFO, "an ML node at {0}:{1}, inference at port {2}; its page is http://{0}:{1}/", settings.host(),
                Integer.toString(http.port()), Integer.toString(http.secondPort()));
    }

    private void tick() {
        try {
            sessions.tick();
        } catch (RuntimeException failed) {
            // An executor would never call again, and nobody would learn why: sessions would not end any more.
            LOG.log(System.Logger.Level.ERROR, "the sessions' time cannot pass", failed);
        }
    }

    /** The port of an ML node's calls. */
    public int port() {
        return http.port();
    }

    /** The port of an ML node's inference. */
    public int inferencePort() {
        return http.secondPort();
    }

    /** Ends the agent: what its big nodes compute goes on, and is fetched by the next. */
    @Override
    public void close() {
        sessions.close();
        http.drain();
        clock.shutdownNow();
        relays.close();
        push.close();
        http.close();
        bigNodes.close();
        store.close();
    }
}
