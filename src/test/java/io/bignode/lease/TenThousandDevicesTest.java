package io.bignode.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.bignode.fixtures.ManualTime;
import io.bignode.monitor.Alarms;
import io.bignode.protocol.DeviceHealth;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.WorkerGone;
import io.bignode.protocol.WorkerHello;
import io.bignode.protocol.WorkerJoined;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Nothing that is known of ten thousand devices is forgotten while they are there, though each has a worker of its own. */
class TenThousandDevicesTest {
    private static final List<String> DEVICES = IntStream.range(0, 10_000).mapToObj(i -> "farm-" + i + "/cuda:0").toList();

    private final ManualTime time = new ManualTime();

    private static String worker(String device) {
        return device.substring(0, device.indexOf('/'));
    }

    @Test
    void whatTheyMeasuredIsKnown() {
        DeviceGauges gauges = new DeviceGauges(time);
        for (String device : DEVICES) {
            gauges.measured(new DeviceHealth(device, Map.of("peak_operations", 1e15)));
            gauges.computed(device, OptionalDouble.of(5e12), 100, Duration.ofSeconds(1).toNanos());
        }
        assertThat(DEVICES).allMatch(device -> gauges.health(device).isPresent() && gauges.shareOfPeak(device).isPresent());
    }

    @Test
    void theirRatesAreKnown() {
        DeviceRates rates = new DeviceRates(LeaseRules.usual());
        for (String device : DEVICES) rates.measured(device, "shape", 64, Duration.ofSeconds(1).toNanos());
        assertThat(DEVICES).allMatch(device -> rates.known(device, "shape"));
    }

    @Test
    void thoseThatFailAreKnown() {
        List<String> forgotten = new ArrayList<>();
        FailingDevices failing = new FailingDevices(forgotten::add);
        for (String device : DEVICES) failing.failed(device, "session", "it is broken", false, time.getAsLong());
        assertThat(forgotten).isEmpty();
        assertThat(DEVICES).allMatch(failing::fails);
    }

    @Test
    void allOfThemMayBeLostAtTheSameMoment() {
        WorkerRegistry registry = new WorkerRegistry(time);
        Alarms alarms = new Alarms(time);
        WorkerAlarms workerAlarms = new WorkerAlarms(alarms, time);
        for (String device : DEVICES) {
            registry.hello(new WorkerHello(worker(device), List.of(new DeviceOffer(device, "GPU", 1, 16)), List.of()), WorkerJoined.Origin.UNKNOWN);
        }
        for (String device : DEVICES) {
            registry.gone(worker(device), WorkerGone.Reason.SILENT);
            workerAlarms.gone(worker(device), WorkerGone.Reason.SILENT);
        }
        assertThat(DEVICES).as("they may come back").allMatch(registry::knows);
        assertThat(registry.view(_ -> 0)).hasSize(DEVICES.size());
        for (String device : DEVICES.subList(1, DEVICES.size())) workerAlarms.joined(worker(device));
        time.pass(WorkerAlarms.LOST_AFTER);
        workerAlarms.tick(WorkerRegistry.REMEMBERED);
        assertThat(alarms.list().stream().map(Alarms.Alarm::key)).as("all but the first are back").containsExactly("worker-lost/farm-0");
    }
}
