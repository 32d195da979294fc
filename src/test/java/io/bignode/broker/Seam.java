package io.bignode.broker;

import io.bignode.lease.Carrier;
import io.bignode.lease.Head;
import io.bignode.lease.Lease;
import io.bignode.lease.WorkerMessage;
import java.time.Duration;
import java.util.List;

/** The head's end of a broker, as leases and the head's thread take it. */
record Seam(HeadSide broker) implements Carrier, Head.Inbox {
    /** A watcher that has nothing to tell. */
    static final class Silent implements ArtemisWorker.Watcher {
        @Override
        public void joined() {}

        @Override
        public void apart(JoinFailure failure) {}
    }

    @Override
    public List<WorkerMessage> receive(Duration wait) throws InterruptedException {
        return broker.receive(wait);
    }

    @Override
    public void acknowledge() {
        broker.acknowledge();
    }

    @Override
    public void send(String deviceId, Lease lease) {
        broker.send(deviceId, lease);
    }

    @Override
    public void cancel(String deviceId, String leaseId) {
        broker.cancel(deviceId, leaseId);
    }

    @Override
    public void bar(String worker, String reason) {
        broker.bar(worker, reason);
    }

    @Override
    public void admit(String worker) {
        broker.admit(worker);
    }
}
