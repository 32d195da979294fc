package io.bignode.metrics;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Leaves of all series those that one of several tenants may see: its own, and those that name no tenant, device, worker or alarm. */
final class OwnSeries {
    private static final Set<String> OPERATORS = Set.of(Family.Label.DEVICE, Family.Label.WORKER, Family.Label.ALARM);

    private OwnSeries() {}

    static MetricSnapshots of(MetricSnapshots all, String tenant) {
        List<MetricSnapshot> shown = new ArrayList<>();
        for (MetricSnapshot family : all) {
            List<? extends DataPointSnapshot> own =
                    family.getDataPoints().stream().filter(point -> visible(point.getLabels(), tenant)).toList();
            if (own.size() == family.getDataPoints().size()) shown.add(family);
            else if (!own.isEmpty()) shown.add(with(family, own));
        }
        return new MetricSnapshots(shown);
    }

    private static boolean visible(Labels labels, String tenant) {
        String whose = labels.get(Family.Label.TENANT);
        return (whose == null || whose.equals(tenant)) && OPERATORS.stream().noneMatch(labels::contains);
    }

    /** The same family with fewer series; only counters, gauges and histograms are ours. */
    private static MetricSnapshot with(MetricSnapshot family, List<? extends DataPointSnapshot> own) {
        return switch (family) {
            case CounterSnapshot counter -> new CounterSnapshot(
                    counter.getMetadata(), own.stream().map(CounterSnapshot.CounterDataPointSnapshot.class::cast).toList());
            case GaugeSnapshot gauge -> new GaugeSnapshot(
                    gauge.getMetadata(), own.stream().map(GaugeSnapshot.GaugeDataPointSnapshot.class::cast).toList());
            case HistogramSnapshot histogram -> new HistogramSnapshot(
                    histogram.getMetadata(), own.stream().map(HistogramSnapshot.HistogramDataPointSnapshot.class::cast).toList());
            default -> throw new IllegalStateException("no series of " + family.getMetadata().getName() + " bears a tenant's name");
        };
    }
}
