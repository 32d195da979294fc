package io.bignode.lease;

import io.bignode.monitor.Alarms;
import io.bignode.protocol.DeviceId;
import io.bignode.protocol.HeadSide;
import java.util.Set;

/** Puts sources in quarantine with an alarm, and admits them again. Not thread safe; {@link Leases} guards it. */
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

    /** Puts a worker or a device of the head in quarantine; false when it is there already, or there is no such source. */
    boolean put(Source source, String why) {
        LOG.log(System.Logger.Level.ERROR, "{0} {1}", source, why);
        String name = source.name();
        // The head's own devices stay connected: nobody else is at the end of their link.
        if (name.equals(DeviceId.LOCAL) || registry.isQuarantined(name)) return false;
        registry.quarantine(source);
        if (!source.own()) broker.quarantine(name, why);
        alarms.raise(Blame.ALARM + name, source + " is in quarantine: it " + why,
                "find out why " + (source.own() ? "it" : "its device or its owner") + " is wrong, then let it in again: bignode admit "
                        + (source.own() ? DeviceId.LOCAL : name));
        return true;
    }

    /** Admits a worker with all its devices again; false when nothing of it was in quarantine or drained. */
    boolean end(String worker) {
        Set<String> devices = registry.quarantinedDevices(worker);
        if (!registry.admit(worker)) return false;
        broker.admit(worker);
        alarms.clear(Blame.ALARM + worker);
        devices.forEach(device -> alarms.clear(Blame.ALARM + device));
        return true;
    }
}
