package io.bignode.protocol;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What a device measured of itself, every few seconds. Only the newest counts.
 *
 * @param deviceId the device
 * @param gauges   by their names; what it cannot measure is missing, and so is what this program knows no name of
 */
public record DeviceHealth(String deviceId, Map<String, Double> gauges) implements WorkerMessage {
    /** What may be measured, and within what bounds; bounds that no device leaves. */
    private enum Gauge {
        UTILISATION(0, 1),
        MEMORY_USED_BYTES(0, 1e15),
        CELSIUS(-273.15, 1000),
        POWER_WATTS(0, 1e6),
        POWER_LIMIT_WATTS(0, 1e6),
        PEAK_OPERATIONS(1, 1e21);

        final double min;
        final double max;

        Gauge(double min, double max) {
            this.min = min;
            this.max = max;
        }

        boolean takes(double value) {
            return value >= min && value <= max;
        }

        String wire() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final int MAX_GAUGES = 64;

    /** Refuses numbers that no device measures. */
    public DeviceHealth {
        DeviceId.of(deviceId);
        if (gauges.size() > MAX_GAUGES) throw new IllegalArgumentException(gauges.size() + " gauges");
        Map<String, Double> known = new HashMap<>();
        for (Gauge gauge : Gauge.values()) {
            Double value = gauges.get(gauge.wire());
            if (value == null) continue;
            if (!gauge.takes(value)) throw new IllegalArgumentException(gauge.wire() + " " + value);
            known.put(gauge.wire(), value);
        }
        gauges = Map.copyOf(known);
    }

    /** The same of a device's own readings: what no device measures, as a driver may say once in a while, is left out. */
    public static DeviceHealth sane(String deviceId, Map<String, Double> readings) {
        Map<String, Double> sane = new HashMap<>();
        for (Gauge gauge : Gauge.values()) {
            Double value = readings.get(gauge.wire());
            if (value != null && gauge.takes(value)) sane.put(gauge.wire(), value);
        }
        return new DeviceHealth(deviceId, sane);
    }

    /** The share of the time for which it was busy, 0 to 1. */
    public OptionalDouble utilisation() {
        return value(Gauge.UTILISATION);
    }

    /** Memory in use, by whomever. */
    public OptionalDouble memoryUsedBytes() {
        return value(Gauge.MEMORY_USED_BYTES);
    }

    /** Its temperature. */
    public OptionalDouble celsius() {
        return value(Gauge.CELSIUS);
    }

    /** What it draws. */
    public OptionalDouble powerWatts() {
        return value(Gauge.POWER_WATTS);
    }

    /** The most it may draw. */
    public OptionalDouble powerLimitWatts() {
        return value(Gauge.POWER_LIMIT_WATTS);
    }

    /** Floating-point operations a second that its chip could do at most. */
    public OptionalDouble peakOperations() {
        return value(Gauge.PEAK_OPERATIONS);
    }

    private OptionalDouble value(Gauge gauge) {
        Double value = gauges.get(gauge.wire());
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }
}
