package io.bignode.cli;

import io.bignode.broker.InMemoryBroker;
import io.bignode.config.Settings;
import io.bignode.delivery.Delivery;
import io.bignode.delivery.Push;
import io.bignode.delivery.PushRules;
import io.bignode.engine.Device;
import io.bignode.engine.Engine;
import io.bignode.engine.cpu.CpuEngine;
import io.bignode.http.HttpServer;
import io.bignode.http.ProofBatch;
import io.bignode.lease.DeviceGone;
import io.bignode.lease.Head;
import io.bignode.lease.LeaseRules;
import io.bignode.lease.Leases;
import io.bignode.poc.PoolCache;
import io.bignode.poc.HostMemory;
import io.bignode.session.SessionRules;
import io.bignode.session.SessionStore;
import io.bignode.session.Sessions;
import io.bignode.worker.WeightPools;
import io.bignode.worker.Worker;
import java.time.InstantSource;
import java.util.List;

/** A head with its own devices, wired: small nodes' requests come in by HTTP, leases and reports cross the broker in memory. */
final class Node implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Node.class.getName());

    /** Memory that pools leave to activations and to the system. */
    private static final long KEPT_FREE = 2L << 30;

    private final Devices devices;
    private final SessionStore store;
    private final Sessions sessions;
    private final Leases leases;
    private final InMemoryBroker broker = new InMemoryBroker();
    private final Worker worker;
    private final Head head;
    private final HttpServer http;
    private final Push push;
    private final Gate gate;

    /**
     * Wires a node; nothing runs yet.
     *
     * @param store where its sessions are kept; closed with the node
     * @param gate  who may come in and be called back; closed with the node
     */
    Node(Settings settings, SessionStore store, Gate gate) {
        this.store = store;
        this.gate = gate;
        this.devices = Devices.of(settings.devices());
        List<Engine> engines = devices.engines();
        SessionRules rules = SessionRules.of(settings.maxSessions(), settings.sessionLife());
        this.sessions = new Sessions(rules, InstantSource.system(), System::nanoTime, store);
        this.leases = new Leases(sessions, LeaseRules.usual(), System::nanoTime, broker::send, broker::cancel);
        this.head = new Head(sessions, leases, broker::receive, Node::die);
        long poolBudget = poolBudget();
        HostMemory memory = engines.getFirst().poolMemory();
        PoolCache cache = new PoolCache(settings.poolsDir(), settings.cacheBytes());
        this.worker = new Worker(engines, broker, new WeightPools(poolBudget, Runtime.getRuntime().availableProcessors(), cache, memory),
                settings.devices().margin());
        this.http = new HttpServer(
                gate.rules(),
                gate.tenants(),
                sessions,
                new Delivery(),
                new MemoryAdmission(engines, sessions, poolBudget),
                engines::size,
                gate.callbackHosts());
        this.push = new Push(sessions, gate.callbackHosts(), ProofBatch::document, gate.callbackTls(), PushRules.usual());
    }

    /**
     * Serves from now on.
     *
     * @throws IllegalStateException when the address cannot be listened on
     */
    void start() {
        for (Engine engine : devices.engines()) {
            Device device = engine.device();
            LOG.log(System.Logger.Level.INFO, String.format(
                    "device %s: %s, %.1f GiB may be used", device.id(), device.name(), device.memoryBytes() / (double) (1L << 30)));
        }
        // This node's own devices died with the head before this one: what they had is given back.
        devices.engines().forEach(engine -> leases.handle(new DeviceGone(engine.device().id())));
        devices.detection().gpus().forEach(gpu -> gpu.notUsedBecause().ifPresent(
                reason -> LOG.log(System.Logger.Level.WARNING, "{0} ({1}) is not used: {2}", gpu.id(), gpu.name(), reason)));
        devices.notice().ifPresent(notice -> LOG.log(System.Logger.Level.WARNING, notice));
        head.start();
        worker.start();
        http.start();
        push.start();
    }

    /** The port it listens on. */
    int port() {
        return http.port();
    }

    /** No new sessions, waiting polls answered, devices finish or drop their leases, then the server stops. */
    @Override
    public void close() {
        sessions.close();
        http.drain();
        broker.close();
        worker.close();
        head.close();
        push.close();
        http.close();
        gate.close();
        devices.engines().forEach(Engine::close);
        store.close();
    }

    private static long poolBudget() {
        long memory = CpuEngine.usableMemory();
        return Math.max(memory / 2, memory - KEPT_FREE);
    }

    /** Without its head thread or its store the node would look alive and do nothing: better that the supervisor starts it anew. */
    static void die(Thread thread, Throwable failure) {
        LOG.log(System.Logger.Level.ERROR, "thread " + thread.getName() + " failed, the process ends", failure);
        Runtime.getRuntime().halt(ExitCode.INTERNAL);
    }
}
