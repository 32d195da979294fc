package io.bignode.lease;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
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
    /** How long a worker that went away is remembered, so that it is seen to be missing. */
    static final Duration REMEMBERED = Duration.ofMinutes(15);

    private static final int MOST_REMEMBERED = 256;

    /** A worker that is connected. */
    private record Connected(WorkerHello hello, WorkerJoined.Origin origin, Instant since) {}

    /** A worker that went away, or was sent. */
    private record Apart(Connected last, WorkerView.Lost lost) {}

    private final InstantSource clock;
    private final Map<String, Connected> connected = new LinkedHashMap<>();
    private final Map<String, Apart> apart = new LinkedHashMap<>();
    private final Set<String> draining = new HashSet<>();
    private final Set<String> barred = new HashSet<>();

    /** Knows nobody yet. */
    Roster(InstantSource clock) {
        this.clock = clock;
    }

    void hello(WorkerHello hello, WorkerJoined.Origin origin) {
        Connected before = connected.get(hello.worker());
        connected.put(hello.worker(), new Connected(hello, origin, before == null ? clock.instant() : before.since()));
        apart.remove(hello.worker());
    }

    void gone(String worker, WorkerGone.Reason reason) {
        Connected last = connected.remove(worker);
        if (last == null) return;
        apart.remove(worker);
        apart.put(worker, new Apart(last, new WorkerView.Lost(clock.instant(), reason)));
        if (apart.size() > MOST_REMEMBERED) apart.remove(apart.keySet().iterator().next());
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
        gone(worker, WorkerGone.Reason.EXPELLED);
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
        Connected worker = connected.get(DeviceName.of(deviceId).worker());
        return worker == null ? Optional.empty() : worker.hello().devices().stream().filter(device -> device.deviceId().equals(deviceId)).findFirst();
    }

    /** The devices that may get leases. */
    List<DeviceOffer> devices() {
        return connected.values().stream().map(one -> one.hello().devices()).flatMap(Collection::stream).filter(device -> serves(device.deviceId())).toList();
    }

    /** Every worker that is connected, was lately, or gets nothing; by name. */
    List<WorkerView> view(ToIntFunction<String> leases) {
        Instant forgotten = clock.instant().minus(REMEMBERED);
        apart.values().removeIf(one -> one.lost().since().isBefore(forgotten));
        Set<String> names = new TreeSet<>(connected.keySet());
        names.addAll(apart.keySet());
        names.addAll(draining);
        names.addAll(barred);
        List<WorkerView> all = new ArrayList<>();
        for (String name : names) {
            WorkerView.State state = barred.contains(name)
                    ? WorkerView.State.QUARANTINED
                    : draining.contains(name) ? WorkerView.State.DRAINING : WorkerView.State.WORKING;
            Optional<Connected> now = Optional.ofNullable(connected.get(name));
            Optional<Apart> before = Optional.ofNullable(apart.get(name));
            Optional<Connected> last = now.or(() -> before.map(Apart::last));
            all.add(new WorkerView(
                    name, state, last.map(one -> one.hello().devices()).orElse(List.of()), leases.applyAsInt(name), now.map(Connected::since),
                    before.map(Apart::lost), last.map(Connected::origin).orElse(WorkerJoined.Origin.UNKNOWN)));
        }
        return all;
    }
}
