package io.bignode.worker;

import io.bignode.proof.ProofDevice;
import io.bignode.protocol.Lease;
import io.bignode.protocol.LeaseReport;
import io.bignode.protocol.WorkerMessage.LeaseRequest;
import io.bignode.protocol.WorkerSide;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;

/** A host's devices, each with two slots: while one computes, the other has its next lease and makes its inputs. */
public final class Worker implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Worker.class.getName());
    private static final int SLOTS = 2;

    /** How long closing waits for devices to let go of their leases. */
    private static final Duration CLOSING = Duration.ofSeconds(8);

    private final List<ProofDevice> devices;
    private final WorkerSide broker;
    private final Runnable freeShared;
    private final List<Thread> slots = new ArrayList<>();
    private final Meters meters;
    private volatile boolean closing;

    /**
     * Makes a worker whose devices do not ask for leases yet.
     *
     * @param devices    closed with the worker
     * @param broker     where leases come from
     * @param freeShared frees what the devices share; called when none of them computes any more
     */
    public Worker(List<? extends ProofDevice> devices, WorkerSide broker, Runnable freeShared) {
        this.devices = List.copyOf(devices);
        this.broker = broker;
        this.freeShared = freeShared;
        this.meters = new Meters(this.devices, broker);
    }

    /** Lets every device ask for leases. */
    public void start() {
        for (ProofDevice device : devices) {
            for (int slot = 0; slot < SLOTS; slot++) {
                slots.add(Thread.ofPlatform().daemon().name(device.id() + "-slot-" + slot).start(() -> work(device)));
            }
        }
        meters.start();
    }

    private void work(ProofDevice device) {
        Backoff backoff = new Backoff();
        try {
            while (!closing) {
                // A device that is not ready requests no lease: leases go to the others.
                if (!ready(device)) {
                    backoff.pause();
                    continue;
                }
                broker.request(new LeaseRequest(device.id(), device.maxBatch()));
                Optional<Lease> lease = broker.take(device.id());
                if (lease.isEmpty()) {
                    return;
                }
                if (compute(device, lease.get())) {
                    backoff.reset();
                } else {
                    backoff.pause();
                }
            }
        } catch (InterruptedException closed) {
            LOG.log(System.Logger.Level.DEBUG, "device {0} stops: the worker closes", device.id());
        }
    }

    private static boolean ready(ProofDevice device) throws InterruptedException {
        try {
            device.prepare();
            return true;
        } catch (RuntimeException | Error broken) {
            // The device loop: whatever a driver or a library throws ends this try, never the device's thread.
            LOG.log(System.Logger.Level.ERROR, "device {0} cannot be made ready, it is tried again", device.id(), broken);
            return false;
        }
    }

    /** Computes and reports; false when the device failed. */
    private boolean compute(ProofDevice device, Lease lease) throws InterruptedException {
        AtomicBoolean reported = new AtomicBoolean();
        IntConsumer started = batch -> {
            if (reported.compareAndSet(false, true)) {
                broker.report(new LeaseReport.Started(lease.id(), batch));
            }
        };
        try {
            if (!device.function().equals(lease.work().function())) {
                throw new IllegalArgumentException("this worker knows no function " + lease.work().function());
            }
            ProofDevice.Result result = device.compute(lease, started, () -> closing || broker.cancelled(lease.id()));
            broker.report(result.report(lease.id()));
            return true;
        } catch (InterruptedException closed) {
            broker.report(new LeaseReport.Returned(lease.id()));
            throw closed;
        } catch (RuntimeException | Error broken) {
            // The device loop: whatever a driver or a library throws ends this lease, never the device's thread.
            LOG.log(System.Logger.Level.ERROR, "device {0} failed on lease {1} of session {2}", device.id(), lease.id(), lease.sessionId(), broken);
            broker.report(new LeaseReport.Failed(lease.id(), device.id() + ": " + broken.getMessage()));
            return false;
        }
    }

    /** Devices finish or drop their leases, then everything on them is freed; memory of a device that does not stop in time stays allocated. */
    @Override
    public void close() {
        closing = true;
        slots.forEach(Thread::interrupt);
        meters.close();
        long deadline = System.nanoTime() + CLOSING.toNanos();
        boolean stopped = true;
        for (Thread slot : slots) {
            stopped &= join(slot, deadline);
        }
        if (stopped) {
            devices.forEach(ProofDevice::close);
            freeShared.run();
        } else {
            LOG.log(System.Logger.Level.WARNING, "a device did not stop in time; its memory goes with the process");
        }
    }

    private static boolean join(Thread slot, long deadline) {
        try {
            return slot.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
            return !slot.isAlive();
        }
    }
}
