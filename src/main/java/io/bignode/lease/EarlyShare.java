package io.bignode.lease;

import io.bignode.monitor.Alarms;
import io.bignode.session.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Measures for each session what it got in its first minute, the first third of the network's stage, against its fair share of what was computed meanwhile:
 * the network votes a participant down who has little in that third. Sessions whose work is alike share the devices by their weights. Not thread safe;
 * {@link Leases} guards it.
 */
final class EarlyShare {
    /** The first third of a stage of three minutes. */
    private static final Duration THIRD = Duration.ofMinutes(1);

    /** Before that single leases, and results that wait to be verified, say more than shares do. */
    private static final Duration SOON = Duration.ofSeconds(20);

    /** A session that was older when it was seen first is of an earlier head. */
    private static final Duration YOUNG = Duration.ofSeconds(5);

    private static final double LEAST = 0.75;
    private static final int NAMED = 4;
    private static final String ALARM = "orders/early-share";

    /** What a session got and should have got until now. */
    private static final class Share {
        final long sinceNanos;
        long seen;
        double got;
        double fair;

        Share(long sinceNanos, long seen) {
            this.sinceNanos = sinceNanos;
            this.seen = seen;
        }
    }

    private final Alarms alarms;
    private final Map<Session, Share> shares = new HashMap<>();

    EarlyShare(Alarms alarms) {
        this.alarms = alarms;
    }

    /**
     * Looks; to be called about once a second.
     *
     * @param served the sessions that may have leases now
     */
    void tick(List<Session> served, long now) {
        shares.keySet().removeIf(session -> session.status().ended());
        Map<String, List<Session>> alike = served.stream().collect(Collectors.groupingBy(session -> session.order().work().costClass()));
        alike.values().forEach(sessions -> share(sessions, now));
        List<String> behind = new ArrayList<>();
        for (Session session : new HashSet<>(shares.keySet())) {
            Optional<Double> share = ratio(session, now);
            Optional<Double> ratio = share.filter(got -> got < LEAST);
            session.attention().early(share, ratio.map(got -> String.format(Locale.ROOT, "it got %.0f %% of its fair share in its first minute", 100 * got)));
            ratio.ifPresent(got -> behind.add(String.format(Locale.ROOT, "session %s of node %d: %.2f", session.id(), session.order().nodeId(), got)));
        }
        if (behind.isEmpty()) {
            alarms.clear(ALARM);
            return;
        }
        String some = String.join("; ", behind.subList(0, Math.min(NAMED, behind.size())));
        alarms.raise(ALARM, behind.size() + " orders are behind their fair share in their first minute, below " + LEAST + " of it: " + some
                + (behind.size() > NAMED ? "; and " + (behind.size() - NAMED) + " more" : ""),
                "the network votes a participant down below half; look for orders of much larger weight, and for devices that fail");
    }

    private void share(List<Session> sessions, long now) {
        double weights = sessions.stream().mapToDouble(session -> session.order().weight()).sum();
        Map<Session, Long> computed = new HashMap<>();
        long all = 0;
        for (Session session : sessions) {
            long total = session.totalComputed();
            Share share = shares.computeIfAbsent(session, _ -> new Share(now, total));
            computed.put(session, total - share.seen);
            all += total - share.seen;
            share.seen = total;
        }
        for (Session session : sessions) {
            Share share = shares.get(session);
            if (share == null || now - share.sinceNanos > THIRD.toNanos() || session.age().compareTo(THIRD.plus(YOUNG)) > 0) continue;
            share.got += computed.getOrDefault(session, 0L);
            share.fair += all * session.order().weight() / weights;
        }
    }

    /** What a session got of its fair share; empty where it is too early to tell, or nothing was to be shared. */
    Optional<Double> ratio(Session session, long now) {
        Share share = shares.get(session);
        if (share == null || share.fair <= 0 || now - share.sinceNanos < SOON.toNanos()) return Optional.empty();
        return Optional.of(share.got / share.fair);
    }
}
