package io.bignode.lease;

import io.bignode.monitor.Alarms;
import io.bignode.monitor.Work;
import io.bignode.protocol.DeviceOffer;
import io.bignode.protocol.WorkOrder;
import io.bignode.session.Obstacle;
import io.bignode.session.Overlaps;
import io.bignode.session.Session;
import io.bignode.session.SessionStatus;
import io.bignode.session.SessionView;
import io.bignode.session.SessionView.Turn;
import io.bignode.session.Sessions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Checks whether the owner of each order gets the results that he may expect. Where none come, the session says why, and so does an alarm, one
 * for each kind of reason: alarms are labels of a metric, and the number of sessions has no bound. Not thread safe; {@link Leases} guards it.
 */
final class OrderWatch {
    /**
     * When nothing was computed for so long the session says so; together with {@link #LASTS} that is less than the minute within which an operator should
     * know.
     */
    private static final Duration QUIET = Duration.ofSeconds(40);

    /** A trouble that lasts so long raises an alarm; a worker that comes back at once, or one failed push, does not. */
    private static final Duration LASTS = Duration.ofSeconds(10);

    /** A model that nobody serves yet may be loading, which takes longer. */
    private static final Duration LOADS = Duration.ofMinutes(1);

    /** Or this multiple of the time that a lease of the order should take, where that is longer. */
    private static final int QUIET_MULTIPLE = 4;

    /** Results that wait longer than this to be verified are a trouble. */
    private static final Duration HELD = Duration.ofSeconds(15);

    /** A session that waits longer than this for its turn is a trouble. */
    private static final Duration WAITS = Duration.ofSeconds(30);

    /** Where so many valid nonces are expected, the probability of finding none is one in a million: e^-13.8. */
    private static final double EXPECTED = 13.8;

    private static final int NAMED = 4;
    private static final String OVERLAP = "orders/overlap";

    /** Why an order's owner gets no results. */
    private enum Reason {
        WAITING("no turn for half a minute", "stop what need not run, add devices, or raise DELEGATION_MAX_SESSIONS"),
        NOT_POLLED("no devices, as nobody polls", "look at those small nodes; their orders get devices again when they poll"),
        NO_DEVICE("no device works", "bring devices or workers back: bignode doctor, bignode workers"),
        NO_FIT("no device that works can hold the model", "bring the device or worker back that could"),
        NOT_SERVED("no device serves the model yet", "have a backend load it, or name one to DELEGATION_BACKENDS: bignode doctor says which model each serves"),
        DEVICES_FAIL("all devices that could do the work fail", "look at the devices' own alarms"),
        PUSH_FAILS("the callback does not take what was found", "look at those small nodes' callbacks; polls can fetch what was found"),
        HELD("results wait long to be verified", "bignode workers: devices that could check them are missing, slow, or differ"),
        WEIGHTS("the weights are not ready", "look at the workers' logs; a pool that is drawn for minutes means slow or too few cores"),
        NOTHING_COMPUTED("nothing is computed", "bignode devices: those that have the leases hang, or other orders have all devices"),
        NONE_COUNTS("nonces are computed and none counts",
                "bignode compute on another host tells what is right; look at the order's r_target and the workers' DELEGATION_MARGIN");

        final String message;
        final String fix;

        Reason(String message, String fix) {
            this.message = message;
            this.fix = fix;
        }

        /** How long it lasts before an alarm tells of it. */
        Duration lasts() {
            return this == NOT_SERVED ? LOADS : LASTS;
        }

