package io.bignode.node;

import io.bignode.engine.cpu.CpuEngine;
import io.bignode.lease.Judge;
import io.bignode.proof.ProofFunction;
import io.bignode.proof.transformer.TransformerDevice;
import io.bignode.proof.transformer.TransformerFunction;
import io.bignode.proof.transformer.WeightPools;
import io.bignode.protocol.DeviceHealth;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.WorkOrder;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import io.bignode.protocol.WorkerSide;
import io.bignode.worker.Worker;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The head's CPU as a {@link Judge}. Its library is loaded and its threads start when it is asked for the first time. */
public final class CpuJudge implements Judge, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(CpuJudge.class.getName());

    /** As many floating-point operations as a few cores do in the minutes that a lease may take: three nonces of the main net, for instance. */
    private static final double MAX_OPERATIONS = 3e13;

    private final ProofFunction function = new TransformerFunction();
    private final WeightPools pools;
    private final double margin;
    private final Consumer<LeaseReport> reports;
    private final Desk desk = new Desk();
    private final AtomicBoolean begun = new AtomicBoolean();
    private volatile @Nullable Worker worker;
    private volatile boolean unable;
    private volatile boolean closed;

    /**
     * A judge that has not been asked yet.
     *
     * @param pools   the host's weight pools
     * @param margin  nonces whose distance is within this of r_target are not reported
     * @param reports receives the results of its leases
     */
    public CpuJudge(WeightPools pools, double margin, Consumer<LeaseReport> reports) {
        this.pools = pools;
        this.margin = margin;
        this.reports = reports;
    }

    @Override
    public boolean takes(WorkOrder work) {
        if (unable || !work.function().equals(function.name()) || function.operations(work).orElse(0) > MAX_OPERATIONS) return false;
        return function.fits(new DeviceOffer(DEVICE, "CPU", CpuEngine.usableMemory(), 1), work);
    }

    @Override
    public void judge(Lease lease) {
        LOG.log(System.Logger.Level.INFO, "two devices differ, and the head''s CPU computes lease {0} to tell which is right", lease.id());
        desk.leases.add(lease);
        // The engine is loaded outside the head's thread, as that takes a while and may fail.
        if (begun.compareAndSet(false, true)) Thread.ofVirtual().name("judge").start(this::begin);
    }

    private void begin() {
        try {
            Worker fresh = new Worker(List.of(new TransformerDevice(new CpuEngine(), pools, margin)), desk, () -> {});
            fresh.start();
            worker = fresh;
            if (closed) fresh.close();
        } catch (RuntimeException broken) {
            LOG.log(System.Logger.Level.WARNING, "the head's CPU cannot judge", broken);
            unable = true;
            List<Lease> left = new ArrayList<>();
            desk.leases.drainTo(left);
            left.forEach(lease -> reports.accept(new LeaseReport.Failed(lease.id(), "the head's CPU cannot judge: " + broken.getMessage())));
        }
    }

    @Override
    public void close() {
        closed = true;
        Worker last = worker;
        if (last != null) last.close();
    }

    /** Gives the CPU's worker the judge's leases, and passes its reports on. */
    private final class Desk implements WorkerSide {
        private final BlockingQueue<Lease> leases = new LinkedBlockingQueue<>();

        @Override
        public void request(LeaseRequest request) {
            // A judge gets its leases without asking for them.
        }

        @Override
        public Optional<Lease> take(String deviceId) throws InterruptedException {
            return Optional.of(leases.take());
        }

        @Override
        public boolean cancelled(String leaseId) {
            return false;
        }

        @Override
        public void report(LeaseReport report) {
            reports.accept(report);
        }

        @Override
        public void measured(DeviceHealth health) {
            // A CPU has no gauges.
        }

        @Override
        public void gone(String deviceId) {
            // The judge's leases end with the head.
        }
    }
}
