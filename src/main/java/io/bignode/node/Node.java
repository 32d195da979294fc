package io.bignode.node;

import io.bignode.api.Api;
import io.bignode.api.delegation.BatchesAnswer;
import io.bignode.api.mlnode.MlNodeParts;
import io.bignode.broker.ArtemisHead;
import io.bignode.broker.ArtemisWorker;
import io.bignode.broker.JoinFailure;
import io.bignode.config.BrokerSettings;
import io.bignode.config.InvalidSettingsException;
import io.bignode.config.Settings;
import io.bignode.config.Token;
import io.bignode.config.VectorSettings;
import io.bignode.delivery.Delivery;
import io.bignode.delivery.Push;
import io.bignode.delivery.PushRules;
import io.bignode.http.HttpServer;
import io.bignode.lease.HeadLoop;
import io.bignode.lease.LeaseRules;
import io.bignode.lease.Leases;
import io.bignode.lease.MemoryAdmission;
import io.bignode.lease.Policies;
import io.bignode.log.LogLines;
import io.bignode.metrics.Metrics;
import io.bignode.monitor.Alarms;
import io.bignode.node.tls.HeadCertificate;
import io.bignode.proof.ProofFunction;
import io.bignode.proof.ProofFunctions;
import io.bignode.proof.transformer.TransformerFunction;
import io.bignode.proof.vllm.MatchRules;
import io.bignode.proof.vllm.VectorFunction;
import io.bignode.protocol.DeviceId;
import io.bignode.protocol.WorkerGone;
import io.bignode.session.Session;
import io.bignode.session.SessionRules;
import io.bignode.session.SessionStore;
import io.bignode.session.Sessions;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A head with its own devices, wired: small nodes' requests come in by HTTP, leases and reports cross the broker, from this host and others.
 *
 * <p>Small nodes are served before the broker and the devices are there: what they ask for first, the batches that were found already, needs neither.
 */
