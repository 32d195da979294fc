package io.bignode.metrics;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Counts what happens and shows it to who scrapes. Thread safe, and cheap enough to be called with a lock held. */
public final class Metrics {
    /** The type of what {@link #text} gives. */
    public static final String CONTENT_TYPE = PrometheusTextFormatWriter.CONTENT_TYPE;

    /** The most series of one family; further ones are counted together under {@value #OTHER}. Workers choose their own names. */
    static final int MAX_SERIES = 1024;

    /** The same for a family that has a series for each device or worker: as many as a head remembers. */
    static final int MAX_DEVICE_SERIES = 16_384;

    static final String OTHER = "other";

    private static final double[] SECONDS = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
    private static final double[] NONCES = {1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000, 100_000};

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final Map<Family, Counter> counters = new EnumMap<>(Family.class);
    private final Map<Family, Histogram> histograms = new EnumMap<>(Family.class);
    private final Map<Family, Set<List<String>>> seen = new EnumMap<>(Family.class);

    /**
     * Metrics that are all zero.
     *
     * @param gauges asked for what there is at each scrape, by its thread
     */
    public Metrics(Consumer<Readings> gauges) {
        for (Family family : Family.values()) {
            seen.put(family, ConcurrentHashMap.newKeySet());
            switch (family.type()) {
                case COUNTER -> counters.put(family, counter(family));
                case HISTOGRAM -> histograms.put(family, histogram(family));
                case GAUGE -> {}
            }
        }
        registry.register(new Gauges(gauges));
        registry.register(new Jvm());
    }

    private Counter counter(Family family) {
        return Counter.builder().name(family.base()).help(family.help()).labelNames(family.labels().toArray(String[]::new)).register(registry);
    }

    private Histogram histogram(Family family) {
        double[] bounds = family.base().endsWith("_seconds") ? SECONDS : NONCES;
        return Histogram.builder()
                .name(family.base())
                .help(family.help())
                .labelNames(family.labels().toArray(String[]::new))
                .classicOnly()
                .classicUpperBounds(bounds)
                .register(registry);
    }

    /** Counts one more. */
    public void count(Family family, String... labels) {
        add(family, 1, labels);
    }

    /**
     * Adds to a counter.
     *
     * @param amount not negative; none makes the series begin at 0, so that a rate sees its first event
     */
    public void add(Family family, double amount, String... labels) {
        Counter counter = counters.get(family);
        if (counter == null) throw new IllegalArgumentException(family + " is no counter");
        counter.labelValues(bounded(family, labels)).inc(amount);
    }

    /** Adds a duration to a counter of seconds. */
    public void addNanos(Family family, long nanos, String... labels) {
        add(family, seconds(nanos), labels);
    }

    /** Notes one value of a histogram. */
    public void observe(Family family, double value, String... labels) {
        Histogram histogram = histograms.get(family);
        if (histogram == null) throw new IllegalArgumentException(family + " is no histogram");
        histogram.labelValues(bounded(family, labels)).observe(value);
    }

    /** Notes one duration of a histogram of seconds. */
    public void observeNanos(Family family, long nanos, String... labels) {
        observe(family, seconds(nanos), labels);
    }

    private static double seconds(long nanos) {
        return (double) nanos / TimeUnit.SECONDS.toNanos(1);
    }

    /** The labels, or those of the series that stands for all beyond the bound. */
    private String[] bounded(Family family, String... labels) {
        Set<List<String>> known = Objects.requireNonNull(seen.get(family));
        List<String> series = List.of(labels);
        if (known.contains(series)) return labels;
        if (known.size() < maxSeries(family)) {
            known.add(series);
            return labels;
        }
        return Collections.nCopies(labels.length, OTHER).toArray(String[]::new);
    }

    /** The most series that a family has besides the one that stands for all beyond. */
    static int maxSeries(Family family) {
        return family.labels().contains(Family.Label.WORKER) ? MAX_DEVICE_SERIES : MAX_SERIES;
    }

    /**
     * All of it in Prometheus' text format.
     *
     * @param tenant whose series to give alone, besides those that are nobody's; empty for everything
     */
    public byte[] text(Optional<String> tenant) {
        MetricSnapshots all = registry.scrape();
        MetricSnapshots shown = tenant.isPresent() ? OwnSeries.of(all, tenant.get()) : all;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(64 << 10);
        try {
            PrometheusTextFormatWriter.create().write(bytes, shown);
        } catch (IOException e) {
            throw new UncheckedIOException("memory does not fail to be written to", e);
        }
        return bytes.toByteArray();
    }
}
