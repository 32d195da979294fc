package io.bignode.lease;

import io.bignode.monitor.LruMap;
import io.bignode.protocol.DeviceId;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.WorkerGone;
import io.bignode.protocol.WorkerHello;
import io.bignode.protocol.WorkerJoined;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Which workers are connected, what they offer, and who gets no leases. Not thread safe. */
final class WorkerRegistry {
    /** How long a disconnected worker is remembered, so that operators see that it is missing. */
    static final Duration REMEMBERED = Duration.ofMinutes(15);

    /**
     * A device that a worker offers; both are asked for by every message about it.
     *
     * @param kind what devices like it have in common
     */
    private record Offered(Optional<DeviceOffer> offer, Optional<DeviceOffer> kind) {
        static final Offered NOTHING = new Offered(Optional.empty(), Optional.empty());

        static Offered of(DeviceOffer offer) {
            return new Offered(Optional.of(offer), Optional.of(offer.kind()));
        }
    }

    /** A worker that is connected. */
    private record Connected(WorkerHello hello, Map<String, Offered> devices, WorkerJoined.Origin origin, Instant since) {
        static Connected of(WorkerHello hello, WorkerJoined.Origin origin, Instant since) {
            Map<String, Offered> devices = hello.devices().stream().collect(Collectors.toMap(DeviceOffer::deviceId, Offered::of, (first, _) -> first));
            return new Connected(hello, devices, origin, since);
        }
    }

    /** A worker that disconnected, or was sent away. */
    private record Disconnected(Connected last, WorkerView.Lost lost) {}

    private final InstantSource clock;
    private final Map<String, Connected> connected = new LinkedHashMap<>();
    /** In the order in which they went. */
    private final Map<String, Disconnected> disconnected = new LinkedHashMap<>();

    /** Workers of an earlier head that were not seen by this one, and since when they are waited for. */
    private final Map<String, Instant> awaited = new HashMap<>();

    private final Set<String> draining = new HashSet<>();

    /** Workers, and devices of the head. */
    private final Set<String> quarantined = new HashSet<>();

    /** The devices that may get leases; null when that has changed since it was asked for. */
    private @Nullable List<DeviceOffer> serving;

    /** Starts without workers. */
    WorkerRegistry(InstantSource clock) {
        this.clock = clock;
    }

    void hello(WorkerHello hello, WorkerJoined.Origin origin) {
        serving = null;
        Connected before = connected.get(hello.worker());
        connected.put(hello.worker(), Connected.of(hello, origin, before == null ? clock.instant() : before.since()));
        disconnected.remove(hello.worker());
        awaited.remove(hello.worker());
    }

    /** An earlier head had results of a source: it may come back, and is known until it is forgotten like one that disconnected. */
    void await(Source source) {
        awaited.put(worker(source), clock.instant());
    }

    void gone(String worker, WorkerGone.Reason reason) {
        serving = null;
        Connected last = connected.remove(worker);
        if (last == null) return;
        disconnected.remove(worker);
        disconnected.put(worker, new Disconnected(last, new WorkerView.Lost(clock.instant(), reason)));
        if (disconnected.size() > LruMap.DEVICES) disconnected.remove(disconnected.keySet().iterator().next());
    }

    boolean isConnected(String worker) {
        return connected.containsKey(worker);
    }

    /** Drains a worker: it finishes its leases and gets no more; false when it is not connected. */
    boolean drain(String worker) {
        serving = null;
        if (connected.containsKey(worker)) draining.add(worker);
        return draining.contains(worker);
    }

    /** Puts a source in quarantine: a worker on another host is sent away, one of the head's devices stays and gets no leases. */
    void quarantine(Source source) {
        serving = null;
        quarantined.add(source.name());
        if (!source.own()) gone(source.name(), WorkerGone.Reason.EXPELLED);
    }

