package io.bignode.api.operator;

import java.util.List;

/** What there is to be shown of this node besides its sessions. */
public interface FleetView {
    /** The program's version. */
    String version();

    /** Whether tenants see everything: there is only one. */
    boolean tenantsSeeAll();

    /** The devices of the workers that are or were connected lately. */
    List<Overview.DeviceLine> devices();

    /** The workers that are connected, were lately, or get nothing. */
    List<Overview.WorkerLine> workers();

    /** What an operator should look at, the oldest first. */
    List<Overview.AlarmLine> alarms();
}
