package io.bignode.node;

import io.bignode.api.operator.FleetView;
import io.bignode.api.operator.Overview;
import io.bignode.lease.DeviceView;
import io.bignode.lease.Leases;
import io.bignode.lease.WorkerView;
import io.bignode.monitor.Alarms;
import io.bignode.protocol.DeviceHealth;
import io.bignode.protocol.DeviceId;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Devices, workers and alarms as viewers see them.
 *
 * @param version       the program's
 * @param tenantsSeeAll whether there is only one tenant
 */
record ShownFleet(String version, boolean tenantsSeeAll, Leases leases, Alarms raised) implements FleetView {
    @Override
    public List<Overview.DeviceLine> devices() {
        return leases.deviceViews().stream().map(ShownFleet::line).toList();
    }

    private static Overview.DeviceLine line(DeviceView device) {
        Optional<DeviceHealth> health = device.health();
        double seconds = device.pace().over().toNanos() * 1e-9;
        return new Overview.DeviceLine(
                device.offer().deviceId(), DeviceId.of(device.offer().deviceId()).worker(), device.offer().name(),
                device.state().name().toLowerCase(Locale.ROOT), device.sessionIds(), device.leases(), device.life().computed(),
                device.pace().work().computed() / seconds, device.pace().busyShare(),
                known(device.shareOfPeak()), known(health, DeviceHealth::utilisation), device.offer().memoryBytes(),
                health.map(DeviceHealth::memoryUsedBytes).filter(OptionalDouble::isPresent).map(bytes -> (long) bytes.getAsDouble()).orElse(null),
                known(health, DeviceHealth::celsius),
                known(health, DeviceHealth::powerWatts), known(health, DeviceHealth::powerLimitWatts), device.alarm().orElse(null));
    }

    private static @Nullable Double known(Optional<DeviceHealth> health, Function<DeviceHealth, OptionalDouble> gauge) {
        return health.isPresent() ? known(gauge.apply(health.get())) : null;
    }

    private static @Nullable Double known(OptionalDouble gauge) {
        return gauge.isPresent() ? (Double) gauge.getAsDouble() : null;
    }

    @Override
    public List<Overview.WorkerLine> workers() {
        return leases.workers().stream().map(ShownFleet::line).toList();
    }

    private static Overview.WorkerLine line(WorkerView worker) {
        return new Overview.WorkerLine(
                worker.name(), worker.state().name().toLowerCase(Locale.ROOT), worker.connected(), worker.name().equals(DeviceId.LOCAL),
                worker.since().map(Object::toString).orElse(null),
                worker.lost().map(lost -> lost.since().toString()).orElse(null),
                worker.lost().map(lost -> lost.reason().text()).orElse(null),
                known(worker.origin().address()), known(worker.origin().version()), worker.devices().size(), worker.leases());
    }

    private static @Nullable String known(String text) {
        return text.isEmpty() ? null : text;
    }

    @Override
    public List<Overview.AlarmLine> alarms() {
        return raised.list().stream().map(alarm -> new Overview.AlarmLine(alarm.key(), alarm.text(), alarm.fix(), alarm.since().toString())).toList();
    }
}
