package io.bignode.metrics;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Reads every gauge when somebody scrapes: nothing is kept, so that what is gone has no series. */
final class Gauges implements MultiCollector {
    private static final String INFO = "_info";

    private final Consumer<Readings> source;

    Gauges(Consumer<Readings> source) {
        this.source = source;
    }

    @Override
    public MetricSnapshots collect() {
        Map<Family, Map<Labels, Double>> all = new EnumMap<>(Family.class);
        source.accept((family, value, labels) -> {
            if (family.type() != Family.Type.GAUGE) throw new IllegalArgumentException(family + " is no gauge");
            Labels named = Labels.of(family.labels(), Arrays.asList(labels));
            Map<Labels, Double> series = all.computeIfAbsent(family, _ -> new LinkedHashMap<>());
            if (series.size() < Metrics.maxSeries(family) || series.containsKey(named)) series.put(named, value);
        });
        List<MetricSnapshot> snapshots = new ArrayList<>();
        all.forEach((family, series) -> snapshots.add(family.base().endsWith(INFO) ? info(family, series) : gauge(family, series)));
        return new MetricSnapshots(snapshots);
    }

    private static MetricSnapshot gauge(Family family, Map<Labels, Double> series) {
        GaugeSnapshot.Builder gauge = GaugeSnapshot.builder().name(family.base()).help(family.help());
        series.forEach((labels, value) -> gauge.dataPoint(
                GaugeDataPointSnapshot.builder().labels(labels).value(value).build()));
        return gauge.build();
    }

    /** The library has a kind of its own for gauges that are always 1, whose suffix it writes itself. */
    private static MetricSnapshot info(Family family, Map<Labels, Double> series) {
        String name = family.base().substring(0, family.base().length() - INFO.length());
        InfoSnapshot.Builder info = InfoSnapshot.builder().name(name).help(family.help());
        series.keySet().forEach(labels -> info.dataPoint(InfoDataPointSnapshot.builder().labels(labels).build()));
        return info.build();
    }
}
