package io.bignode.lease;

import io.bignode.monitor.Alarms;
import io.bignode.protocol.DeviceId;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.NonceRange;
import io.bignode.session.Session;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Decides who is to blame for leases that fail: a device, which gets less work from then on and an alarm, or the work, whose session ends. The same work has
 * to fail on two devices before it is blamed, unless every device that could do it fails on some of the session's work. Not thread safe; {@link Leases} guards
 * it.
 */
final class Blame {
    /** The alarms about workers and their devices begin with this. */
    static final String ALARM = "worker/";

    /** A device that is silent for so long gets an alarm; its lease goes on. */
    private static final Duration SILENT = Duration.ofSeconds(45);

    /** Where the work is known to be slow, the alarm waits for this multiple of the estimate instead. */
    private static final int SILENT_MULTIPLE = 4;

    private final LeaseRules rules;
    private final Alarms alarms;
    private final FailingDevices devices = new FailingDevices(this::clear);
    private final Map<Session, FailureTally> tallies = new HashMap<>();

    /** The devices that have an alarm because they are silent. */
    private final Set<String> silent = new HashSet<>();

    /** Since when each device has neither held nor requested a lease. */
    private final Map<String, Long> idle = new HashMap<>();

    Blame(LeaseRules rules, Alarms alarms) {
        this.rules = rules;
        this.alarms = alarms;
    }

    /**
     * A lease failed on its device.
     *
     * @param hung whether the device did not end it in time
     */
    void device(ActiveLease issued, String reason, boolean hung, long now) {
        devices.failed(issued.deviceId, issued.session.id(), reason, hung, now);
        tell(issued.deviceId);
    }

    /**
     * The work of a lease failed.
     *
     * @param serving the devices that could do it
     * @return why its session is to end; empty while the device may be to blame
     */
    Optional<String> work(ActiveLease issued, String reason, Set<String> serving) {
        FailureTally tally = tallies.computeIfAbsent(issued.session, _ -> new FailureTally());
        FailureTally.Failures failures = tally.failed(issued.lease.range(), issued.deviceId);
        // Devices that fail in step may each have the same nonces again and again.
        Set<String> all = tally.failing();
        if (failures.times() < rules.failures() || failures.devices().size() < 2 && !all.containsAll(serving)) return Optional.empty();
        if (failures.devices().size() > 1 || all.size() > 1) devices.forgive(issued.session.id()).forEach(this::clear);
        return Optional.of("the same work failed " + failures.times() + " times, at last: " + reason);
    }

    /** A device ended a lease with nothing computed, though nobody had asked for it back. */
    void emptyHanded(ActiveLease issued, long now) {
        devices.emptyHanded(issued.deviceId, issued.session.id(), now);
        tell(issued.deviceId);
    }

    /** A device is connected anew, perhaps repaired: if it fails, it may try again soon. */
    void connected(String deviceId, long now) {
        devices.connected(deviceId, now);
    }

    /** A device finished a lease. */
    void worked(String deviceId) {
        devices.worked(deviceId);
        clear(deviceId);
    }

    /** Nonces of a session were computed: their failures are forgotten. */
    void computed(Session session, NonceRange range) {
        FailureTally tally = tallies.get(session);
        if (tally != null) tally.done(range);
    }

    /** Whether the last lease of a device failed. */
    boolean fails(String deviceId) {
        return devices.fails(deviceId);
    }

    /** Whether a device has been silent for so long that it has an alarm. */
    boolean isSilent(String deviceId) {
        return silent.contains(deviceId);
    }

    /** A device is in quarantine: it is not watched any more, and {@link Quarantine} raises its alarm. */
    void forget(String deviceId) {
        devices.drop(deviceId::equals);
        silent.remove(deviceId);
        idle.remove(deviceId);
    }

    /** How a device fails; empty for one that does not fail, or not often enough for an alarm. */
    Optional<FailingDevices.Failing> failing(String deviceId) {
        return devices.failing(deviceId);
    }

    /** Whether a device may have a lease of a session now. */
    boolean mayTry(String deviceId, String sessionId, boolean busy, long now) {
        return devices.mayTry(deviceId, sessionId, busy, now);
    }

