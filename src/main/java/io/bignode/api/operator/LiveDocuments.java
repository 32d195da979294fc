package io.bignode.api.operator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.bignode.monitor.RecentRate;
import io.bignode.monitor.Series;
import io.bignode.protocol.WorkOrder;
import io.bignode.session.Session;
import io.bignode.session.SessionView;
import io.bignode.session.SessionView.Turn;
import io.bignode.session.Sessions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;

/** Writes what viewers see: the overview of a moment and the series of the last minutes. */
public final class LiveDocuments {
    /** The most sessions an overview lists. */
    static final int MAX_SESSIONS = 500;

    private static final ObjectMapper JSON =
            JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

    private final Sessions sessions;
    private final FleetView fleet;
    private final IntSupplier devices;
    private final BooleanSupplier closing;
    private final Function<WorkOrder, Optional<String>> model;
    private final Instant startedAt = Instant.now();

    /**
     * Documents about this node.
     *
     * @param devices how many devices serve now
     * @param model   the name of the model that some work is computed on, where it has one
     */
    public LiveDocuments(Sessions sessions, FleetView fleet, IntSupplier devices, BooleanSupplier closing, Function<WorkOrder, Optional<String>> model) {
        this.sessions = sessions;
        this.fleet = fleet;
        this.devices = devices;
        this.closing = closing;
        this.model = model;
    }

    /** The overview that a viewer sees now. */
    byte[] overview(Viewer viewer) {
        Sessions.Listing listing = sessions.views(viewer.tenants(), MAX_SESSIONS);
        // Before the devices: an alarm that is listed is seen at its device too.
        List<Overview.AlarmLine> alarms = viewer.all() ? fleet.alarms() : List.of();
        List<Overview.DeviceLine> shown = viewer.all() ? fleet.devices() : List.of();
        return json(new Overview(
                fleet.version(), viewer.scope(), viewer.name(), sessions.now().toString(), startedAt.toString(), status(), viewer.maxSessions(),
                totals(listing, viewer, shown), listing.views().stream().map(this::line).toList(), shown,
                viewer.all() ? fleet.workers() : List.of(), alarms));
    }

    private String status() {
        if (closing.getAsBoolean()) return "closing";
        return devices.getAsInt() == 0 ? "no_devices" : "ready";
    }

    private Overview.Totals totals(Sessions.Listing listing, Viewer viewer, List<Overview.DeviceLine> shown) {
        List<SessionView> views = listing.views();
        RecentRate all = sessions.activity().pace();
        return new Overview.Totals(
                views.stream().mapToLong(SessionView::computed).sum(),
                views.stream().mapToLong(SessionView::found).sum(),
                views.stream().mapToLong(SessionView::delivered).sum(),
                viewer.all() ? all.rawPerMinute() : views.stream().mapToDouble(view -> view.pace().rawPerMinute()).sum(),
                viewer.all() ? all.validPerMinute() : views.stream().mapToDouble(view -> view.pace().validPerMinute()).sum(),
                listing.running(),
                listing.waiting(),
                listing.kept(),
                shown.size(),
                (int) shown.stream().filter(device -> device.leases() > 0).count());
    }

    private Overview.SessionLine line(SessionView view) {
        return new Overview.SessionLine(
                view.id(), view.tenant(), view.nodeId(), view.work().function(), model.apply(view.work()).orElse(null), view.epoch().blockHeight(),
                view.epoch().blockHash(), view.status().wire(), view.error().orElse(null),
                view.createdAt().toString(), seconds(view.age()), seconds(view.timeLeft()), seconds(view.life()), view.computed(), view.found(),
                view.delivered(), view.found() - view.delivered(), view.batches(), view.settledBatches(), view.pace().rawPerMinute(),
                view.pace().validPerMinute(), view.share(), view.weight(), view.earlyShare().orElse(null), view.uncomputable(), view.leases(), seconds(view.polledAgo()), view.push(), view.idle(),
                view.waiting(), view.turn().map(Turn::position).orElse(null), view.turn().map(turn -> turn.obstacle().text()).orElse(null), view.lingering(),
                view.attention().orElse(null));
    }

    /** The series that a viewer sees now. */
    byte[] series(Viewer viewer) {
        Series series;
        if (viewer.all()) {
            series = sessions.activity().series();
        } else {
            Set<String> own = sessions.list(viewer.name()).stream().map(Session::id).collect(Collectors.toSet());
            series = sessions.activity().series(own::contains);
        }
        Map<String, Object> devices = new TreeMap<>();
        series.devices().forEach((id, line) -> devices.put(id, Map.of("raw", line.raw())));
        return json(Map.of(
                "step_seconds", series.step().toSeconds(), "from", series.from().toString(), "total", series.total(), "sessions", series.sessions(),
                "devices", devices));
    }

    /** A document of records, maps and lists. */
    static byte[] json(Object document) {
        try {
            return JSON.writeValueAsBytes(document);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record of ours cannot be written", e);
        }
    }

    private static double seconds(Duration time) {
        return time.toMillis() / 1000.0;
    }
}