public final class Node implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Node.class.getName());

    private final Settings settings;
    private final SessionStore store;
    private final Token joinToken;
    private final Optional<HeadCertificate> certificate;
    private final Sessions sessions;
    private final ArtemisHead workers = new ArtemisHead();
    private final Leases leases;
    private final HeadLoop head;
    private final HttpServer http;
    private final InetAddress address;
    private final Api api;
    private final HeadInference inference;
    private final Push push;
    private final LiveSettings live;

    /** Held while the broker and the devices are started, and to end them: what is half started cannot be ended. */
    private final Lock working = new ReentrantLock();

    private volatile Optional<HeadBroker> broker = Optional.empty();
    private volatile Optional<HostDevices> devices = Optional.empty();
    private volatile boolean closed;

    /** Wires a node that serves the transformer's distances, and vectors where backends compute them; nothing is computed or served yet. */
    public Node(Settings settings, HttpServer http, SessionStore store, LiveSettings live, Alarms alarms) {
        this(new MlNodeParts.Functions(new VectorFunction(matchRules(settings.vectors())), new TransformerFunction()), settings, http, store, live, alarms);
    }

    private static MatchRules matchRules(VectorSettings vectors) {
        return new MatchRules(vectors.distances(), vectors.pMismatch(), vectors.fraudThreshold());
    }

    private Node(MlNodeParts.Functions all, Settings settings, HttpServer http, SessionStore store, LiveSettings live, Alarms alarms) {
        this(
                new ProofFunctions(List.of(all.vectors(), all.first())), settings.mlNode().on() ? Optional.of(all) : Optional.empty(), settings, http, store,
                live, alarms);
    }

    /**
     * Wires a node; nothing is computed or served yet.
     *
     * @param function what small nodes order
     * @param http     listens already; closed with the node
     * @param store    where its sessions are kept; closed with the node
     * @param live     who may come in and be called back; closed with the node
     * @param alarms   what an operator should look at
     * @throws CommandException when a setting turns out to be unusable
     */
    public Node(ProofFunction function, Settings settings, HttpServer http, SessionStore store, LiveSettings live, Alarms alarms) {
        this(function, Optional.empty(), settings, http, store, live, alarms);
    }

    private Node(
            ProofFunction function, Optional<MlNodeParts.Functions> mlNode, Settings settings, HttpServer http, SessionStore store, LiveSettings live,
            Alarms alarms) {
        this.settings = settings;
        this.http = http;
        this.address = http.address(); // a server that was closed, as of a node that is told to stop, has none
        this.store = store;
        this.live = live;
        this.joinToken = joinToken(settings);
        LogLines.conceal(List.of(joinToken.secret()));
        this.certificate = certificate(settings, alarms);
        certificate.ifPresent(own -> live.follow(own::check));
        SessionRules rules = SessionRules.of(settings.maxSessions(), settings.sessionLife()).waiting(settings.maxWaiting(), settings.linger())
                .single(settings.vectors().maxValidations());
        this.sessions = new Sessions(rules, InstantSource.system(), System::nanoTime, store);
        tellRestored(sessions.kept());
        Policies policies = new Policies(function, function, settings.broker().verifyShare());
        this.leases = new Leases(sessions, LeaseRules.usual(), System::nanoTime, workers, policies, alarms);
        sessions.admitBy(new MemoryAdmission(leases::devices, function, HostDevices.poolBudget()));
        NodeGauges gauges = new NodeGauges(
                sessions, store, leases, () -> broker.flatMap(HeadBroker::embedded), alarms, live, settings.dataDir(), Instant.now(), http::openConnections);
        NodeMeter meter = new NodeMeter(new Metrics(gauges::read), settings.tokensFile().isPresent());
        store.observe(meter);
        sessions.observe(meter);
        leases.observe(meter);
        this.head = new HeadLoop(sessions, leases, workers, Node::die);
        this.inference = new HeadInference(settings, () -> devices.map(HostDevices::backends).orElse(List.of()));
        this.api = new Api(
                function,
                mlNode.map(ordered -> new MlNodeParts(ordered, inference, settings.mlNode().ownPort().isPresent())),
                live.tenants(),
                sessions,
                new Delivery(meter),
                () -> leases.devices().size(),
                live.callbackHosts(),
                new WorkerAdministration(joinToken, leases),
                new ShownFleet(ProgramVersion.text(), settings.tokensFile().isEmpty(), leases, alarms),
                meter);
        this.push = new Push(sessions, live.callbackHosts(), new BatchesAnswer(function), live.callbackTls(), PushRules.usual(settings.push().patience()), meter, alarms);
    }

    /** The certificate by which workers of other hosts know this head. Where none can join, no certificate is made. */
    private static Optional<HeadCertificate> certificate(Settings settings, Alarms alarms) {
        BrokerSettings broker = settings.broker();
        if (broker.external().isPresent() || broker.port().isEmpty()) return Optional.empty();
        try {
            return Optional.of(HeadCertificate.of(broker.tls(), settings.dataDir(), alarms));
        } catch (InvalidSettingsException invalid) {
            throw CommandException.settings(invalid);
        } catch (IOException unusable) {
            throw CommandException.environment(String.valueOf(unusable.getMessage()));
        }
    }

    private static void tellRestored(List<Session> kept) {
        long running = kept.stream().filter(session -> !session.status().ended()).count();
        LOG.log(System.Logger.Level.INFO, "sessions restored: running={0,number,0} ended={1,number,0}", running, kept.size() - running);
    }

    private static Token joinToken(Settings settings) {
        try {
            return settings.broker().joinToken(settings.dataDir());
        } catch (InvalidSettingsException invalid) {
            throw CommandException.settings(invalid);
        }
    }

    /** The link of the head's own devices, of which the log tells only when it breaks. */
    private static final class OwnLink implements ArtemisWorker.Watcher {
        @Override
        public void joined() {
            LOG.log(System.Logger.Level.DEBUG, "the head's own devices are connected");
        }

        @Override
        public void apart(JoinFailure failure) {
            LOG.log(System.Logger.Level.WARNING, "the head''s own devices are not connected to the broker: {0}", failure.reason());
        }
    }

    /** Serves small nodes from now on. Nothing is computed yet. */
    public void serve() {
        // Leases that devices of an earlier head in this process' place held are lost; that is told before the first small node asks.
        leases.handle(new WorkerGone(DeviceId.LOCAL));
        inference.start();
        http.serve(api);
        push.start();
    }

    /**
     * Starts the broker, finds this host's devices and lets them and other hosts' work. Takes seconds on a busy host. Nothing happens when the
     * node was closed before.
     *
     * @throws CommandException when the settings name a GPU that cannot be used, or the broker cannot be started or reached
     */
    public void work() {
        working.lock();
        try {
            if (closed) return;
            // The devices come first, as a faulty choice of devices should end the process soon.
            Devices found = Devices.of(settings.devices());
            if (closed) return;
            HeadBroker opened = HeadBroker.open(workers, settings.broker(), joinToken, settings.dataDir(), certificate);
            broker = Optional.of(opened);
            HostDevices own = new HostDevices(
                    DeviceId.LOCAL, found, settings.devices(), settings.poolsDir(), settings.cacheBytes(),
                    List.of(new HostDevices.Head("the head", opened.local(), new OwnLink())));
            devices = Optional.of(own);
            leases.judgeBy(own.judge(leases::handle));
            leases.handle(own.hello());
            leases.measureBy(new ServingTime());
            head.start();
            own.start();
        } finally {
            working.unlock();
        }
    }

    /** The address it listens on. */
    public InetAddress address() {
        return address;
    }

    /** The port it listens on. */
    public int port() {
        return http.port();
    }

    /** The port workers of other hosts connect to; -1 where there is none, or not yet. */
    public int workerPort() {
        return broker.map(HeadBroker::workerPort).orElse(-1);
    }

    /** Ends the node: it takes no new sessions, answers waiting polls, lets devices finish or drop their leases, and then stops the server. */
    @Override
    public void close() {
        closed = true;
        sessions.close();
        http.drain();
        working.lock();
        try {
            devices.ifPresent(HostDevices::close);
            head.close();
            push.close();
            http.close();
            inference.close();
            live.close();
            workers.close();
            broker.ifPresent(HeadBroker::close);
            store.close();
        } finally {
            working.unlock();
        }
    }

    /** Ends the process, so that its supervisor starts it anew: without its head thread or its store the node would look alive and do nothing. */
    static void die(Thread thread, Throwable failure) {
        try {
            LOG.log(System.Logger.Level.ERROR, "thread " + thread.getName() + " failed, the process ends", failure);
            LogLines.close();
        } finally {
            Runtime.getRuntime().halt(ExitCode.INTERNAL); // also where the log cannot be written
        }
    }
}