    /**
     * Looks at all devices; to be called about once a second. Raises alarms about silent ones: those that hold a lease and do not finish it, or hold none and do
     * not ask for one; and about those that others occupy. Forgets devices that are gone.
     *
     * @param having    the leases of each device, in the order they were sent
     * @param asking    the devices whose requests wait
     * @param connected the devices of the workers that are connected, but for those in quarantine
     * @param known     whether a device is or was connected lately
     */
    void tick(Map<String, List<ActiveLease>> having, Set<String> asking, List<DeviceOffer> connected, Predicate<String> known, long now) {
        Set<String> were = new HashSet<>(silent);
        silent.clear();
        Set<String> there = connected.stream().map(DeviceOffer::deviceId).collect(Collectors.toSet());
        having.forEach((deviceId, leases) -> {
            // The judge may take long, and is no device of a worker.
            if (!there.contains(deviceId)) return;
            ActiveLease first = leases.getFirst();
            long max = Math.max(SILENT.toNanos(), SILENT_MULTIPLE * first.estimateNanos);
            if (first.unclaimed || first.cancelledNanos.isPresent() || now - first.turnNanos < max) return;
            String does = first.started ? "computes on" : "makes the model ready for";
            silent(deviceId, does + " its lease for " + seconds(now - first.turnNanos) + " and has not finished it");
        });
        for (DeviceOffer device : connected) {
            if (!device.occupied().isEmpty()) occupied(device);
        }
        idle.keySet().removeIf(deviceId -> having.containsKey(deviceId) || asking.contains(deviceId));
        // It is not forgotten when its connection breaks for a moment.
        idle.keySet().removeIf(deviceId -> !known.test(deviceId));
        for (String deviceId : there) {
            if (having.containsKey(deviceId) || asking.contains(deviceId) || silent.contains(deviceId)) continue;
            long since = idle.computeIfAbsent(deviceId, _ -> now);
            if (now - since < SILENT.toNanos()) continue;
            silent(deviceId, "has asked for no work for " + seconds(now - since) + ": it cannot be made ready, or it hangs");
        }
        were.removeAll(silent);
        for (String deviceId : were) {
            if (!there.contains(deviceId) && known.test(deviceId)) silent.add(deviceId);
            else if (devices.failing(deviceId).isEmpty()) clear(deviceId);
        }
        devices.drop(deviceId -> !known.test(deviceId)).forEach(this::clear);
        tallies.keySet().removeIf(session -> session.status().ended());
    }

    /** Raises the alarm about a silent device, unless it has one because it fails. */
    private void silent(String deviceId, String symptom) {
        if (devices.failing(deviceId).isPresent()) return;
        silent.add(deviceId);
        alarms.raise(ALARM + deviceId, "device " + deviceId + " " + symptom,
                "look at that worker's log; restart it if the device does not come back by itself; what it has goes to others when its time is over");
    }

    private void occupied(DeviceOffer device) {
        silent.add(device.deviceId());
        alarms.raise(ALARM + device.deviceId(), "device " + device.deviceId() + " gets no leases: " + device.occupied(),
                "end that there, or take the device out of its worker's settings; it gets leases again by itself once it is free");
    }

    private static String seconds(long nanos) {
        return Duration.ofNanos(nanos).toSeconds() + " s";
    }

    private void tell(String deviceId) {
        devices.failing(deviceId).ifPresent(failing -> {
            silent.remove(deviceId);
            String text = failing.failures() == 1
                    ? "device " + deviceId + " failed its last lease: " + failing.reason()
                    : "device " + deviceId + " failed its last " + failing.failures() + " leases, at last: " + failing.reason();
            alarms.raise(ALARM + deviceId, text, "look at that worker's log and at the device; until it finishes a lease it is tried with one nonce at a time,"
                    + " at last once a minute; bignode drain " + DeviceId.of(deviceId).worker() + " takes its worker out");
        });
    }

    private void clear(String deviceId) {
        alarms.clear(ALARM + deviceId);
    }
}
