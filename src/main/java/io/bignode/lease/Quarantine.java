package io.bignode.lease;

import io.bignode.monitor.Alarms;
import io.bignode.protocol.DeviceId;
import io.bignode.protocol.HeadSide;
import java.util.Set;

/** Puts sources in quarantine, tells of it, and lets them in again. Not thread safe; {@link Leases} guards it. */
final class Quarantine {
    private static final System.Logger LOG = System.getLogger(Leases.class.getName());

    private final Roster roster;
    private final HeadSide broker;
    private final Alarms alarms;

    Quarantine(Roster roster, HeadSide broker, Alarms alarms) {
        this.roster = roster;
        this.broker = broker;
        this.alarms = alarms;
    }

    /** Keeps a worker out, or gives a device of the head no more leases; false when that is so already, or it is nobody who could be. */
    boolean put(Source source, String why) {
        LOG.log(System.Logger.Level.ERROR, "{0} {1}", source, why);
        String name = source.name();
        // The head's own link has nobody at its end who forges.
        if (name.equals(DeviceId.LOCAL) || roster.isBarred(name)) return false;
        roster.bar(source);
        if (!source.own()) broker.bar(name, why);
        alarms.raise(Blame.ALARM + name, source + " is in quarantine: it " + why,
                "find out why " + (source.own() ? "it" : "its device or its owner") + " is wrong, then let it in again: bignode admit "
                        + (source.own() ? DeviceId.LOCAL : name));
        return true;
    }

    /** Lets a worker in again, or have leases again, with all its devices; false when nothing of it was kept out or drained. */
    boolean end(String worker) {
        Set<String> devices = roster.barredDevices(worker);
        if (!roster.admit(worker)) return false;
        broker.admit(worker);
        alarms.clear(Blame.ALARM + worker);
        devices.forEach(device -> alarms.clear(Blame.ALARM + device));
        return true;
    }
}
