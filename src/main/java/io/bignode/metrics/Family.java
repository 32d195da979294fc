package io.bignode.metrics;

import java.util.List;

/** Every family of series that is ours, with its type, its labels and what it means; docs/metrics.md lists them. */
public enum Family {
    BUILD_INFO(Type.GAUGE, "build_info", "Always 1; the label tells which version runs.", "version"),
    START_TIME(Type.GAUGE, "start_time_seconds", "When this head started, in seconds since 1970. Every counter counts from then on."),
    READY(Type.GAUGE, "ready", "1 while a session could start now, else 0."),

    SESSIONS(Type.GAUGE, "sessions", "Sessions that are kept, by status; those from before a restart too.", Label.TENANT, Label.STATUS),
    SESSIONS_MAX(Type.GAUGE, "sessions_max", "How many sessions may run at once."),
    SESSIONS_IDLE(Type.GAUGE, "sessions_idle", "Running sessions that get no leases, as nobody polls them or nothing is left to lease.", Label.TENANT),
    SESSIONS_WAITING(Type.GAUGE, "sessions_waiting", "Sessions that wait for their turn, among those that initialise.", Label.TENANT),
    SESSIONS_LINGERING(
            Type.GAUGE, "sessions_lingering", "Sessions that ended, but whose small nodes are told that they go on until the chain's own end.", Label.TENANT),
    SESSIONS_STARTED(Type.COUNTER, "sessions_started", "Sessions started since this head started.", Label.TENANT),
    SESSIONS_ENDED(Type.COUNTER, "sessions_ended", "Sessions that ended since this head started.", Label.TENANT, Label.STATUS),
    EARLY_SHARE(
            Type.GAUGE, "session_early_share_min", "The least of its fair share that a tenant's running session got in its first minute; 1 is all of it.",
            Label.TENANT),
    UNDELIVERED_BATCHES(Type.GAUGE, "undelivered_batches", "Batches that were found and not yet handed out.", Label.TENANT),

    NONCES_RAW(Type.COUNTER, "nonces_raw", "Nonces computed for a tenant since this head started, held results included.", Label.TENANT),
    NONCES_VALID(Type.COUNTER, "nonces_valid", "Nonces found that count since this head started, held results included.", Label.TENANT),
    NONCES_DELIVERED(
            Type.COUNTER,
            "nonces_delivered",
            "Nonces in answers and pushes that were written since this head started; an answer that is served again counts again.",
            Label.TENANT),
    DEVICE_SECONDS(Type.COUNTER, "device_seconds", "Time of devices spent for a tenant since this head started.", Label.TENANT),
    DELIVERY_NONCES(Type.HISTOGRAM, "delivery_nonces", "How many nonces an answer or a push that held any handed out.", Label.TENANT),
    POLL_ANSWER_SECONDS(
            Type.HISTOGRAM, "poll_answer_seconds", "Time from the end of a poll's wait until its answer was written: store and socket.", Label.TENANT),
    PUSHES(Type.COUNTER, "pushes", "Attempts to push batches to a callback since this head started, by result: acknowledged or failed.", "result"),

    LEASES_IN_FLIGHT(Type.GAUGE, "leases_in_flight", "Leases that are with devices."),
    LEASE_REQUESTS_WAITING(Type.GAUGE, "lease_requests_waiting", "Requests of devices that wait for work."),
    LEASES_ISSUED(Type.COUNTER, "leases_issued", "Leases given to devices since this head started; a check is one that computes again.", "kind"),
    LEASES_ENDED(
            Type.COUNTER, "leases_ended", "Leases that ended since this head started: done, failed or returned.", "kind", "result"),
    LEASE_NONCES(Type.HISTOGRAM, "lease_nonces", "How many nonces a lease that was done computed."),
    LEASE_DEVICE_SECONDS(Type.HISTOGRAM, "lease_device_seconds", "Time of a device that a lease that was done took."),
    LEASE_TARGET_SECONDS(
            Type.GAUGE, "lease_target_seconds",
            "The device time that a lease should take at present: longer than a second where serving them would take more than half a core."),
    LEASE_SERVING_CORES(Type.GAUGE, "lease_serving_cores", "How many cores the head's threads for leases, store and broker took in the last seconds."),
    VERIFICATIONS(
            Type.COUNTER, "verifications", "Checks of remote workers' results that came to a verdict since this head started: agreed or deviated.",
            "result"),

