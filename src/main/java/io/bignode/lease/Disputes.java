package io.bignode.lease;

import io.bignode.monitor.Alarms;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The alarms about sources that differ while nobody can decide who is right, and about sources whose results are released unchecked. Not thread safe. */
final class Disputes {
    private static final String DISAGREE = "disagree/";
    private static final String UNVERIFIED = "unverified";

    private final Alarms alarms;
    private final Map<String, Set<Source>> disputes = new HashMap<>();
    private final Set<Source> unverified = new TreeSet<>(Comparator.comparing(Source::name));

    Disputes(Alarms alarms) {
        this.alarms = alarms;
    }

    /** Sources differ, and nobody can decide. */
    void disagree(Set<Source> parties, String difference) {
        String key = DISAGREE + parties.stream().map(Source::name).sorted().collect(Collectors.joining("+"));
        String names = parties.stream().map(Source::toString).sorted().collect(Collectors.joining(" and "));
        disputes.put(key, Set.copyOf(parties));
        alarms.raise(key, names + " computed different results for the same nonces, and nobody can tell who is right: " + difference
                + "; what is disputed is dropped and computed again", "connect one more worker or device that can hold the model, so that it decides; or run"
                + " bignode verify on their hosts and drain the one that is wrong");
    }

    /** A source's results are released without a check. */
    void unchecked(Source source, String why) {
        unverified.add(source);
        alarms.raise(UNVERIFIED, "results of " + source + " are released without verification: " + why,
                "connect a second worker, or give the head a device that can hold the model; DELEGATION_VERIFY_SHARE=0 turns verification off");
    }

    /** A source's disputes are decided, or have become irrelevant: its alarms are cleared. */
    void settled(Predicate<Source> source) {
        disputes.entrySet().removeIf(entry -> {
            if (entry.getValue().stream().noneMatch(source)) return false;
            alarms.clear(entry.getKey());
            return true;
        });
        if (unverified.removeIf(source) && unverified.isEmpty()) alarms.clear(UNVERIFIED);
    }
}
