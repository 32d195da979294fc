package io.bignode.lease;

import io.bignode.monitor.LruMap;
import io.bignode.protocol.DeviceHealth;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.LongSupplier;

/** What devices measured of themselves last, and how fast they computed last. Not thread safe. */
final class DeviceGauges {
    /** Measurements older than this are not shown any more. */
    private static final Duration FRESH = Duration.ofSeconds(15);

    /** Weight of the newest lease in the running mean. */
    private static final double NEWEST = 0.25;

    private record Measured(DeviceHealth health, long atNanos) {}

    private final LongSupplier nanoTime;
    private final Map<String, Measured> measured = LruMap.ofDevices();

    /** Operations a second while it computed. */
    private final Map<String, Double> speeds = LruMap.ofDevices();

    DeviceGauges(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** A device reported its measurements. */
    void measured(DeviceHealth health) {
        measured.put(health.deviceId(), new Measured(health, nanoTime.getAsLong()));
    }

    /** A device computed so many nonces. */
    void computed(String deviceId, OptionalDouble operationsPerNonce, int nonces, long deviceNanos) {
        if (operationsPerNonce.isEmpty() || nonces < 1 || deviceNanos < 1) return;
        double speed = operationsPerNonce.getAsDouble() * nonces / (deviceNanos * 1e-9);
        speeds.merge(deviceId, speed, (before, now) -> before + NEWEST * (now - before));
    }

    /** What a device measured last, unless that is long ago. */
    Optional<DeviceHealth> health(String deviceId) {
        Measured last = measured.get(deviceId);
        if (last == null || nanoTime.getAsLong() - last.atNanos() > FRESH.toNanos()) return Optional.empty();
        return Optional.of(last.health());
    }

    /** The share of its chip's peak rate that a device reaches while it computes. */
    OptionalDouble shareOfPeak(String deviceId) {
        Double speed = speeds.get(deviceId);
        OptionalDouble peak = health(deviceId).map(DeviceHealth::peakOperations).orElse(OptionalDouble.empty());
        return speed == null || peak.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(speed / peak.getAsDouble());
    }
}
