package io.bignode.metrics;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The process and its JVM, under the names that Prometheus' own libraries use, so that ready dashboards fit. */
final class Jvm implements MultiCollector {
    @Override
    public MetricSnapshots collect() {
        List<MetricSnapshot> all = new ArrayList<>();
        MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        MemoryUsage other = ManagementFactory.getMemoryMXBean().getNonHeapMemoryUsage();
        all.add(gauge("jvm_memory_used_bytes", "Memory of the JVM that is used, by area.",
                point("area", "heap", heap.getUsed()), point("area", "nonheap", other.getUsed())));
        all.add(gauge("jvm_memory_committed_bytes", "Memory the JVM took from the system, by area.",
                point("area", "heap", heap.getCommitted()), point("area", "nonheap", other.getCommitted())));
        all.add(gauge("jvm_memory_max_bytes", "The most memory the heap may take.", point("area", "heap", heap.getMax())));
        all.add(gauge("jvm_threads_current", "Live platform threads.", point(Labels.EMPTY, ManagementFactory.getThreadMXBean().getThreadCount())));
        collections(all);
        process(all);
        return new MetricSnapshots(all);
    }

    private static void collections(List<MetricSnapshot> all) {
        CounterSnapshot.Builder times = CounterSnapshot.builder().name("jvm_gc_collections").help("Garbage collections, by collector.");
        CounterSnapshot.Builder seconds = CounterSnapshot.builder().name("jvm_gc_collection_seconds").help("Time spent in garbage collections, by collector.");
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            Labels labels = Labels.of("gc", collector.getName());
            times.dataPoint(count(labels, Math.max(0, collector.getCollectionCount())));
            seconds.dataPoint(count(labels, (double) Math.max(0, collector.getCollectionTime()) / TimeUnit.SECONDS.toMillis(1)));
        }
        all.add(times.build());
        all.add(seconds.build());
    }

    /** What the system does not tell has no series. */
    private static void process(List<MetricSnapshot> all) {
        if (!(ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system)) return;
        double cpu = (double) system.getProcessCpuTime() / TimeUnit.SECONDS.toNanos(1);
        if (cpu >= 0) {
            all.add(CounterSnapshot.builder().name("process_cpu_seconds").help("Processor time the process took.").dataPoint(count(Labels.EMPTY, cpu)).build());
        }
        if (!(system instanceof UnixOperatingSystemMXBean unix)) return;
        all.add(gauge("process_open_fds", "Open files and sockets.", point(Labels.EMPTY, unix.getOpenFileDescriptorCount())));
        all.add(gauge("process_max_fds", "How many may be open.", point(Labels.EMPTY, unix.getMaxFileDescriptorCount())));
    }

    private static GaugeSnapshot gauge(String name, String help, GaugeDataPointSnapshot... points) {
        GaugeSnapshot.Builder gauge = GaugeSnapshot.builder().name(name).help(help);
        for (GaugeDataPointSnapshot point : points) gauge.dataPoint(point);
        return gauge.build();
    }

    private static GaugeDataPointSnapshot point(String label, String value, double reading) {
        return point(Labels.of(label, value), reading);
    }

    private static GaugeDataPointSnapshot point(Labels labels, double reading) {
        return GaugeDataPointSnapshot.builder().labels(labels).value(reading).build();
    }

    private static CounterDataPointSnapshot count(Labels labels, double value) {
        return CounterDataPointSnapshot.builder().labels(labels).value(value).build();
    }
}
