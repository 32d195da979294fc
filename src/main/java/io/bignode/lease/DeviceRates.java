package io.bignode.lease;

import io.bignode.monitor.LruMap;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;

/**
 * How fast each device computes each kind of work, learned from the leases it did; from that the size of its next one. Not thread safe.
 *
 * <p>Only the kinds that a device computed last are remembered, as orders name any number of kinds; and the devices that computed last, as workers do.
 */
final class DeviceRates {
    private static final int KINDS = 16;

    /** A lease that would be at least this share of a batch is rounded to a whole one. */
    private static final double MIN_SHARE_OF_A_BATCH = 0.75;

    /** Weight of the newest measurement in the running mean: a wrong first one (a cold device, a batch of one) is soon forgotten. */
    private static final double NEWEST = 0.5;

    /**
     * What is known of a device and a kind of work.
     *
     * @param batch         how many nonces it takes in one go; empty when it was never ready for the work
     * @param nanosPerNonce device time; 0 when it never did any
     * @param largest       the nonces of its largest lease
     */
    private record Rate(OptionalInt batch, double nanosPerNonce, int largest) {
        static final Rate UNKNOWN = new Rate(OptionalInt.empty(), 0, 0);

        boolean known() {
            return largest > 0;
        }

        Rate measured(double nanos, int nonces) {
            return new Rate(batch, known() ? nanosPerNonce + NEWEST * (nanos - nanosPerNonce) : nanos, Math.max(largest, nonces));
        }
    }

    private final LeaseRules rules;
    /** By device and cost class. */
    private final Map<String, Map<String, Rate>> rates = LruMap.ofDevices();

    DeviceRates(LeaseRules rules) {
        this.rules = rules;
    }

    /** Learns how many nonces of this work a device takes in one go. */
    void ready(String deviceId, String costClass, int batch) {
        Rate before = rate(deviceId, costClass);
        if (before.batch().equals(OptionalInt.of(batch))) return;
        learn(deviceId, costClass, new Rate(OptionalInt.of(batch), before.nanosPerNonce(), before.largest()));
    }

    /**
     * How many nonces a lease should have: one for unknown work, then about the target time's worth; whole batches from most of a batch on, as a part of one
     * leaves a large device half idle.
     *
     * @param maxBatch the device's batch, for work it was never ready for
     */
    int size(String deviceId, String costClass, int maxBatch) {
        return size(deviceId, costClass, maxBatch, rules.target());
    }

    /** The same for leases of another target time, which may hold as many batches more as they take longer. */
    int size(String deviceId, String costClass, int maxBatch, Duration target) {
        Rate rate = rate(deviceId, costClass);
        if (!rate.known()) return 1;
        int batch = rate.batch().orElse(maxBatch);
        double wanted = target.toNanos() / rate.nanosPerNonce();
        double maxBatches = rules.batches() * (target.toNanos() / (double) rules.target().toNanos());
        double max = Math.min((double) rate.largest() * rules.growth(), batch * maxBatches);
        if (Math.min(wanted, max) < MIN_SHARE_OF_A_BATCH * batch) return (int) Math.max(1, Math.min(wanted, max));
        return batch * (int) Math.clamp(Math.round(wanted / batch), 1, Math.max(1, (long) (max / batch)));
    }

    /** The device time so many nonces will take; the target time for unknown work, as nothing better is known. */
    long estimateNanos(String deviceId, String costClass, int nonces) {
        Rate rate = rate(deviceId, costClass);
        return rate.known() ? (long) (rate.nanosPerNonce() * nonces) : rules.target().toNanos();
    }

    /** Whether this device did this kind of work before. */
    boolean known(String deviceId, String costClass) {
        return rate(deviceId, costClass).known();
    }

    /** Learns from a lease that was done; nothing is learned from one without nonces. */
    void measured(String deviceId, String costClass, int nonces, long deviceNanos) {
        if (nonces < 1) return;
        learn(deviceId, costClass, rate(deviceId, costClass).measured(Math.max(1, deviceNanos) / (double) nonces, nonces));
    }

    private Rate rate(String deviceId, String costClass) {
        return rates.getOrDefault(deviceId, Map.of()).getOrDefault(costClass, Rate.UNKNOWN);
    }

    private void learn(String deviceId, String costClass, Rate rate) {
        rates.computeIfAbsent(deviceId, _ -> new LruMap<>(KINDS)).put(costClass, rate);
    }
}
