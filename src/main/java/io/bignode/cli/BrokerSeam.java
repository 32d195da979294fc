package io.bignode.cli;

import io.bignode.broker.HeadSide;
import io.bignode.lease.Carrier;
import io.bignode.lease.Head;
import io.bignode.lease.Lease;
import io.bignode.lease.WorkerMessage;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The broker as leases and the head's thread see it. Before it is {@linkplain #connect connected} no worker is known, so that what is sent
 * has nobody to reach and is dropped, as for a worker that went away.
 */
final class BrokerSeam implements Carrier, Head.Inbox {
    private volatile @Nullable HeadSide broker;

    /** Carries messages by this broker from now on. */
    void connect(HeadSide opened) {
        broker = opened;
    }

    @Override
    public List<WorkerMessage> receive(Duration wait) throws InterruptedException {
        return connected().receive(wait);
    }

    @Override
    public void acknowledge() {
        connected().acknowledge();
    }

    /** The head's thread, which alone takes messages, starts when the broker is there. */
    private HeadSide connected() {
        HeadSide side = broker;
        if (side == null) throw new IllegalStateException("the broker is not there yet");
        return side;
    }

    @Override
    public void send(String deviceId, Lease lease) {
        HeadSide side = broker;
        if (side != null) side.send(deviceId, lease);
    }

    @Override
    public void cancel(String deviceId, String leaseId) {
        HeadSide side = broker;
        if (side != null) side.cancel(deviceId, leaseId);
    }

    @Override
    public void bar(String worker, String reason) {
        HeadSide side = broker;
        if (side != null) side.bar(worker, reason);
    }

    @Override
    public void admit(String worker) {
        HeadSide side = broker;
        if (side != null) side.admit(worker);
    }
}
