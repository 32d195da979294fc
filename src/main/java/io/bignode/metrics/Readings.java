package io.bignode.metrics;

/** Takes what gauges show at the moment of a scrape. */
@FunctionalInterface
public interface Readings {
    /**
     * One series.
     *
     * @param family a gauge
     * @param labels the values of its labels, in their order
     */
    void gauge(Family family, double value, String... labels);
}
