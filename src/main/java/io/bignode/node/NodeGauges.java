package io.bignode.node;

import io.bignode.broker.EmbeddedBroker;
import io.bignode.lease.DeviceView;
import io.bignode.lease.Leases;
import io.bignode.lease.WorkerView;
import io.bignode.metrics.Family;
import io.bignode.metrics.Readings;
import io.bignode.monitor.Alarms;
import io.bignode.protocol.DeviceHealth;
import io.bignode.protocol.ProtocolVersion;
import io.bignode.session.Session;
import io.bignode.session.SessionStatus;
import io.bignode.session.SessionStore;
import io.bignode.session.Sessions;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/** Reads a node's gauges at the moment of a scrape. */
record NodeGauges(
        Sessions sessions, SessionStore store, Leases leases, Supplier<Optional<EmbeddedBroker>> broker, Alarms alarms, LiveSettings live, Path dataDir,
        Instant started, IntSupplier connections) {

    /** The counts of one tenant. */
    private static final class Share {
        final Map<SessionStatus, Integer> byStatus = new EnumMap<>(SessionStatus.class);
        int idle;
        int waiting;
        int lingering;
        long undelivered;
        OptionalDouble earlyShare = OptionalDouble.empty();

        void early(double share) {
            earlyShare = OptionalDouble.of(Math.min(share, earlyShare.orElse(share)));
        }
    }

    void read(Readings readings) {
        String version = ProtocolVersion.program();
        readings.gauge(Family.BUILD_INFO, 1, version.isEmpty() ? "unknown" : version);
        readings.gauge(Family.START_TIME, (double) started.toEpochMilli() / 1000);
        readings.gauge(Family.HTTP_CONNECTIONS, connections.getAsInt());
        live.certificateExpires().ifPresent(expires -> readings.gauge(Family.CERTIFICATE_EXPIRY, expires.getEpochSecond()));
        for (Alarms.Alarm alarm : alarms.list()) readings.gauge(Family.ALARM, 1, alarm.key());
        sessions(readings);
        leases(readings);
        store(readings);
        broker.get().ifPresent(embedded -> broker(embedded, readings));
    }

    private void sessions(Readings readings) {
        Map<String, Share> tenants = new TreeMap<>();
        for (Session session : sessions.kept()) {
            Share share = tenants.computeIfAbsent(session.order().tenant(), _ -> new Share());
            SessionStatus status = session.status();
            share.byStatus.merge(status, 1, Integer::sum);
            if (session.waiting()) share.waiting++;
            else if (!status.ended() && !session.leasable()) share.idle++;
            if (session.lingers()) share.lingering++;
            if (!status.ended()) session.attention().earlyShare().ifPresent(share::early);
            share.undelivered += Math.max(0, session.totalBatches() - session.settled());
        }
        tenants.forEach((tenant, share) -> {
            for (SessionStatus status : SessionStatus.values()) {
                readings.gauge(Family.SESSIONS, share.byStatus.getOrDefault(status, 0), tenant, status.wire());
            }
            readings.gauge(Family.SESSIONS_IDLE, share.idle, tenant);
            readings.gauge(Family.SESSIONS_WAITING, share.waiting, tenant);
            readings.gauge(Family.SESSIONS_LINGERING, share.lingering, tenant);
            readings.gauge(Family.UNDELIVERED_BATCHES, share.undelivered, tenant);
            known(Family.EARLY_SHARE, share.earlyShare, new String[] {tenant}, readings);
        });
        readings.gauge(Family.SESSIONS_MAX, sessions.rules().maxSessions());
    }

    private void leases(Readings readings) {
        int serving = leases.devices().size();
        readings.gauge(Family.READY, serving > 0 && store.refusal().isEmpty() && !store.ownershipLost() ? 1 : 0);
        readings.gauge(Family.LEASES_IN_FLIGHT, leases.inFlight());
        readings.gauge(Family.LEASE_REQUESTS_WAITING, leases.waiting());
        readings.gauge(Family.LEASE_TARGET_SECONDS, leases.target().toNanos() * 1e-9);
        readings.gauge(Family.LEASE_SERVING_CORES, leases.servingCores());
        Map<WorkerView.State, Integer> states = new EnumMap<>(WorkerView.State.class);
        for (WorkerView worker : leases.workers()) {
            states.merge(worker.state(), 1, Integer::sum);
            readings.gauge(Family.WORKER_LEASES, worker.leases(), worker.name());
        }
        for (DeviceView device : leases.deviceViews()) device(device, readings);
        for (WorkerView.State state : WorkerView.State.values()) {
            readings.gauge(Family.WORKERS, states.getOrDefault(state, 0), state.name().toLowerCase(Locale.ROOT));
        }
    }

    static void device(DeviceView device, Readings readings) {
        String[] labels = NodeMeter.device(device.offer().deviceId());
        readings.gauge(Family.DEVICE_INFO, 1, labels[0], labels[1], device.offer().name());
        readings.gauge(Family.DEVICE_STATE, 1, labels[0], labels[1], device.state().name().toLowerCase(Locale.ROOT));
        readings.gauge(Family.DEVICE_MEMORY_BYTES, device.offer().memoryBytes(), labels);
        readings.gauge(Family.DEVICE_LEASES, device.leases(), labels);
        known(Family.DEVICE_PEAK_RATIO, device.shareOfPeak(), labels, readings);
        if (device.health().isEmpty()) return;
        DeviceHealth health = device.health().get();
        known(Family.DEVICE_UTILISATION_RATIO, health.utilisation(), labels, readings);
        known(Family.DEVICE_MEMORY_USED_BYTES, health.memoryUsedBytes(), labels, readings);
        known(Family.DEVICE_TEMPERATURE_CELSIUS, health.celsius(), labels, readings);
        known(Family.DEVICE_POWER_WATTS, health.powerWatts(), labels, readings);
        known(Family.DEVICE_POWER_LIMIT_WATTS, health.powerLimitWatts(), labels, readings);
    }

    /** A gauge that a device does not measure has no series, as 0 would be wrong. */
    private static void known(Family family, OptionalDouble value, String[] labels, Readings readings) {
        if (value.isPresent()) readings.gauge(family, value.getAsDouble(), labels);
    }

    private void store(Readings readings) {
        readings.gauge(Family.STORE_PENDING_BYTES, store.pendingBytes());
        readings.gauge(Family.STORE_REFUSES, store.refusal().isPresent() ? 1 : 0);
        readings.gauge(Family.STORE_ESTRANGED, store.ownershipLost() ? 1 : 0);
        readings.gauge(Family.STORE_DISK_FREE_BYTES, dataDir.toFile().getUsableSpace());
    }

    private static void broker(EmbeddedBroker embedded, Readings readings) {
        readings.gauge(Family.BROKER_CONNECTIONS, embedded.connections());
        readings.gauge(Family.BROKER_QUEUED, embedded.queued());
    }
}
