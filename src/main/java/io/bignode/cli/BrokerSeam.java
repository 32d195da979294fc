package io.bignode.cli;

import io.bignode.broker.HeadSide;
import io.bignode.lease.Carrier;
import io.bignode.lease.Head;
import io.bignode.lease.Lease;
import io.bignode.lease.WorkerMessage;
import java.time.Duration;
import java.util.List;

/** The broker as leases and the head's thread see it. */
record BrokerSeam(HeadSide broker) implements Carrier, Head.Inbox {
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
