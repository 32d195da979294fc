package io.bignode.lease;

import io.bignode.monitor.Alarms;
import io.bignode.monitor.LruMap;
import io.bignode.protocol.WorkerGone;
import io.bignode.protocol.WorkerMessage.WorkerRefused;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/** Raises alarms about workers' connections: one is lost, is lost again and again, or is refused. Not thread safe; {@link Leases} guards it. */
final class WorkerAlarms {
    /** A worker that is back sooner raises no alarm: it was restarted, or its network was cut for a moment. */
    static final Duration LOST_AFTER = Duration.ofSeconds(15);

    /** So many losses within {@link #LATELY} raise an alarm. */
    static final int LOSSES = 3;

    static final Duration LATELY = Duration.ofMinutes(5);

    /** A refused worker tries again within 40 s; one that did not for so long gave up. */
    static final Duration REFUSED_FOR = Duration.ofMinutes(2);

    private record Lost(Instant since, WorkerGone.Reason reason) {}

    private final Alarms alarms;
    private final InstantSource clock;
    private final Map<String, Lost> lost;
    private final Map<String, Deque<Instant>> losses;

    /** When a worker was refused last, by the key of its alarm. */
    private final Map<String, Instant> refused;

    /** Starts without alarms. */
    WorkerAlarms(Alarms alarms, InstantSource clock) {
        this(alarms, clock, LruMap.DEVICES);
    }

    /** Follows this many workers at most. */
    WorkerAlarms(Alarms alarms, InstantSource clock, int max) {
        this.alarms = alarms;
        this.clock = clock;
        this.lost = new LruMap<>(max, worker -> alarms.clear(lostKey(worker)));
        this.losses = new LruMap<>(max, worker -> alarms.clear(flapsKey(worker)));
        this.refused = new LruMap<>(max, alarms::clear);
    }

    /** A worker was connected. */
    void joined(String worker) {
        if (lost.remove(worker) != null) alarms.clear(lostKey(worker));
    }

    /** A worker's connection ended. */
    void gone(String worker, WorkerGone.Reason reason) {
        if (!reason.isFault()) {
            joined(worker);
            return;
        }
        Instant now = clock.instant();
        if (reason != WorkerGone.Reason.REPLACED) lost.put(worker, new Lost(now, reason));
        Deque<Instant> recent = losses.computeIfAbsent(worker, _ -> new ArrayDeque<>());
        recent.add(now);
        if (recent.size() > LOSSES) recent.remove();
        if (recent.size() == LOSSES && !recent.getFirst().isBefore(now.minus(LATELY))) {
            alarms.raise(flapsKey(worker), "worker " + worker + " lost its connection " + LOSSES + " times within " + LATELY.toMinutes()
                            + " minutes, at last because " + reason.text(),
                    "look at that worker's log, at the load of its host, and at the network between it and the head");
        }
    }

    /** A worker was refused. */
    void refused(WorkerRefused refusal) {
        boolean name = refusal.kind() == WorkerRefused.Kind.NAME;
        String key = (name ? "worker-name/" : "worker-protocol/") + refusal.worker();
        refused.put(key, clock.instant());
        String from = refusal.address().isEmpty() ? "" : " from " + refusal.address();
        alarms.raise(key, "a worker" + from + " that calls itself " + refusal.worker() + " is refused: " + refusal.reason(),
                name ? "give one of the two another name with DELEGATION_WORKER_NAME, or stop it" : "update the older one of the two");
    }

    /**
     * Lets time pass; to be called a few times a second.
     *
     * @param forget how long a lost worker is remembered: then it counts as removed
     */
    void tick(Duration forget) {
        Instant now = clock.instant();
        Map<String, Lost> due = new HashMap<>(lost);
        due.forEach((worker, loss) -> {
            if (loss.since().isBefore(now.minus(forget))) {
                joined(worker);
            } else if (!loss.since().isAfter(now.minus(LOST_AFTER))) {
                alarms.raise(lostKey(worker), "worker " + worker + " is not connected: " + loss.reason().text(),
                        "look at that worker's log and at its host; it joins again by itself. One that is not meant to come back is forgotten after "
                                + forget.toMinutes() + " minutes");
            }
        });
        losses.entrySet().removeIf(entry -> over(entry.getValue().getLast(), now, LATELY, flapsKey(entry.getKey())));
        refused.entrySet().removeIf(entry -> over(entry.getValue(), now, REFUSED_FOR, entry.getKey()));
    }

    private boolean over(Instant last, Instant now, Duration after, String key) {
        if (!last.isBefore(now.minus(after))) return false;
        alarms.clear(key);
        return true;
    }

    private static String lostKey(String worker) {
        return "worker-lost/" + worker;
    }

    private static String flapsKey(String worker) {
        return "worker-flaps/" + worker;
    }
}
