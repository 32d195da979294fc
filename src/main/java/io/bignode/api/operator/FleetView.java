package io.bignode.api.operator;

import java.util.List;

/** What is shown of this node besides its sessions: its devices, workers and alarms. */
public interface FleetView {
    /** The program's version. */
    String version();

    /** Whether tenants see everything: there is only one. */
    boolean tenantsSeeAll();

    /** The devices of the workers that are or were connected lately. */
    List<Overview.DeviceLine> devices();

    /** The workers that are connected, were connected lately, or get no leases. */
    List<Overview.WorkerLine> workers();

    /** The alarms that are raised, the oldest first. */
    List<Overview.AlarmLine> alarms();
}
