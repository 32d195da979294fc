package io.bignode.lease;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToIntFunction;

/** Which workers are connected, what they offer, and who gets no leases. Not thread safe. */
final class Roster {
    private final Map<String, WorkerHello> connected = new LinkedHashMap<>();
    private final Set<String> draining = new HashSet<>();
    private final Set<String> barred = new HashSet<>();

    void hello(WorkerHello hello) {
        connected.put(hello.worker(), hello);
    }

    void gone(String worker) {
        connected.remove(worker);
    }

    boolean isConnected(String worker) {
        return connected.containsKey(worker);
    }

    /** Lets a worker finish; false when it is not connected. */
    boolean drain(String worker) {
        if (connected.containsKey(worker)) draining.add(worker);
        return draining.contains(worker);
    }

    void bar(String worker) {
        barred.add(worker);
        connected.remove(worker);
    }

    /** Serves a worker again; false when it was served before. */
    boolean admit(String worker) {
        return draining.remove(worker) | barred.remove(worker);
    }

    boolean isBarred(String worker) {
        return barred.contains(worker);
    }

    /** Whether a device may get leases. */
    boolean serves(String deviceId) {
        String worker = DeviceName.of(deviceId).worker();
        return !draining.contains(worker) && !barred.contains(worker);
    }

    Optional<DeviceOffer> device(String deviceId) {
        WorkerHello hello = connected.get(DeviceName.of(deviceId).worker());
        return hello == null ? Optional.empty() : hello.devices().stream().filter(device -> device.deviceId().equals(deviceId)).findFirst();
    }

    /** The devices that may get leases. */
    List<DeviceOffer> devices() {
        return connected.values().stream().map(WorkerHello::devices).flatMap(Collection::stream).filter(device -> serves(device.deviceId())).toList();
    }

    List<WorkerView> view(ToIntFunction<String> leases) {
        Set<String> names = new TreeSet<>(connected.keySet());
        names.addAll(draining);
        names.addAll(barred);
        List<WorkerView> all = new ArrayList<>();
        for (String name : names) {
            WorkerView.State state = barred.contains(name)
                    ? WorkerView.State.QUARANTINED
                    : draining.contains(name) ? WorkerView.State.DRAINING : WorkerView.State.WORKING;
            WorkerHello hello = connected.get(name);
            all.add(new WorkerView(name, state, hello == null ? List.of() : hello.devices(), leases.applyAsInt(name)));
        }
        return all;
    }
}
