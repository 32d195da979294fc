package io.bignode.lease;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How fast each device computes each kind of work, learned from the leases it did; from that the size of its next one. Not thread safe.
 *
 * <p>Only the pairs used last are remembered: orders name any number of kinds.
 */
final class DeviceRates {
    private static final int REMEMBERED = 1024;

    /** Weight of the newest measurement in the running mean: a wrong first one (a cold device, a batch of one) is soon forgotten. */
    private static final double NEWEST = 0.5;

    private record Key(String deviceId, String costClass) {}

    private record Rate(double nanosPerNonce, int largest) {}

    private final LeaseRules rules;
    private final Map<Key, Rate> rates = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Rate> eldest) {
            return size() > REMEMBERED;
        }
    };

    DeviceRates(LeaseRules rules) {
        this.rules = rules;
    }

    /**
     * How many nonces a lease should have: one for unknown work, then about the target time's worth, whole batches where it is more than
     * one.
     *
     * @param maxBatch the device's batch
     */
    int size(String deviceId, String costClass, int maxBatch) {
        Rate rate = rates.get(new Key(deviceId, costClass));
        if (rate == null) return 1;
        double wanted = rules.target().toNanos() / rate.nanosPerNonce();
        double most = Math.min((double) rate.largest() * rules.growth(), (double) maxBatch * rules.batches());
        int size = (int) Math.max(1, Math.min(wanted, most));
        return size > maxBatch ? size - size % maxBatch : size;
    }

    /** The device time so many nonces will take; the target time for unknown work, as nothing better is known. */
    long estimateNanos(String deviceId, String costClass, int nonces) {
        Rate rate = rates.get(new Key(deviceId, costClass));
        return rate == null ? rules.target().toNanos() : (long) (rate.nanosPerNonce() * nonces);
    }

    /** Learns from a lease that was done; nothing is learned from one without nonces. */
    void measured(String deviceId, String costClass, int nonces, long deviceNanos) {
        if (nonces < 1) return;
        double now = Math.max(1, deviceNanos) / (double) nonces;
        rates.merge(new Key(deviceId, costClass), new Rate(now, nonces), (old, one) -> new Rate(
                old.nanosPerNonce() + NEWEST * (one.nanosPerNonce() - old.nanosPerNonce()), Math.max(old.largest(), one.largest())));
    }
}
