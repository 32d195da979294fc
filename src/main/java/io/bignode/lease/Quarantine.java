package io.bignode.lease;

import io.bignode.monitor.Alarms;
import io.bignode.protocol.DeviceId;
import io.bignode.protocol.HeadSide;
import java.util.Set;

/** Puts sources in quarantine, tells of it, and lets them in again. Not thread safe; {@link Leases} guards it. */
final class Quarantine {
    private static final System.Logger LOG = System.getLogger(Leases.class.getName());

    private final WorkerRegistry registry;
    private final HeadSide broker;
    private final Alarms alarms;

    Quarantine(WorkerRegistry registry, HeadSide broker, Alarms alarms) {
        this.registry = registry;
        this.broker = broker;
        this.alarms = alarms;
    }

    /** Keeps a worker out, or gives a device of the head no more leases; false when that is so already, or it is nobody who could be. */
    boolean put(Source source, String why) {
        LOG.log(System.Logger.Level.ERROR, "{0} {1}", source, why);
        String name = source.name();
        // The head's own link has nobody at its end who forges.
        if (name.equals(DeviceId.LOCAL) || registry.isQuarantined(name)) return false;
        registry.quarantine(source);
        if (!source.own()) broker.quarantine(name, why);
        alarms.raise(Blame.ALARM + name, source + " is in quarantine: it " + why,
                "find out why " + (source.own() ? "it" : "its device or its owner") + " is wrong, then let it in again: bignode admit "
                        + (source.own() ? DeviceId.LOCAL : name));
        return true;
    }

    /** Lets a worker in again, or have leases again, with all its devices; false when nothing of it was in quarantine or drained. */
    boolean end(String worker) {
        Set<String> devices = registry.quarantinedDevices(worker);
        if (!registry.admit(worker)) return false;
        broker.admit(worker);
        alarms.clear(Blame.ALARM + worker);
        devices.forEach(device -> alarms.clear(Blame.ALARM + device));
        return true;
    }
}