        String alarm() {
            return "orders/" + name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * What is wrong with an order.
     *
     * @param reason its kind; empty for a trouble that has an alarm of its own
     * @param text   for its owner
     */
    private record Trouble(Optional<Reason> reason, String text) {
        static Optional<Trouble> of(Reason reason, String text) {
            return Optional.of(new Trouble(Optional.of(reason), text));
        }
    }

    /**
     * The devices that could do a kind of work.
     *
     * @param count   how many there are
     * @param failing how those of them fail that do
     */
    private record Fitting(int count, List<FailingDevices.Failing> failing) {}

    /**
     * What is looked at once for all orders.
     *
     * @param devices  those that may get leases
     * @param fitting  those of them that can hold a model, by the work's cost class
     * @param backlogs the results of sessions that wait to be verified
     */
    private record Serving(List<DeviceOffer> devices, Map<String, Fitting> fitting, Map<Session, Verification.Backlog> backlogs) {
        Fitting fitting(WorkOrder work, Policies policies, Blame blame) {
            return fitting.computeIfAbsent(work.costClass(), _ -> {
                List<DeviceOffer> fit = devices.stream().filter(device -> policies.capacity().fits(device, work)).toList();
                return new Fitting(fit.size(), fit.stream().flatMap(device -> blame.failing(device.deviceId()).stream()).toList());
            });
        }
    }

    /** For what reason a session gets nothing, and since when. */
    private record Lasting(Reason reason, long sinceNanos) {}

    /** Since when nothing was computed for a session. */
    private record Quiet(long computed, long sinceNanos) {}

    private final Sessions sessions;
    private final Alarms alarms;
    private final Policies policies;
    private final WorkerRegistry registry;
    private final Blame blame;
    private final ActiveLeases inFlight;
    private final Verification verification;
    private final Overlaps overlaps;
    private final Map<Session, Quiet> quiet = new HashMap<>();
    private final Map<Session, Lasting> lasting = new HashMap<>();
    private final Map<Session, OptionalDouble> shares = new HashMap<>();
    private final Map<Session, String> streams = new HashMap<>();
    private Set<Session> watched = Set.of();
    private Set<Reason> raised = Set.of();

    OrderWatch(Sessions sessions, Alarms alarms, Policies policies, WorkerRegistry registry, Blame blame, ActiveLeases inFlight, Verification verification) {
        this.sessions = sessions;
        this.alarms = alarms;
        this.policies = policies;
        this.registry = registry;
        this.blame = blame;
        this.inFlight = inFlight;
        this.verification = verification;
        this.overlaps = new Overlaps(this::stream);
    }

    /** Checks; to be called about once a second. */
    void tick(long now) {
        Map<Boolean, List<Session>> ended = sessions.kept().stream().collect(Collectors.partitioningBy(session -> session.status().ended()));
        List<Session> unended = ended.getOrDefault(false, List.of());
        Serving serving = new Serving(registry.devices(), new HashMap<>(), verification.backlogs(now));
        Map<Reason, List<String>> found = new EnumMap<>(Reason.class);
        for (Session session : unended) {
            Optional<Trouble> trouble = trouble(session, serving, now);
            if (trouble.isEmpty()) lasting.remove(session);
            session.attention().silence(trouble.map(Trouble::text));
            trouble.filter(it -> lasts(session, it, now)).flatMap(Trouble::reason)
                    .ifPresent(reason -> found.computeIfAbsent(reason, _ -> new ArrayList<>()).add(name(session) + ": " + trouble.get().text()));
        }
        for (Session session : ended.getOrDefault(true, List.of())) {
            // Results are pushed after the session's end too.
            if (session.attention().pushFailure().isEmpty() || !session.active()) continue;
            found.computeIfAbsent(Reason.PUSH_FAILS, _ -> new ArrayList<>()).add(name(session) + ": " + session.attention().text().orElse(""));
        }
        forget(new HashSet<>(unended));
        found.forEach((reason, lines) -> {
            String orders = lines.size() + (lines.size() == 1 ? " order: " : " orders: ");
            alarms.raise(reason.alarm(), orders + reason.message + ". " + some(lines), reason.fix);
        });
        raised.stream().filter(reason -> !found.containsKey(reason)).forEach(reason -> alarms.clear(reason.alarm()));
        raised = Set.copyOf(found.keySet());
        overlap(unended);
    }

    /** Whether a session has been in this trouble for long enough. */
    private boolean lasts(Session session, Trouble trouble, long now) {
        if (trouble.reason().isEmpty()) return false;
        Lasting before = lasting.get(session);
        if (before == null || before.reason() != trouble.reason().get()) {
            lasting.put(session, new Lasting(trouble.reason().get(), now));
            return false;
        }
        return now - before.sinceNanos() >= before.reason().lasts().toNanos();
    }

    private void forget(Set<Session> unended) {
        watched.stream().filter(session -> !unended.contains(session)).forEach(ended -> ended.attention().silence(Optional.empty()));
        watched = unended;
        quiet.keySet().retainAll(unended);
        lasting.keySet().retainAll(unended);
        shares.keySet().retainAll(unended);
        streams.keySet().retainAll(unended);
    }

    private static String name(Session session) {
        return "session " + session.id() + " of node " + session.order().nodeId();
    }

    private static String some(List<String> lines) {
        String more = lines.size() > NAMED ? "; and " + (lines.size() - NAMED) + " more" : "";
        return lines.stream().limit(NAMED).collect(Collectors.joining("; ")) + more;
    }

    private void overlap(List<Session> unended) {
        List<Overlaps.Pair> pairs = overlaps.among(unended.stream().filter(session -> !stream(session).isEmpty()).toList());
        if (pairs.isEmpty()) {
            alarms.clear(OVERLAP);
            return;
        }
        List<String> lines = pairs.stream().map(pair -> place(pair.first()) + " and " + place(pair.second())).toList();
        alarms.raise(OVERLAP, "orders of the same key and block hash have nonces in common, and the chain counts a nonce once: " + some(lines),
                "have their owner give each of his nodes a node_id of its own below one node_count that all of them send");
    }

    /** Read from the order once. */
    private String stream(Session session) {
        return streams.computeIfAbsent(session, one -> policies.proofs().stream(one.order().work()));
    }

    private static String place(Session session) {
        return name(session) + " of " + session.order().nonces().stride();
    }

    private Optional<Trouble> trouble(Session session, Serving serving, long now) {
        SessionView view = sessions.view(session);
        Optional<Trouble> trouble = served(session, view, serving);
        Quiet before = quiet.get(session);
        // Time in which the session could not be served does not count.
        if (before == null || before.computed() != view.computed() || trouble.isPresent()) quiet.put(session, new Quiet(view.computed(), now));
        return trouble.or(() -> results(session, view, serving, now));
    }

    /** Why devices do not compute the session. */
    private Optional<Trouble> served(Session session, SessionView view, Serving serving) {
        Optional<String> refusal = sessions.refusal();
        if (refusal.isPresent()) return Optional.of(new Trouble(Optional.empty(), "what is found cannot be stored at the moment: " + refusal.get()));
        if (view.idle()) {
            String since = "nobody has polled it for " + view.polledAgo().toSeconds() + " s";
            return Trouble.of(Reason.NOT_POLLED, since + ", so that it gets no devices until it is polled");
        }
        if (view.waiting()) {
            Optional<Obstacle> obstacle = view.turn().map(Turn::obstacle);
            if (view.age().compareTo(WAITS) < 0 || obstacle.isEmpty()) return Optional.empty();
            Reason reason = obstacle.get() instanceof Obstacle.NoDevice ? Reason.NO_DEVICE : Reason.WAITING;
            return Trouble.of(reason, "it waits for its turn: " + obstacle.get().text());
        }
        List<DeviceOffer> devices = serving.devices();
        if (devices.isEmpty() && sessions.devicesCome()) return Optional.of(new Trouble(Optional.empty(), "devices are still being found"));
        if (devices.isEmpty()) return Trouble.of(Reason.NO_DEVICE, "no device works at the moment");
        Fitting fit = serving.fitting(session.order().work(), policies, blame);
        if (fit.count() == 0) {
            boolean mayCome = policies.capacity().mayCome(session.order().work());
            return Trouble.of(mayCome ? Reason.NOT_SERVED : Reason.NO_FIT,
                    "none of the " + devices.size() + " devices that work " + (mayCome ? "serves its model yet" : "can hold its model"));
        }
        if (fit.failing().size() == fit.count()) {
            String last = fit.failing().getLast().reason();
            return Trouble.of(Reason.DEVICES_FAIL, "all " + fit.count() + " devices that could do its work fail, at last: " + last);
        }
        return Optional.empty();
    }

    /** Why the session's results do not arrive, or are worth nothing. */
    private Optional<Trouble> results(Session session, SessionView view, Serving serving, long now) {
        Optional<String> push = session.attention().pushFailure();
        if (push.isPresent()) return Trouble.of(Reason.PUSH_FAILS, "pushing to its callback fails: " + push.get());
        Optional<Trouble> worthless = noneCounts(session, view);
        if (worthless.isPresent()) return worthless;
        Verification.Backlog backlog = serving.backlogs().get(session);
        if (backlog != null && backlog.oldest().compareTo(HELD) >= 0) {
            String oldest = "the oldest for " + backlog.oldest().toSeconds() + " s";
            return Trouble.of(Reason.HELD, backlog.results() + " results wait to be verified by another device, " + oldest);
        }
        return silent(session, view, inFlight.ofSession(session), now);
    }

    private Optional<Trouble> silent(Session session, SessionView view, Collection<ActiveLease> leases, long now) {
        long usual = leases.stream().mapToLong(issued -> issued.estimateNanos).max().orElse(0);
        long silence = now - quiet.getOrDefault(session, new Quiet(0, now)).sinceNanos();
        if (silence < Math.max(QUIET.toNanos(), QUIET_MULTIPLE * usual)) return Optional.empty();
        long seconds = Duration.ofNanos(silence).toSeconds();
        if (view.status() == SessionStatus.INITIALIZING && !leases.isEmpty()) {
            return Trouble.of(Reason.WEIGHTS, "devices have made its weights ready for " + seconds + " s and do not compute yet");
        }
        String who = leases.isEmpty() ? "no device has a lease of it" : leases.size() + " leases are with devices";
        return Trouble.of(Reason.NOTHING_COMPUTED, "computes nothing: no nonce was computed for " + seconds + " s, " + who);
    }

    private Optional<Trouble> noneCounts(Session session, SessionView view) {
        OptionalDouble share = shares.computeIfAbsent(session, one -> policies.proofs().expectedShare(one.order().work()));
        if (share.isEmpty()) return Optional.empty();
        Work minute = view.pace().work();
        long computed = view.found() == 0 ? view.computed() : minute.found() == 0 ? minute.computed() : 0;
        double expected = computed * share.getAsDouble();
        if (expected < EXPECTED) return Optional.empty();
        return Trouble.of(Reason.NONE_COUNTS, String.format(
               Locale.ROOT, "computes, none counts: of %,d nonces computed%s about %,.0f should count (%.2f %%), none does",
                computed, view.found() == 0 ? "" : " in the last minute", expected, 100 * share.getAsDouble()));
    }
}
