package io.bignode.engine;

import java.util.OptionalDouble;

/**
 * What a device measures of itself at a moment; empty what it cannot.
 *
 * @param utilisation     the share of the time for which it was busy lately, 0 to 1
 * @param memoryUsedBytes memory in use, by whomever
 * @param celsius         its temperature
 * @param powerWatts      what it draws
 * @param powerLimitWatts the most it may draw
 * @param peakOperations  floating-point operations a second that its chip could do at most
 */
public record Gauges(
        OptionalDouble utilisation,
        OptionalDouble memoryUsedBytes,
        OptionalDouble celsius,
        OptionalDouble powerWatts,
        OptionalDouble powerLimitWatts,
        OptionalDouble peakOperations) {
    /** Of a device that measures nothing. */
    public static final Gauges NONE = new Gauges(
            OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.empty());

    /** The same with the chip's greatest rate. */
    public Gauges withPeak(double operations) {
        return new Gauges(utilisation, memoryUsedBytes, celsius, powerWatts, powerLimitWatts, OptionalDouble.of(operations));
    }
}