    DEVICE_INFO(Type.GAUGE, "device_info", "Always 1; a device that is or was connected, and what its maker calls it.", Label.DEVICE, Label.WORKER, "name"),
    DEVICE_MEMORY_BYTES(Type.GAUGE, "device_memory_bytes", "Memory of a device that may be used.", Label.DEVICE, Label.WORKER),
    DEVICE_STATE(
            Type.GAUGE, "device_state", "1 for the state a device is in: idle, preparing, computing, failing, draining, quarantined or apart.",
            Label.DEVICE, Label.WORKER, "state"),
    DEVICE_LEASES(Type.GAUGE, "device_leases", "Leases that a device has.", Label.DEVICE, Label.WORKER),
    DEVICE_PEAK_RATIO(
            Type.GAUGE, "device_peak_ratio", "What part of its chip's greatest rate a device reaches while it computes; missing where unknown.",
            Label.DEVICE, Label.WORKER),
    DEVICE_UTILISATION_RATIO(
            Type.GAUGE, "device_utilisation_ratio", "The share of time for which a GPU was busy, as NVML measures it.", Label.DEVICE, Label.WORKER),
    DEVICE_MEMORY_USED_BYTES(
            Type.GAUGE, "device_memory_used_bytes", "Memory of a GPU in use, by whomever, as NVML measures it.", Label.DEVICE, Label.WORKER),
    DEVICE_TEMPERATURE_CELSIUS(
            Type.GAUGE, "device_temperature_celsius", "A GPU's temperature, as NVML measures it.", Label.DEVICE, Label.WORKER),
    DEVICE_POWER_WATTS(Type.GAUGE, "device_power_watts", "What a GPU draws, as NVML measures it.", Label.DEVICE, Label.WORKER),
    DEVICE_POWER_LIMIT_WATTS(Type.GAUGE, "device_power_limit_watts", "The most a GPU may draw, as NVML tells it.", Label.DEVICE, Label.WORKER),
    DEVICE_NONCES_RAW(Type.COUNTER, "device_nonces_raw", "Nonces a device computed since this head started.", Label.DEVICE, Label.WORKER),
    DEVICE_NONCES_VALID(Type.COUNTER, "device_nonces_valid", "Nonces that count, found by a device since this head started.", Label.DEVICE, Label.WORKER),
    DEVICE_BUSY_SECONDS(
            Type.COUNTER, "device_busy_seconds", "Time a device computed since this head started, as it reports with each lease.",
            Label.DEVICE, Label.WORKER),
    DEVICE_LEASES_FAILED(
            Type.COUNTER, "device_leases_failed", "Leases that a device failed on since this head started, overdue ones included.",
            Label.DEVICE, Label.WORKER),
    WORKERS(Type.GAUGE, "workers", "Workers by state: working, draining, quarantined.", "state"),
    WORKER_LEASES(Type.GAUGE, "worker_leases", "Leases that a worker's devices have.", Label.WORKER),
    WORKER_DISCONNECTIONS(
            Type.COUNTER, "worker_disconnections",
            "Ends of workers' connections since this head started, by reason: stopped, closed, silent, replaced, expelled or unknown.", "reason"),
    WORKERS_QUARANTINED(Type.COUNTER, "workers_condemned", "How often a worker was put in quarantine since this head started."),

    STORE_COMMIT_SECONDS(Type.HISTOGRAM, "store_commit_seconds", "Time a transaction of the store took, successful ones only."),
    STORE_FAILURES(Type.COUNTER, "store_failures", "Transactions of the store that failed since this head started; each is tried again."),
    STORE_PENDING_BYTES(Type.GAUGE, "store_pending_bytes", "About how much memory the changes take that are not known to be durable."),
    STORE_REFUSES(Type.GAUGE, "store_refuses", "1 while the store cannot be written and no session may start, else 0."),
    STORE_ESTRANGED(Type.GAUGE, "store_estranged", "1 while another head may have taken over, else 0."),
    STORE_DISK_FREE_BYTES(Type.GAUGE, "store_disk_free_bytes", "Space left on the file system of the data folder."),
    BROKER_CONNECTIONS(Type.GAUGE, "broker_connections", "Connections to the broker in this process; missing with an external one."),
    BROKER_QUEUED(Type.GAUGE, "broker_queued_messages", "Messages of workers the head did not acknowledge yet; missing with an external broker."),

    HTTP_REQUEST_SECONDS(
            Type.HISTOGRAM, "http_request_seconds",
            "Time of a request until its answer was written, by route template; a poll's wait is part of it. Requests that were no HTTP are not counted.",
            "method", "route", "status"),
    HTTP_CONNECTIONS(Type.GAUGE, "http_connections", "Clients connected to the API."),
    CERTIFICATE_EXPIRY(Type.GAUGE, "certificate_expiry_seconds", "When the API's certificate expires, in seconds since 1970; missing without one."),
    ALARM(Type.GAUGE, "alarm_active", "1 for each alarm that is raised; its series ends when it clears.", Label.ALARM);

    /** What kind of family it is. */
    public enum Type {
        GAUGE,
        COUNTER,
        HISTOGRAM
    }

    /** Labels that tell whose a series is. */
    static final class Label {
        static final String TENANT = "tenant";
        static final String STATUS = "status";
        static final String DEVICE = "device";
        static final String WORKER = "worker";
        static final String ALARM = "alarm";

        private Label() {}
    }

    private static final String PREFIX = "bignode_";

    private final Type type;
    private final String name;
    private final String help;
    private final List<String> labels;

    Family(Type type, String name, String help, String... labels) {
        this.type = type;
        this.name = PREFIX + name;
        this.help = help;
        this.labels = List.of(labels);
    }

    Type type() {
        return type;
    }

    /** The name as its family's HELP line bears it; a counter's ends in {@code _total}. */
    public String exposed() {
        return type == Type.COUNTER ? name + "_total" : name;
    }

    /** The name without a suffix. */
    String base() {
        return name;
    }

    /** Its meaning, as the HELP line says it. */
    public String help() {
        return help;
    }

    /** The names of its labels, in the order of their values. */
    public List<String> labels() {
        return labels;
    }
}
