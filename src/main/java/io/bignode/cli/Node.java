package io.bignode.cli;

import io.bignode.broker.ArtemisWorker;
import io.bignode.config.InvalidSettingsException;
import io.bignode.config.Settings;
import io.bignode.config.Token;
import io.bignode.delivery.Delivery;
import io.bignode.delivery.Push;
import io.bignode.delivery.PushRules;
import io.bignode.http.HttpServer;
import io.bignode.http.ProofBatch;
import io.bignode.lease.DeviceName;
import io.bignode.lease.Head;
import io.bignode.lease.LeaseRules;
import io.bignode.lease.Leases;
import io.bignode.lease.Policies;
import io.bignode.log.LogLines;
import io.bignode.metrics.Metrics;
import io.bignode.session.Alarms;
import io.bignode.session.SessionRules;
import io.bignode.session.SessionStore;
import io.bignode.session.Sessions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/** A head with its own devices, wired: small nodes' requests come in by HTTP, leases and reports cross the broker, from this host and others. */
final class Node implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Node.class.getName());

    private final SessionStore store;
    private final Sessions sessions;
    private final HeadBroker broker;
    private final Leases leases;
    private final HostDevices devices;
    private final Head head;
    private final HttpServer http;
    private final Push push;
    private final Gate gate;

    /**
     * Wires a node; nothing is computed or served yet.
     *
     * @param store  where its sessions are kept; closed with the node
     * @param gate   who may come in and be called back; closed with the node
     * @param alarms what an operator should look at
     */
    Node(Settings settings, SessionStore store, Gate gate, Alarms alarms) {
        this.store = store;
        this.gate = gate;
        // Before the broker: a faulty choice of devices should stop the start at once.
        Devices found = Devices.of(settings.devices());
        Token joinToken = joinToken(settings);
        LogLines.conceal(List.of(joinToken.secret()));
        this.broker = HeadBroker.open(settings.broker(), joinToken, settings.dataDir(), alarms);
        gate.follow(broker::check);
        BrokerSeam seam = new BrokerSeam(broker.head());
        ModelSizes models = new ModelSizes();
        SessionRules rules = SessionRules.of(settings.maxSessions(), settings.sessionLife()).waiting(settings.maxWaiting(), settings.linger());
        this.sessions = new Sessions(rules, InstantSource.system(), System::nanoTime, store);
        Policies policies = new Policies(new DistanceRules(), models, settings.broker().verifyShare());
        this.leases = new Leases(sessions, LeaseRules.usual(), System::nanoTime, seam, policies, alarms);
        sessions.admitBy(new MemoryAdmission(leases::devices, models, HostDevices.poolBudget()));
        NodeGauges gauges =
                new NodeGauges(sessions, store, leases, broker, alarms, gate, settings.dataDir(), Instant.now(), this::clients);
        NodeMeter meter = new NodeMeter(new Metrics(gauges::read), settings.tenants().tokensFile().isPresent());
        store.observe(meter);
        sessions.observe(meter);
        leases.observe(meter);
        this.head = new Head(sessions, leases, seam, Node::die);
        this.devices = new HostDevices(
                DeviceName.LOCAL, found, settings.devices(), settings.poolsDir(), settings.cacheBytes(), broker.local(), new OwnLink());
        this.http = new HttpServer(
                gate.rules(),
                gate.tenants(),
                sessions,
                new Delivery(meter),
                () -> leases.devices().size(),
                gate.callbackHosts(),
                new WorkerAdministration(joinToken, leases),
                new ShownFarm(BigNodeCommand.version(), settings.tenants().tokensFile().isEmpty(), leases, alarms),
                meter);
        this.push = new Push(sessions, gate.callbackHosts(), ProofBatch::document, gate.callbackTls(), PushRules.usual(), meter);
    }

    /** How many clients are connected; none before the server is there. */
    private int clients() {
        return http == null ? 0 : http.openConnections();
    }

    private static Token joinToken(Settings settings) {
        try {
            return settings.broker().joinToken(settings.dataDir());
        } catch (InvalidSettingsException invalid) {
            throw CommandException.settings(invalid);
        }
    }

    /** The link of the head's own devices: worth a word only when it breaks. */
    private static final class OwnLink implements ArtemisWorker.Watcher {
        @Override
        public void joined() {
            LOG.log(System.Logger.Level.DEBUG, "the head's own devices are connected");
        }

        @Override
        public void apart(String reason) {
            LOG.log(System.Logger.Level.WARNING, "the head''s own devices are not connected to the broker: {0}", reason);
        }
    }

    /**
     * Serves from now on.
     *
     * @throws IllegalStateException when the address cannot be listened on
     */
    void start() {
        // Known before the first small node asks; what devices of a head before this one had died with it.
        leases.handle(devices.hello());
        head.start();
        devices.start();
        http.start();
        push.start();
    }

    /** The port it listens on. */
    int port() {
        return http.port();
    }

    /** The port workers of other hosts connect to; -1 where there is none. */
    int workerPort() {
        return broker.workerPort();
    }

    /** No new sessions, waiting polls answered, devices finish or drop their leases, then the server stops. */
    @Override
    public void close() {
        sessions.close();
        http.drain();
        devices.close();
        head.close();
        push.close();
        http.close();
        gate.close();
        broker.close();
        store.close();
    }

    /** Without its head thread or its store the node would look alive and do nothing: better that the supervisor starts it anew. */
    static void die(Thread thread, Throwable failure) {
        LOG.log(System.Logger.Level.ERROR, "thread " + thread.getName() + " failed, the process ends", failure);
        Runtime.getRuntime().halt(ExitCode.INTERNAL);
    }
}
