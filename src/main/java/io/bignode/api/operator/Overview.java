package io.bignode.api.operator;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that a viewer sees of the node at a moment, in the words of its JSON document; what is null is not known. Moments are ISO texts.
 *
 * @param version     of the program
 * @param scope       {@code all}, or {@code own} for a tenant among others
 * @param tenant      who looks; {@code operator} for the operator
 * @param now         when this was so
 * @param startedAt   when the node started
 * @param status      {@code ready}, {@code no_devices} or {@code closing}
 * @param maxSessions how many sessions the viewer may have at a time
 * @param totals      sums
 * @param sessions    those that run and the latest of those that ended, the newest first
 * @param devices     every device of a worker that is or was connected lately
 * @param workers     every worker that is connected, was lately, or gets nothing
 * @param alarms      what an operator should look at
 */
public record Overview(
        String version,
        String scope,
        String tenant,
        String now,
        String startedAt,
        String status,
        int maxSessions,
        Totals totals,
        List<SessionLine> sessions,
        List<DeviceLine> devices,
        List<WorkerLine> workers,
        List<AlarmLine> alarms) {
    /** Copies the lists. */
    public Overview {
        sessions = List.copyOf(sessions);
        devices = List.copyOf(devices);
        workers = List.copyOf(workers);
        alarms = List.copyOf(alarms);
    }

    /** Sums: of nonces over the sessions listed, of all others over all that the viewer may see. */
    public record Totals(
            long raw,
            long valid,
            long delivered,
            double rawPerMinute,
            double validPerMinute,
            int runningSessions,
            int waitingSessions,
            int keptSessions,
            int devices,
            int workingDevices) {}

    /**
     * A session. Raw nonces were computed, valid ones count, delivered ones were handed out. One that waits to be admitted tells its position among
     * those that wait, unless nobody polls it. One that lingers ended; its small node is told that it goes on. Attention tells why its owner gets nothing. The
     * model is named where the function computes named ones. The early share is what it got in its first minute of its fair share.
     */
    public record SessionLine(
            String sessionId,
            String tenant,
            long nodeId,
            String function,
            @Nullable String model,
            long blockHeight,
            String blockHash,
            String status,
            @Nullable String error,
            String createdAt,
            double ageSeconds,
            double secondsLeft,
            double lifeSeconds,
            long raw,
            long valid,
            long delivered,
            long undelivered,
            long batches,
            long settledBatches,
            double rawPerMinute,
            double validPerMinute,
            double share,
            double weight,
            @Nullable Double earlyShare,
            long uncomputable,
            int leases,
            double polledSecondsAgo,
            boolean push,
            boolean idle,
            boolean waiting,
            @Nullable Integer waitingPosition,
            @Nullable String waitingFor,
            boolean lingering,
            @Nullable String attention) {}

    /** A device. */
    public record DeviceLine(
            String deviceId,
            String worker,
            String name,
            String state,
            List<String> sessionIds,
            int leases,
            long raw,
            double noncesPerSecond,
            double busyShare,
            @Nullable Double shareOfPeak,
            @Nullable Double utilisation,
            long memoryBytes,
            @Nullable Long memoryUsedBytes,
            @Nullable Double temperatureCelsius,
            @Nullable Double powerWatts,
            @Nullable Double powerLimitWatts,
            @Nullable String alarm) {}

    /** A worker. For one that is not connected, it says since when and why, where that is known. */
    public record WorkerLine(
            String name,
            String state,
            boolean connected,
            boolean local,
            @Nullable String since,
            @Nullable String disconnectedSince,
            @Nullable String disconnectedBecause,
            @Nullable String address,
            @Nullable String version,
            int devices,
            int leases) {}

    /** An alarm that is raised. */
    public record AlarmLine(String key, String text, String fix, String since) {}
}
