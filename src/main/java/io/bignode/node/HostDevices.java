package io.bignode.node;

import io.bignode.broker.ArtemisWorker;
import io.bignode.broker.BrokerAccess;
import io.bignode.broker.SeveralHeads;
import io.bignode.config.DeviceSettings;
import io.bignode.engine.Device;
import io.bignode.engine.Engine;
import io.bignode.engine.cpu.CpuEngine;
import io.bignode.lease.Judge;
import io.bignode.poc.HostMemory;
import io.bignode.poc.PoolCache;
import io.bignode.poc.ProofOrder;
import io.bignode.proof.ProofDevice;
import io.bignode.proof.transformer.TransformerDevice;
import io.bignode.proof.transformer.WeightPools;
import io.bignode.proof.vllm.BackendWatch;
import io.bignode.proof.vllm.VectorDevice;
import io.bignode.protocol.DeviceId;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.WorkerHello;
import io.bignode.protocol.WorkerSide;
import io.bignode.worker.Worker;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** This host's devices at work. They work in the same way whether the head is in this process or on another host. */
public final class HostDevices implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(HostDevices.class.getName());

    /** Memory that weight pools leave to activations and to the system. */
    private static final long KEPT_FREE = 2L << 30;

    private final String name;
    private final Devices devices;
    private final List<ArtemisWorker> links;
    private final Optional<SeveralHeads> several;
    private final Worker worker;
    private final WeightPools pools;
    private final List<VectorDevice> backends;
    private final double margin;
    private Optional<CpuJudge> judge = Optional.empty();

    /**
     * A head that they compute for.
     *
     * @param name    what the log calls it
     * @param access  how to reach its broker
     * @param watcher is told how the connection does
     */
    public record Head(String name, BrokerAccess access, ArtemisWorker.Watcher watcher) {}

    /**
     * Takes devices, which do not work yet.
     *
     * @param name  the worker's name
     * @param heads whom they compute for, at least one
     */
    public HostDevices(String name, Devices devices, DeviceSettings settings, Path poolsDir, long cacheBytes, List<Head> heads) {
        this.name = name;
        this.devices = devices;
        List<Engine> engines = devices.engines();
        this.backends = backends(settings.backends());
        List<DeviceOffer> offers = offers();
        this.links = heads.stream().map(head -> new ArtemisWorker(name, offers, head.access(), head.watcher())).toList();
        this.several = heads.size() < 2 ? Optional.empty() : Optional.of(several(heads, links, offers));
        this.margin = settings.margin();
        this.pools = new WeightPools(
                poolBudget(), Runtime.getRuntime().availableProcessors(), new PoolCache(poolsDir, cacheBytes), memory(engines));
        Stream<ProofDevice> own = engines.stream().map(engine -> new TransformerDevice(engine, pools, margin));
        this.worker = new Worker(Stream.concat(own, backends.stream()).toList(), several.<WorkerSide>map(all -> all).orElse(links.getFirst()), pools::close);
    }

    private static SeveralHeads several(List<Head> heads, List<ArtemisWorker> links, List<DeviceOffer> offers) {
        return new SeveralHeads(
                IntStream.range(0, heads.size()).mapToObj(i -> new SeveralHeads.Head(heads.get(i).name(), links.get(i))).toList(),
                offers.stream().map(offer -> DeviceId.of(offer.deviceId()).device()).toList());
    }

    private static List<VectorDevice> backends(List<URI> urls) {
        return IntStream.range(0, urls.size()).mapToObj(number -> new VectorDevice("vllm:" + number, urls.get(number))).toList();
    }

    private static HostMemory memory(List<Engine> engines) {
        return engines.isEmpty() ? HostMemory.PLAIN : engines.getFirst().poolMemory();
    }

    /** What is known of the backends among them. */
    List<BackendWatch> backends() {
        return backends.stream().map(VectorDevice::watch).toList();
    }

    /** The hello of these devices when they connect and have no leases. */
    WorkerHello hello() {
        return new WorkerHello(name, offers(), List.of());
    }

    private List<DeviceOffer> offers() {
        Stream<DeviceOffer> own = devices.engines().stream().map(engine -> offer(name, engine.device()));
        return Stream.concat(own, backends.stream().map(backend -> backend.offer(name))).toList();
    }

    private static DeviceOffer offer(String worker, Device device) {
        String name = device.name().length() > 128 ? device.name().substring(0, 128) : device.name();
        return new DeviceOffer(new DeviceId(worker, device.id()).id(), name, device.memoryBytes(), device.maxBatch(), ProofOrder.FUNCTION);
    }

    /**
     * The CPU as a judge, with this host's weight pools; closed with the devices. There is none where the CPU is one of the devices, and so judges anyway.
     *
     * @param reports receives events of its leases
     */
    Judge judge(Consumer<LeaseReport> reports) {
        if (devices.engines().stream().anyMatch(engine -> new DeviceId(name, engine.device().id()).id().equals(Judge.DEVICE))) return Judge.NONE;
        CpuJudge own = new CpuJudge(pools, margin, reports);
        judge = Optional.of(own);
        return own;
    }

    /** Lets the devices ask for leases. */
    public void start() {
        for (Engine engine : devices.engines()) {
            Device device = engine.device();
            LOG.log(System.Logger.Level.INFO, "device {0}: {1}, {2} GiB may be used", device.id(), device.name(),
                    String.format(Locale.ROOT, "%.1f", device.memoryBytes() / (double) (1L << 30)));
        }
        devices.detection().gpus().forEach(gpu -> gpu.notUsedBecause().ifPresent(
                reason -> LOG.log(System.Logger.Level.WARNING, "device {0} ({1}) is not used: {2}", gpu.id(), gpu.name(), reason)));
        devices.notice().ifPresent(notice -> LOG.log(System.Logger.Level.WARNING, notice));
        if (devices.engines().isEmpty() && backends.isEmpty()) return;
        links.forEach(ArtemisWorker::start);
        several.ifPresent(SeveralHeads::start);
        backends.forEach(backend -> backend.watch(other -> links.forEach(link -> link.offer(other.offer(name)))));
        worker.start();
    }

    /** How many bytes of this host's memory weight pools may take. */
    static long poolBudget() {
        long memory = CpuEngine.usableMemory();
        return Math.max(memory / 2, memory - KEPT_FREE);
    }

    /** Lets the devices finish or drop their leases and tell the head so where it can be reached; then frees everything on them. */
    @Override
    public void close() {
        links.forEach(ArtemisWorker::stop);
        judge.ifPresent(CpuJudge::close);
        worker.close();
        several.ifPresent(SeveralHeads::close);
        closeLinks();
        devices.engines().forEach(Engine::close);
    }

    /** All at the same time, as one whose head is away takes seconds. */
    private void closeLinks() {
        try (ExecutorService all = Executors.newVirtualThreadPerTaskExecutor()) {
            links.forEach(link -> all.execute(link::close));
        }
    }
}
