package io.bignode.lease;

import io.bignode.monitor.Activity;
import io.bignode.monitor.RecentRate;
import io.bignode.monitor.Work;
import io.bignode.protocol.DeviceOffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Describes what each device does, from what the head knows.
 *
 * @param quarantined whether a device is in quarantine though its worker is not
 * @param fails  whether the leases of a device fail
 */
record DeviceViews(Activity activity, DeviceGauges gauges, Predicate<String> quarantined, Predicate<String> fails) {
    private static final RecentRate NOTHING = new RecentRate(Work.NONE, Duration.ofSeconds(1));

    /**
     * The devices of these workers, in their order.
     *
     * @param having  the leases of each device
     * @param alarmed the text of the alarm about a device, by the device's id
     */
    List<DeviceView> of(List<WorkerView> workers, Map<String, List<ActiveLease>> having, Map<String, String> alarmed) {
        List<DeviceView> views = new ArrayList<>();
        for (WorkerView worker : workers) {
            for (DeviceOffer device : worker.devices()) {
                List<ActiveLease> leases = having.getOrDefault(device.deviceId(), List.of());
                views.add(view(worker, device, leases, Optional.ofNullable(alarmed.get(device.deviceId()))));
            }
        }
        return views;
    }

    private DeviceView view(WorkerView worker, DeviceOffer device, List<ActiveLease> having, Optional<String> alarm) {
        String id = device.deviceId();
        // What a lost worker did in its last minute would look as if it still did it.
        RecentRate pace = worker.connected() ? activity.ofDevice(id) : NOTHING;
        return new DeviceView(
                device, state(worker, device, having), having.stream().map(issued -> issued.session.id()).distinct().toList(), having.size(),
                activity.lifeWork(id), pace, gauges.shareOfPeak(id), gauges.health(id), alarm);
    }

    private DeviceView.State state(WorkerView worker, DeviceOffer device, List<ActiveLease> having) {
        String id = device.deviceId();
        if (worker.state() == WorkerView.State.QUARANTINED || quarantined.test(id)) return DeviceView.State.QUARANTINED;
        if (!worker.connected()) return DeviceView.State.APART;
        if (worker.state() == WorkerView.State.DRAINING) return DeviceView.State.DRAINING;
        if (!device.occupied().isEmpty()) return DeviceView.State.OCCUPIED;
        if (fails.test(id)) return DeviceView.State.FAILING;
        if (having.isEmpty()) return DeviceView.State.IDLE;
        return having.stream().anyMatch(issued -> issued.started) ? DeviceView.State.COMPUTING : DeviceView.State.PREPARING;
    }
}