    /** The devices of a worker that get no leases, though the worker does. */
    Set<String> quarantinedDevices(String worker) {
        return quarantined.stream().filter(name -> name.startsWith(worker + "/")).collect(Collectors.toSet());
    }

    /** Gives a worker leases again; false when it got them already. */
    boolean admit(String worker) {
        serving = null;
        return draining.remove(worker) | quarantined.remove(worker) | quarantined.removeAll(quarantinedDevices(worker));
    }

    boolean isQuarantined(String source) {
        return quarantined.contains(source);
    }

    /** Whether a source is connected, was lately, or is waited for. */
    boolean knows(Source source) {
        return knowsWorker(worker(source));
    }

    private static String worker(Source source) {
        return source.own() ? DeviceId.LOCAL : source.name();
    }

    /** Whether a device's worker is connected, was lately, or is waited for. */
    boolean knows(String deviceId) {
        return knowsWorker(DeviceId.of(deviceId).worker());
    }

    private boolean knowsWorker(String worker) {
        return connected.containsKey(worker) || disconnected.containsKey(worker) || awaited.containsKey(worker);
    }

    /** Whether a device may get leases. */
    boolean serves(String deviceId) {
        String worker = DeviceId.of(deviceId).worker();
        boolean free = offered(worker, deviceId).offer().map(device -> device.occupied().isEmpty()).orElse(true);
        return free && !draining.contains(worker) && !quarantined.contains(worker) && !quarantined.contains(deviceId);
    }

    Optional<DeviceOffer> device(String deviceId) {
        return offered(DeviceId.of(deviceId).worker(), deviceId).offer();
    }

    /** What a device has in common with others like it; empty for one that is not connected. */
    Optional<DeviceOffer> kind(String deviceId) {
        return offered(DeviceId.of(deviceId).worker(), deviceId).kind();
    }

    private Offered offered(String worker, String deviceId) {
        Connected there = connected.get(worker);
        return there == null ? Offered.NOTHING : there.devices().getOrDefault(deviceId, Offered.NOTHING);
    }

    /** The devices that may get leases. */
    List<DeviceOffer> devices() {
        if (serving == null) serving = connectedDevices().stream().filter(device -> serves(device.deviceId())).toList();
        return serving;
    }

    /** The devices of the workers that are connected, draining ones too, but for those in quarantine. */
    List<DeviceOffer> connectedDevices() {
        return connected.values().stream().map(worker -> worker.hello().devices()).flatMap(Collection::stream)
                .filter(device -> !quarantined.contains(device.deviceId())).toList();
    }

    /** Every worker that is connected, was lately, or is in quarantine; by name. */
    List<WorkerView> view(ToIntFunction<String> leases) {
        Instant forgotten = clock.instant().minus(REMEMBERED);
        disconnected.values().removeIf(worker -> worker.lost().since().isBefore(forgotten));
        awaited.values().removeIf(since -> since.isBefore(forgotten));
        Set<String> names = new TreeSet<>(connected.keySet());
        names.addAll(disconnected.keySet());
        names.addAll(draining);
        quarantined.stream().filter(name -> !name.contains("/")).forEach(names::add);
        List<WorkerView> all = new ArrayList<>();
        for (String name : names) {
            WorkerView.State state = quarantined.contains(name)
                    ? WorkerView.State.QUARANTINED
                    : draining.contains(name) ? WorkerView.State.DRAINING : WorkerView.State.WORKING;
            Optional<Connected> now = Optional.ofNullable(connected.get(name));
            Optional<Disconnected> before = Optional.ofNullable(disconnected.get(name));
            Optional<Connected> last = now.or(() -> before.map(Disconnected::last));
            all.add(new WorkerView(
                    name, state, last.map(worker -> worker.hello().devices()).orElse(List.of()), leases.applyAsInt(name), now.map(Connected::since),
                    before.map(Disconnected::lost), last.map(Connected::origin).orElse(WorkerJoined.Origin.UNKNOWN)));
        }
        return all;
    }
}
