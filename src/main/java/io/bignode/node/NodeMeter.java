package io.bignode.node;

import io.bignode.delivery.DeliveryObserver;
import io.bignode.http.Metering;
import io.bignode.lease.LeaseObserver;
import io.bignode.metrics.Family;
import io.bignode.metrics.Metrics;
import io.bignode.protocol.DeviceId;
import io.bignode.protocol.WorkerGone;
import io.bignode.session.SessionObserver;
import io.bignode.session.SessionStatus;
import io.bignode.session.StoreObserver;
import java.util.Locale;
import java.util.Optional;

/** Turns what happens in a node into metrics. */
final class NodeMeter implements LeaseObserver, SessionObserver, StoreObserver, DeliveryObserver, Metering {
    private static final String RESULT_ACKNOWLEDGED = "acknowledged";
    private static final String RESULT_FAILED = "failed";
    private static final String RESULT_AGREED = "agreed";
    private static final String RESULT_DEVIATED = "deviated";

    private final Metrics metrics;
    private final boolean several;

    /**
     * Counts events from now on.
     *
     * @param several whether there may be several tenants, who must not see each other's series
     */
    NodeMeter(Metrics metrics, boolean several) {
        this.metrics = metrics;
        this.several = several;
        // Events that did not happen yet are counted as 0 and not left out, so that the first one is seen as a step.
        for (Kind kind : Kind.values()) {
            metrics.add(Family.LEASES_ISSUED, 0, word(kind));
            for (End end : End.values()) metrics.add(Family.LEASES_ENDED, 0, word(kind), word(end));
        }
        for (WorkerGone.Reason reason : WorkerGone.Reason.values()) metrics.add(Family.WORKER_DISCONNECTIONS, 0, reason.word());
        metrics.add(Family.PUSHES, 0, RESULT_ACKNOWLEDGED);
        metrics.add(Family.PUSHES, 0, RESULT_FAILED);
        metrics.add(Family.VERIFICATIONS, 0, RESULT_AGREED);
        metrics.add(Family.VERIFICATIONS, 0, RESULT_DEVIATED);
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public void connected(String deviceId) {
        String[] device = device(deviceId);
        metrics.add(Family.DEVICE_NONCES_RAW, 0, device);
        metrics.add(Family.DEVICE_NONCES_VALID, 0, device);
        metrics.add(Family.DEVICE_BUSY_SECONDS, 0, device);
        metrics.add(Family.DEVICE_LEASES_FAILED, 0, device);
    }

    @Override
    public void issued(Kind kind) {
        metrics.count(Family.LEASES_ISSUED, word(kind));
    }

    @Override
    public void ended(Kind kind, End end, String deviceId) {
        metrics.count(Family.LEASES_ENDED, word(kind), word(end));
        if (end == End.FAILED) metrics.count(Family.DEVICE_LEASES_FAILED, device(deviceId));
    }

    @Override
    public void computed(String tenant, String deviceId, int computed, int found, long deviceNanos) {
        metrics.add(Family.NONCES_RAW, computed, tenant);
        metrics.add(Family.NONCES_VALID, found, tenant);
        metrics.addNanos(Family.DEVICE_SECONDS, deviceNanos, tenant);
        String[] device = device(deviceId);
        metrics.add(Family.DEVICE_NONCES_RAW, computed, device);
        metrics.add(Family.DEVICE_NONCES_VALID, found, device);
        metrics.addNanos(Family.DEVICE_BUSY_SECONDS, deviceNanos, device);
        metrics.observe(Family.LEASE_NONCES, computed);
        metrics.observeNanos(Family.LEASE_DEVICE_SECONDS, deviceNanos);
    }

    /** The labels of a device. */
    static String[] device(String deviceId) {
        DeviceId name = DeviceId.of(deviceId);
        return new String[] {name.id(), name.worker()};
    }

    @Override
    public void verified(boolean agreed) {
        metrics.count(Family.VERIFICATIONS, agreed ? RESULT_AGREED : RESULT_DEVIATED);
    }

    @Override
    public void disconnected(WorkerGone.Reason reason) {
        metrics.count(Family.WORKER_DISCONNECTIONS, reason.word());
    }

    @Override
    public void quarantined() {
        metrics.count(Family.WORKERS_QUARANTINED);
    }

    @Override
    public void started(String tenant) {
        metrics.count(Family.SESSIONS_STARTED, tenant);
        metrics.add(Family.NONCES_RAW, 0, tenant);
        metrics.add(Family.NONCES_VALID, 0, tenant);
        metrics.add(Family.NONCES_DELIVERED, 0, tenant);
    }

    @Override
    public void ended(String tenant, SessionStatus how) {
        metrics.count(Family.SESSIONS_ENDED, tenant, how.wire());
    }

    @Override
    public void committed(long nanos) {
        metrics.observeNanos(Family.STORE_COMMIT_SECONDS, nanos);
    }

    @Override
    public void failed() {
        metrics.count(Family.STORE_FAILURES);
    }

    @Override
    public void answered(String tenant, int nonces, long nanos) {
        metrics.observeNanos(Family.POLL_ANSWER_SECONDS, nanos, tenant);
        handedOut(tenant, nonces);
    }

    @Override
    public void pushed(String tenant, int nonces) {
        metrics.count(Family.PUSHES, RESULT_ACKNOWLEDGED);
        handedOut(tenant, nonces);
    }

    private void handedOut(String tenant, int nonces) {
        if (nonces == 0) return;
        metrics.add(Family.NONCES_DELIVERED, nonces, tenant);
        metrics.observe(Family.DELIVERY_NONCES, nonces, tenant);
    }

    @Override
    public void pushFailed() {
        metrics.count(Family.PUSHES, RESULT_FAILED);
    }

    @Override
    public void answered(String method, String route, String status, long nanos) {
        metrics.observeNanos(Family.HTTP_REQUEST_SECONDS, nanos, method, route, status);
    }

    @Override
    public Scrape scrape(String tenant, boolean operator) {
        return new Scrape(Metrics.CONTENT_TYPE, metrics.text(operator || !several ? Optional.empty() : Optional.of(tenant)));
    }
}
