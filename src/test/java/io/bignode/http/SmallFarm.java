package io.bignode.http;

import io.bignode.api.operator.FleetView;
import io.bignode.api.operator.Overview;
import java.util.List;
import java.util.function.Supplier;

/**
 * One device of one worker, and one alarm.
 *
 * @param tenantsSeeAll whether tenants see everything
 * @param alarm         what is wrong
 */
public record SmallFarm(boolean tenantsSeeAll, Supplier<String> alarm) implements FleetView {
    @Override
    public String version() {
        return "a test's";
    }

    @Override
    public List<Overview.DeviceLine> devices() {
        return List.of(new Overview.DeviceLine(
                "local/cpu", "local", "a test's", "idle", List.of(), 0, 0, 0, 0, null, null, 1024, null, null, null, null, null));
    }

    @Override
    public List<Overview.WorkerLine> workers() {
        return List.of(new Overview.WorkerLine("local", "working", true, true, "2026-01-01T00:00:00Z", null, null, null, null, 1, 0));
    }

    @Override
    public List<Overview.AlarmLine> alarms() {
        return List.of(new Overview.AlarmLine("store", alarm.get(), "look at its disk", "2026-01-01T00:00:00Z"));
    }
}
