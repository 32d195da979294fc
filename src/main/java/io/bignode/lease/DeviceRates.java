package io.bignode.lease;

import io.bignode.monitor.LruMap;
import java.util.Map;

/**
 * How fast each device computes each kind of work, learned from the leases it did; from that the size of its next one. Not thread safe.
 *
 * <p>Only the pairs used last are remembered: orders name any number of kinds.
 */
final class DeviceRates {
    private static final int REMEMBERED = 1024;

    /** A lease that would be at least this share of a batch is rounded to a whole one. */
    private static final double MIN_SHARE_OF_A_BATCH = 0.75;

    /** Weight of the newest measurement in the running mean: a wrong first one (a cold device, a batch of one) is soon forgotten. */
    private static final double NEWEST = 0.5;

    private record Key(String deviceId, String costClass) {}

    private record Rate(double nanosPerNonce, int largest) {}

    private final LeaseRules rules;
    private final Map<Key, Rate> rates = new LruMap<>(REMEMBERED);
    private final Map<Key, Integer> batches = new LruMap<>(REMEMBERED);

    DeviceRates(LeaseRules rules) {
        this.rules = rules;
    }

    /** Learns how many nonces of this work a device takes in one go. */
    void ready(String deviceId, String costClass, int batch) {
        batches.put(new Key(deviceId, costClass), batch);
    }

    /**
     * How many nonces a lease should have: one for unknown work, then about the target time's worth; whole batches from most of a batch on, as a part of one
     * leaves a large device half idle.
     *
     * @param maxBatch the device's batch, for work it was never ready for
     */
    int size(String deviceId, String costClass, int maxBatch) {
        Key key = new Key(deviceId, costClass);
        Rate rate = rates.get(key);
        if (rate == null) return 1;
        int batch = batches.getOrDefault(key, maxBatch);
        double wanted = rules.target().toNanos() / rate.nanosPerNonce();
        double max = Math.min((double) rate.largest() * rules.growth(), (double) batch * rules.batches());
        if (Math.min(wanted, max) < MIN_SHARE_OF_A_BATCH * batch) return (int) Math.max(1, Math.min(wanted, max));
        return batch * (int) Math.clamp(Math.round(wanted / batch), 1, Math.max(1, (long) (max / batch)));
    }

    /** The device time so many nonces will take; the target time for unknown work, as nothing better is known. */
    long estimateNanos(String deviceId, String costClass, int nonces) {
        Rate rate = rates.get(new Key(deviceId, costClass));
        return rate == null ? rules.target().toNanos() : (long) (rate.nanosPerNonce() * nonces);
    }

    /** Whether this device did this kind of work before. */
    boolean known(String deviceId, String costClass) {
        return rates.containsKey(new Key(deviceId, costClass));
    }

    /** Learns from a lease that was done; nothing is learned from one without nonces. */
    void measured(String deviceId, String costClass, int nonces, long deviceNanos) {
        if (nonces < 1) return;
        double now = Math.max(1, deviceNanos) / (double) nonces;
        rates.merge(new Key(deviceId, costClass), new Rate(now, nonces), (old, added) -> new Rate(
                old.nanosPerNonce() + NEWEST * (added.nanosPerNonce() - old.nanosPerNonce()), Math.max(old.largest(), added.largest())));
    }
}
